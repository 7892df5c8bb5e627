"""WH: what comes to a webhook's address that should not, or not like this."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from chat.models import Attachment, Conversation, Message
from provider.models import WebhookEvent
from tests.chat.conftest import silence
from tests.conftest import CUSTOMER, Customer, user_text
from tests.hosts import Server
from tests.security.signed import BODY, META, Signed, signature

pytestmark = pytest.mark.django_db
Made = Callable[..., Signed]


@pytest.mark.parametrize("adapter", META)
def test_WH1_without_a_signature(adapter: str, made: Made, caplog: Any) -> None:
    assert made(adapter).posts(BODY) == 403
    assert not WebhookEvent.objects.exists()
    told = [record.msg["event"] for record in caplog.records if record.name == "provider.views"]
    assert told == ["webhook refused"]


@pytest.mark.parametrize("adapter", META)
@pytest.mark.parametrize(
    "broken",
    [
        lambda right: right[:-1] + ("0" if right[-1] != "0" else "1"),
        lambda right: right[:40],
        lambda right: right.upper(),
        lambda right: right.removeprefix("sha256="),
        lambda _: "",
        lambda _: "sha256=",
        lambda _: "sha256=ação",
        lambda _: "sha1=" + "0" * 40,
    ],
    ids=["wrong", "cut", "upper case", "no name", "empty", "no value", "not ascii", "other way"],
)
def test_WH2_with_a_signature_that_is_none(
    adapter: str, broken: Callable[[str], str], made: Made
) -> None:
    channel = made(adapter)
    assert channel.posts(BODY, broken(signature(BODY, channel.secret))) == 403
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("secret", [None, "", "wrong", "ação", "\udce9"])
def test_WH2_with_a_word_that_is_not_the_bots(secret: str | None, made: Made) -> None:
    channel = made("telegram")
    assert channel.posts(BODY, secret) == 403
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("adapter", META)
@pytest.mark.parametrize("changed", [BODY + b" ", BODY + b"\n", BODY.replace(b"A", b"B"), b""])
def test_WH3_one_byte_after_signing(adapter: str, changed: bytes, made: Made) -> None:
    channel = made(adapter)
    assert channel.posts(changed, signature(BODY, channel.secret)) == 403
    assert not WebhookEvent.objects.exists()


def test_WH5_a_replay_has_no_second_effect(customer: Customer) -> None:
    body = customer.says("Oi")
    before = (Message.objects.count(), WebhookEvent.objects.count())
    assert customer.post(body).status_code == 200
    customer.drain()
    assert (Message.objects.count(), WebhookEvent.objects.count()) == before


@pytest.mark.parametrize("adapter", META)
def test_WH6_both_secrets_hold_while_one_replaces_the_other(adapter: str, made: Made) -> None:
    channel = made(adapter, app_secret="the-new-secret, the-old-secret")
    assert channel.posts(BODY, signature(BODY, "the-new-secret")) == 200
    old = BODY + b" "
    assert channel.posts(old, signature(old, "the-old-secret")) == 200
    assert channel.posts(BODY, signature(BODY, "the-new-secret, the-old-secret")) == 403

    channel.has(app_secret="the-new-secret")
    later = BODY + b"  "
    assert channel.posts(later, signature(later, "the-old-secret")) == 403
    assert channel.posts(later, signature(later, "the-new-secret")) == 200


def test_WH6_an_empty_place_in_the_list_is_no_secret(made: Made) -> None:
    channel = made("whatsapp", app_secret="the-new-secret,")
    assert channel.posts(BODY, signature(BODY, "")) == 403
    assert channel.posts(BODY, signature(BODY, "the-new-secret")) == 200


@pytest.mark.parametrize("adapter", META)
def test_WH7_the_signature_of_one_account_at_the_address_of_another(
    adapter: str, made: Made
) -> None:
    first, second = made(adapter), made(adapter, key="outro", app_secret="another-secret")
    answers = [
        one.answer(BODY, signature(BODY, first.secret))
        for one in (second, second.at("ninguem"), second.at("x" * 100))
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(403, b"")}
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("adapter", [*META, "telegram"])
def test_WH8_a_channel_without_a_secret_takes_nothing_and_setup_says_so(
    adapter: str, bare: Callable[[str], Signed], api: Any
) -> None:
    channel = bare(adapter)
    for given in (None, "", signature(BODY, "")):
        assert channel.posts(BODY, given) == 403
    assert not WebhookEvent.objects.exists()
    page = Client()
    page.force_login(api("supervisor").user)
    setup = page.get("/supervisor/chat/setup/").content.decode()
    card = setup[setup.index('id="card-direct"') :][:1500]
    assert f"Sem credenciais: {channel.key}" in card
    assert "Falta" in card


def test_WH8_an_installation_without_a_token_takes_nothing_and_setup_says_so(
    customer: Customer, api: Any
) -> None:
    silence("PROVEDOR_WEBHOOK_TOKEN")
    for token in (None, "", "webhook-token-of-the-tests"):
        assert customer.post(BODY, token).status_code == 403
    assert not WebhookEvent.objects.exists()
    page = Client()
    page.force_login(api("supervisor").user)
    setup = page.get("/supervisor/chat/setup/").content.decode()
    card = setup[setup.index('id="card-webhook"') :][:1500]
    assert "Ainda sem token" in card


def test_SE3_a_mask_sent_back_is_no_secret(made: Made) -> None:
    channel = made("whatsapp", app_secret="the-secret-wxyz")
    channel.has(app_secret="••••wxyz")
    assert channel.posts(BODY, signature(BODY, "the-secret-wxyz")) == 200
    body = {"credentials": {"app_secret": "••••1234"}}
    answer = channel.supervisor.patch(f"/api/v1/channels/{channel.pk}/", body, format="json")
    assert answer.status_code == 400
    assert "máscara" in answer.json()["credentials"][0]
    later = BODY + b" "
    assert channel.posts(later, signature(later, "••••1234")) == 403


@pytest.mark.parametrize("adapter", META)
@pytest.mark.parametrize("word", ["wrong", "", "ação"])
def test_WH9_the_wrong_word_to_verify_the_address(adapter: str, word: str, made: Made) -> None:
    answer = made(adapter).asked(word, "115")
    assert (answer.status_code, answer.content) == (403, b"")


@pytest.mark.parametrize("adapter", META)
def test_WH9_what_is_echoed_is_text(adapter: str, made: Made) -> None:
    answer = made(adapter).asked("verify-me", "<script>alert(1)</script>")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_WH10_a_packed_body_is_kept_packed(customer: Customer) -> None:
    bomb = gzip.compress(b"\0" * 20_000_000)
    answer = customer.client.post(
        "/webhooks/botmaker/",
        bomb,
        content_type="application/json",
        headers={"auth-bm-token": "webhook-token-of-the-tests", "content-encoding": "gzip"},
    )
    customer.drain()
    event = WebhookEvent.objects.get()
    assert answer.status_code == 200
    assert bytes(event.body) == bomb
    assert (event.state, event.reason) == (
        "discarded",
        "O conteúdo não está no formato do provedor.",
    )


STRANGE = {
    "not a number": b'{"type": "message", "messages": [{"_id_": NaN}]}',
    "beyond numbers": b'{"type": "message", "date": 1e999, "messages": [{"_id_": Infinity}]}',
    "5,000 digits": b'{"type": "message", "contactId": ' + b"9" * 5000 + b"}",
    "nested": b"[" * 100_000,
    "nul": json.dumps(user_text("a\0b", fromName="x\0y")).encode(),
    "half a pair": json.dumps(user_text("a\ud800b", fromName="\udfff")).encode(),
    "byte order mark": b"\xef\xbb\xbf" + json.dumps(user_text("Oi")).encode(),
    "twice the key": b'{"type": "status", "type": "message", "messages": 7, "messages": []}',
    "other types": json.dumps(user_text("x", contactId=[1], fromName={"a": 1}, date=7)).encode(),
    "a truth": b"true",
}


@pytest.mark.parametrize("name", STRANGE)
def test_WH11_strange_values_are_stored_and_explained(name: str, customer: Customer) -> None:
    assert customer.post(STRANGE[name]).status_code == 200
    customer.drain()
    event = WebhookEvent.objects.get()
    assert bytes(event.body) == STRANGE[name]
    assert event.state in ("processed", "discarded")
    assert event.state == "processed" or event.reason


def test_WH12_a_host_named_by_a_payload_is_not_spoken_to(
    customer: Customer, server: Server
) -> None:
    asked = server.at("/a.jpg", body=b"never")
    names = ("serviceUrl", "MediaUrl0", "callbackUrl", "webhookUrl", "href")
    customer.says("Oi", **dict.fromkeys(names, asked))
    customer.says("", image=asked, hasAttachment=True)
    from chat.services import media  # noqa: PLC0415

    media.drain()
    assert server.asked == []
    assert Attachment.objects.get().reason == "blocked"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"contactId": "5541999990000"}, "own_number"),
        ({"contactId": "9" * 10_000}, "too_long"),
        ({"_id_": "M" * 10_000}, "too_long"),
        ({"contactId": ""}, "no_sender"),
    ],
)
def test_WH13_a_sender_who_is_nobody(
    fields: dict[str, str], reason: str, customer: Customer
) -> None:
    event = customer.event(user_text("Oi", **fields))
    assert (event.state, event.unapplied[0]["reason"]) == ("discarded", reason)
    assert not Conversation.objects.exists()


def test_WH13_a_status_of_what_the_customer_wrote(customer: Customer) -> None:
    told = customer.says("Oi")["_id_"]
    before = Message.objects.get(direction="in").status
    event = customer.event(
        {"type": "status", "status": "read", "contactId": CUSTOMER, "messageId": told}
    )
    assert (event.state, event.unapplied[0]["reason"]) == ("discarded", "incoming")
    assert Message.objects.get(direction="in").status == before


def test_WH14_a_forged_address_of_the_caller_is_believed_by_nobody(
    customer: Customer, caplog: Any
) -> None:
    forged = {"x-forwarded-for": "203.0.113.9<script>", "cf-connecting-ip": "203.0.113.9"}
    answer = customer.client.post(
        "/webhooks/botmaker/",
        BODY,
        content_type="application/json",
        headers={"auth-bm-token": "wrong", **forged},
    )
    assert answer.status_code == 403
    assert "webhook refused" in caplog.text and "203.0.113.9" not in caplog.text
    customer.client.post(
        "/webhooks/botmaker/",
        BODY,
        content_type="application/json",
        headers={"auth-bm-token": "webhook-token-of-the-tests", **forged},
    )
    assert "203.0.113.9" not in repr(WebhookEvent.objects.get().headers)


@pytest.mark.parametrize("adapter", [*META, "telegram"])
@pytest.mark.parametrize("name", ["graph_url", "api_url"])
def test_SF8_no_door_takes_a_providers_address(adapter: str, name: str, made: Made) -> None:
    channel = made(adapter)
    body = {"credentials": {name: "https://evil.example.com"}}
    answer = channel.supervisor.patch(f"/api/v1/channels/{channel.pk}/", body, format="json")
    assert answer.status_code == 400
    assert name in answer.json()["credentials"][0]
