"""An adapter with a fault of its own harms nobody: it is refused, or its fault is contained."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client

from provider import gateway, registry
from provider.contracts import ChannelKind, Content, Line, Media, OutboundMessage
from provider.errors import ProviderError, TemporaryError
from provider.models import Attempt, ChannelCredentials, Delivery, WebhookEvent
from provider.services import checks, deliveries, media, registrations, renewals, templates
from provider.templates import TemplateDraft
from tests.provider.dropped import dropped

SLUG = "no_such_provider"
TOKEN, WORD = "tok-secret-0123456789", "what-somebody-wrote"
CODE = """
from provider.adapter import Adapter
from provider.contracts import ChannelKind, InboundMessage, Line, Receipt
from provider.errors import CredentialsError


class NoSuchProvider(Adapter):
    slug = "no_such_provider"
    label = "No such provider"
    channels = frozenset({ChannelKind.TELEGRAM})
    credentials = {"access_token": "", "secret": ""}
    secret_names = ("access_token", "secret")

    def verify(self, body, headers, credentials):
        pass

    def parse(self, body):
        return [InboundMessage(Line(self.slug, ChannelKind.TELEGRAM), "1", "2", "", "Oi", None)]

    def send(self, message, credentials):
        return Receipt("1")
"""
HAS_TEMPLATES = """
    def has_templates(self, credentials):
        return True
"""
BREAKS = """
    def {name}(self, *args):
        raise KeyError("refused {token} {word}")
"""


@pytest.fixture
def drop(tmp_path: Path, house: None) -> Iterator[Callable[[str], Any]]:
    """Put the adapter above in, with more lines of its class; it has credentials."""
    values = {"access_token": TOKEN, "secret": "word-of-the-webhook"}
    with ExitStack() as stack:

        def run(more: str = "") -> Any:
            stack.enter_context(dropped(tmp_path, SLUG, CODE + more))
            adapter = registry.get(SLUG)
            ChannelCredentials.objects.create(adapter=SLUG, values=json.dumps(values))
            return adapter

        yield run


def queued() -> Delivery:
    """One send to somebody; which conversation it is of does not matter here."""
    reference = uuid.uuid4()
    line = Line(SLUG, ChannelKind.TELEGRAM)
    with transaction.atomic():
        deliveries.enqueue(OutboundMessage(reference, "s", line, "2", WORD))
    return Delivery.objects.get(reference=reference)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('token_name = "api_key"', "token_name"),
        ('secret_names = ("access_token", "api_key")', "secret_names"),
        ('refresh_names = ("api_key",)', "refresh_names"),
    ],
)
def test_a_name_that_is_no_credential_is_refused_at_the_start(
    tmp_path: Path, line: str, named: str
) -> None:
    with (
        dropped(tmp_path, SLUG, f"{CODE}\n    {line}\n"),
        pytest.raises(TypeError, match=f"{SLUG}.*{named}.*api_key.*credentials"),
    ):
        apps.get_app_config("provider").ready()


@pytest.mark.parametrize("place", ["http://127.0.0.1:7007", "NO_QUESTION", "setting:", "https://"])
def test_a_place_nothing_is_kept_at_is_refused_at_the_start(tmp_path: Path, place: str) -> None:
    credentials = {"access_token": "", "secret": "", "api_url": place}
    with (
        dropped(tmp_path, SLUG, f"{CODE}\n    credentials = {credentials!r}\n"),
        pytest.raises(TypeError, match=f"{SLUG}: '{place}' is no place .*api_url.*setting:NAME"),
    ):
        apps.get_app_config("provider").ready()


def test_a_provider_without_a_token_refuses_a_send_once(
    drop: Callable[[str], Any], drain: Callable[[], None]
) -> None:
    drop(
        """
    token_name = ""

    def send(self, message, credentials):
        raise CredentialsError("no")
