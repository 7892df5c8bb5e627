"""Every call against its own description: whatever is sent, no 5xx and no undocumented answer."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chat.models import Channel, Contact
from chat.services import access
from isobot.wsgi import application
from tests.chat.conftest import attached, human, person, served
from tests.conftest import Customer

pytestmark = pytest.mark.full

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
PEOPLE = (None, "atendente", "supervisor")
EXAMPLES = 12


def description() -> Any:
    schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))
    schema.app = application
    return schema


SCHEMA = description()
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}


@contextlib.contextmanager
def one_connection() -> Iterator[None]:
    """The calls go straight to WSGI, inside the test's transaction: its connection stays open.

    A served request closes old connections when it begins and ends; Django's own test client
    takes the same handlers away.
    """
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@pytest.fixture
def things(customer: Customer) -> dict[str, Any]:
    """What there is for the path of a call to name."""
    event = customer.event(b"not json")
    conversation = served()
    return {
        "conversation_id": conversation.pk,
        "key": attached(conversation).key,
        "code": human().pk,
        "contact_id": Contact.objects.create(name="Cliente").pk,
        "channel_id": Channel.objects.latest("id").pk,
        "event_id": event.pk,
        "name": "ISOCHATBOT",
        "user": "ISOPADRAO",
        "question": "NomeBot",
    }


@pytest.mark.parametrize("username", PEOPLE)
@pytest.mark.parametrize("label", OPERATIONS)
def test_no_call_breaks_or_answers_what_it_does_not_describe(
    things: dict[str, Any], label: str, username: str | None
) -> None:
    operation = OPERATIONS[label]
    headers = {"Authorization": f"Token {access.issue(person(username))}"} if username else {}
    named = {parameter.name: things[parameter.name] for parameter in operation.path_parameters}

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        for path in ({"path_parameters": named}, {}) if named else ({},):

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode, **path))
            def send(case: Any) -> None:
                with transaction.atomic():
                    answer = case.call(headers=headers)
                    transaction.set_rollback(True)
                case.validate_response(answer, checks=CHECKS)

            with one_connection():
                send()
