"""What every adapter keeps to; a new one gets this whole suite by being there."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from parameters.keys import Catalogue
from provider import adapters, credentials, registry
from provider.adapter import Adapter
from provider.contracts import ChannelKind, Credentials
from provider.errors import ForgedWebhook, UnreadableBody
from provider.models import ChannelCredentials, WebhookEvent

ADAPTERS = sorted(registry.found())
GARBAGE = [b"", b"{", b"[]", b"null", b"NaN", b"\x00", b"\xff", b'{"a": "\\ud800"}', b"[" * 50_000]


@pytest.fixture(params=ADAPTERS)
def adapter(request: pytest.FixtureRequest) -> Adapter:
    return registry.get(request.param)


def test_it_names_itself_as_its_file(adapter: Adapter) -> None:
    assert type(adapter).__module__ == f"provider.adapters.{adapter.slug}"
    assert adapter.label
    assert adapter.channels <= frozenset(ChannelKind)
    assert adapter.channels


def test_its_credentials_are_kept_where_it_says(adapter: Adapter) -> None:
    for place in adapter.credentials.values():
        if "." in place:
            parameter, question = place.split(".", 1)
            assert question in Catalogue.known[parameter].keys
    named = {*adapter.secret_names, *adapter.refresh_names}
    assert named <= set(adapter.credentials)


def test_its_secrets_are_secret_where_they_are_kept(adapter: Adapter) -> None:
    for name in adapter.secret_names:
        place = adapter.credentials[name]
        if "." in place:
            parameter, question = place.split(".", 1)
            assert Catalogue.known[parameter].keys[question].is_secret


def test_without_credentials_every_webhook_is_forged(adapter: Adapter) -> None:
    for headers in ({}, {"auth-bm-token": ""}, {"x-hub-signature-256": "sha256="}):
        with pytest.raises(ForgedWebhook):
            adapter.verify(b"{}", headers, Credentials({}))


@pytest.mark.parametrize("body", GARBAGE)
def test_garbage_is_items_or_unreadable_and_nothing_else(adapter: Adapter, body: bytes) -> None:
    with contextlib.suppress(UnreadableBody):
        assert isinstance(adapter.parse(body), list)


def test_a_forged_webhook_is_403_and_leaves_no_row(adapter: Adapter, house: None) -> None:
    for headers in ({}, {"auth-bm-token": "wrong"}, {"auth-bm-token": "ção"}):
        answer = Client().post(
            f"/webhooks/{adapter.slug}/", b"{}", content_type="application/json", headers=headers
        )
        assert answer.status_code == 403
    assert not WebhookEvent.objects.exists()


def test_credentials_do_not_show_themselves(adapter: Adapter, house: None) -> None:
    held = credentials.load(adapter)
    for secret in held.secrets(adapter.secret_names):
        assert secret not in repr(held)


ACME = '''
"""Acme, a provider that speaks one line of JSON."""

import hmac
import json

from provider.adapter import Adapter
from provider.contracts import ChannelKind, InboundMessage, Line, Receipt
from provider.errors import ForgedWebhook, UnreadableBody


class Acme(Adapter):
    slug = "acme"
    label = "Acme"
    channels = frozenset({ChannelKind.TELEGRAM})
    credentials = {"access_token": "", "secret": ""}
    secret_names = ("access_token", "secret")

    def verify(self, body, headers, credentials):
        given, known = headers.get("x-acme", "").encode(), credentials["secret"].encode()
        if not known or not hmac.compare_digest(given, known):
            raise ForgedWebhook("x-acme")

    def parse(self, body):
        try:
            data = json.loads(body)
            line = Line("acme", ChannelKind.TELEGRAM, "bot-1")
            return [InboundMessage(line, data["id"], data["from"], "Zé", data["text"], None)]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise UnreadableBody(type(error).__name__) from error

    def send(self, message, credentials):
        SENT.append((message.recipient, message.text, credentials["access_token"]))
        return Receipt(external_id=f"acme-{len(SENT)}")


SENT = []
'''


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The adapter above, dropped in as a file and nothing else."""
    (tmp_path / "acme.py").write_text(ACME)
    monkeypatch.setattr(adapters, "__path__", [*adapters.__path__, str(tmp_path)])
    registry.found.cache_clear()
    yield registry.get("acme")
    registry.found.cache_clear()


def test_a_provider_is_one_file(house: None, acme: Any, drain: Any) -> None:
    values = {"access_token": "acme-token", "secret": "acme-secret"}
    ChannelCredentials.objects.create(adapter="acme", values=json.dumps(values))
    body = json.dumps({"id": "1", "from": "ze@1", "text": "Oi"}).encode()

    def post(secret: str) -> int:
        headers = {"x-acme": secret}
        answer = Client().post("/webhooks/acme/", body, "application/json", headers=headers)
        return answer.status_code

    assert post("wrong") == 403
    assert post("acme-secret") == 200
    drain()
    import sys  # noqa: PLC0415

    ((recipient, text, token),) = sys.modules["provider.adapters.acme"].SENT  # type: ignore[attr-defined]
    assert (recipient, token) == ("ze@1", "acme-token")
    assert "Falar com atendente" in text


def test_a_file_with_two_adapters_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "twice.py").write_text(ACME + "\nclass Other(Acme):\n    slug = 'other'\n")
    monkeypatch.setattr(adapters, "__path__", [*adapters.__path__, str(tmp_path)])
    registry.found.cache_clear()
    try:
        with pytest.raises(TypeError, match="exactly one Adapter"):
            registry.found()
    finally:
        monkeypatch.undo()
        registry.found.cache_clear()
