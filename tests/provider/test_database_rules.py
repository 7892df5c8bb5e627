"""What the database itself refuses, so that no race and no mistake of ours gets around it."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable

import pytest
from django.db import IntegrityError, models, transaction

from chat.models import Conversation, Identity, IdentityAlias, Message, MessageFact
from provider.models import Account, Attempt


def _with_client_id() -> Message:
    message = Message.objects.filter(direction="out").latest("id")
    message.external_id = None
    message.client_id = "one"
    message.save()
    return message


ROWS: dict[str, Callable[[], models.Model]] = {
    "message": lambda: Message.objects.filter(direction="in").latest("id"),
    "client_id": _with_client_id,
    "fact": lambda: MessageFact.objects.latest("id"),
    "identity": lambda: Identity.objects.latest("id"),
    "alias": lambda: IdentityAlias.objects.latest("id"),
    "attempt": lambda: Attempt.objects.latest("id"),
    "account": lambda: Account.objects.latest("id"),
}


@pytest.mark.parametrize("row", ROWS)
def test_the_database_itself_refuses_a_second(row: str, conversation: Conversation) -> None:
    first = ROWS[row]()
    second = copy.copy(first)
    second.pk, second._state.adding = None, True
    if isinstance(second, Message):
        second.reference = uuid.uuid4()
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()
    assert type(first).objects.filter(pk=first.pk).exists()  # type: ignore[attr-defined]