"""
    )
    delivery = queued()
    drain()
    delivery.refresh_from_db()
    assert delivery.state == "failed"
    assert Attempt.objects.filter(delivery=delivery).count() == 1


@pytest.mark.parametrize(
    "answer", ["None", "Receipt()", "Receipt(7)", 'Receipt("", 7)', '"1"', '{"id": "1"}']
)
def test_a_send_that_answers_no_id_is_not_confirmed(
    drop: Callable[[str], Any], drain: Callable[[], None], answer: str
) -> None:
    drop(f"\n    def send(self, message, credentials):\n        return {answer}\n")
    delivery = queued()
    drain()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.lease_until) == ("unconfirmed", None)
    assert "not the provider's" in Attempt.objects.get(delivery=delivery).detail


def a_webhook() -> None:
    body = json.dumps({"id": "1"}).encode()
    Client(raise_request_exception=False).post(
        f"/webhooks/{SLUG}/", body, content_type="application/json"
    )


LINE = Line(SLUG, ChannelKind.TELEGRAM)
DRAFT = TemplateDraft("oi", "pt_BR", "UTILITY", "Oi")


def fetched() -> None:
    with pytest.raises(TemporaryError):
        media.fetch(
            LINE, Media(Content.IMAGE, "x"), into=BytesIO(), limit=1, is_ending=lambda: False
        )


def named() -> None:
    with pytest.raises(ProviderError):
        gateway.name_of(LINE, "2")


def registered(adapter: Any) -> None:
    ChannelCredentials.objects.filter(adapter=SLUG).update(channel_key="k")
    assert registrations.register(adapter, "k").kind == "unreachable"


def challenged() -> None:
    assert Client().get(f"/webhooks/{SLUG}/").status_code == 403


ASKED: list[tuple[str, Callable[[Any], object]]] = [
    ("send", lambda adapter: (queued(), deliveries.drain())),
    ("check", lambda adapter: checks.verify_now(adapter)),
    ("refresh", lambda adapter: renewals.refresh_now(adapter)),
    ("templates", lambda adapter: templates.sync(adapter)),
    ("has_templates", lambda adapter: templates.sync(adapter)),
    ("create_template", lambda adapter: templates.create(adapter, DRAFT)),
    ("register_webhook", lambda adapter: registered(adapter)),
    ("locate", lambda adapter: fetched()),
    ("name_of", lambda adapter: named()),
    ("verify", lambda adapter: a_webhook()),
    ("token_expiry", lambda adapter: (queued(), deliveries.drain(), checks.run(adapter))),
    ("renew_after", lambda adapter: renewals.refresh_now(adapter)),
    ("takes", lambda adapter: gateway.files_taken(SLUG, [(Content.IMAGE, "image/png")])),
    ("carries", lambda adapter: gateway.carried(SLUG, ChannelKind.TELEGRAM)),
    ("can_answer", lambda adapter: gateway.can_answer(SLUG, "1")),
    ("own_line", lambda adapter: gateway.line_of(SLUG, {"access_token": TOKEN})),
    ("challenge", lambda adapter: challenged()),
]


@pytest.mark.parametrize(("name", "ask"), ASKED, ids=[name for name, _ask in ASKED])
def test_a_fault_is_logged_by_its_place_and_not_by_its_words(
    drop: Callable[[str], Any],
    caplog: pytest.LogCaptureFixture,
    name: str,
    ask: Callable[[Any], object],
) -> None:
    more = f'\n    refresh_names = ("secret",)\n{HAS_TEMPLATES}'
    ask(drop(more + BREAKS.format(name=name, token=TOKEN, word=WORD)))
    assert "KeyError" in caplog.text
    assert f"provider.adapters.{SLUG}:" in caplog.text
    assert TOKEN not in caplog.text
    assert WORD not in caplog.text


@pytest.mark.parametrize(
    ("name", "key"), [("parse", ""), ("own_line", "a-channel"), ("acknowledge", "")]
)
def test_a_fault_after_a_webhook_was_taken_is_logged_the_same_way(
    drop: Callable[[str], Any],
    drain: Callable[[], None],
    caplog: pytest.LogCaptureFixture,
    name: str,
    key: str,
) -> None:
    drop(BREAKS.format(name=name, token=TOKEN, word=WORD))
    ChannelCredentials.objects.filter(adapter=SLUG).update(channel_key=key)
    body = json.dumps({"id": "1"}).encode()
    address = f"/webhooks/{SLUG}/{key}/" if key else f"/webhooks/{SLUG}/"
    assert Client().post(address, body, content_type="application/json").status_code == 200
    drain()
    assert WebhookEvent.objects.get().tries == 1
    assert f"provider.adapters.{SLUG}:" in caplog.text
    assert TOKEN not in caplog.text
    assert WORD not in caplog.text


def test_what_cannot_be_verified_is_403_and_leaves_no_row(drop: Callable[[str], Any]) -> None:
    drop(BREAKS.format(name="verify", token=TOKEN, word=WORD))
    answer = Client().post(f"/webhooks/{SLUG}/", b"{}", content_type="application/json")
    assert answer.status_code == 403
    assert not WebhookEvent.objects.exists()


def test_a_renewal_that_broke_may_be_tried_again(drop: Callable[[str], Any]) -> None:
    more = '\n    refresh_names = ("secret",)\n'
    adapter = drop(more + BREAKS.format(name="refresh", token=TOKEN, word=WORD))
    assert renewals.refresh_now(adapter).kind == "unreachable"
    assert renewals.refresh_now(adapter).kind == "unreachable"


def test_templates_that_can_only_be_read_are_refused_with_a_sentence(
    drop: Callable[[str], Any],
) -> None:
    adapter = drop(HAS_TEMPLATES + "\n    def templates(self, credentials):\n        return []\n")
    result = templates.create(adapter, DRAFT)
    assert (result.kind, bool(result.detail)) == ("no_access", True)
