"""The address of a direct channel: whose word opens it, and whose lines and statuses count."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from chat.models import Conversation, Message
from provider.models import WebhookEvent
from tests.provider.direct import (
    NUMBER,
    Drain,
    Made,
    bot_hears,
    meta_posts,
    post_signed,
    says,
    value,
)
from tests.provider.vendor import Vendor


def test_only_the_channels_own_secret_opens_its_address(made: Made, house: None) -> None:
    made("whatsapp", "um", NUMBER)
    made("whatsapp", "dois", "5541999992222", phone_number_id="2", app_secret="another-secret")
    of = value(messages=[says("Oi", "wamid.1")])
    assert meta_posts("dois", of, secret="secret-of-the-app") == 403
    assert meta_posts("um", of, secret="another-secret") == 403
    assert meta_posts("ninguem", of) == 403
    assert post_signed("um", b"{}", "") == 403
    assert not WebhookEvent.objects.exists()


def test_a_refusal_says_the_same_of_a_wrong_key_and_a_wrong_secret(made: Made) -> None:
    made("telegram", "loja")
    headers = {"x-telegram-bot-api-secret-token": "wrong"}
    answers = [
        Client().post(f"/webhooks/telegram/{key}/", b"{}", "application/json", headers=headers)
        for key in ("loja", "ninguem")
    ]
    assert [(one.status_code, one.content) for one in answers] == [(403, b"")] * 2


def test_a_channel_without_credentials_takes_nothing(house: None, api: Any) -> None:
    body = {"kind": "telegram", "adapter": "telegram", "key": "vazio", "line": "9"}
    assert api("supervisor").post("/api/v1/channels/", body, format="json").status_code == 201
    for secret in ("", "word-of-the-bot"):
        assert bot_hears("vazio", "Oi", 1, secret) == 403
    assert not WebhookEvent.objects.exists()


def test_another_line_of_the_same_app_is_not_this_channels(
    made: Made, graph: Vendor, drain: Drain
) -> None:
    made("whatsapp", "vendas", NUMBER)
    of = value("5541999993333", "999", messages=[says("Oi", "wamid.1")])
    assert meta_posts("vendas", of) == 200
    drain()
    event = WebhookEvent.objects.get()
    assert (event.state, event.unapplied[0]["reason"]) == ("discarded", "unknown_line")
    assert not Conversation.objects.exists()


def test_the_providers_name_of_the_line_settles_how_its_number_is_written(
    made: Made, graph: Vendor, drain: Drain
) -> None:
    made("whatsapp", "vendas", NUMBER)
    without_ninth = value(NUMBER[:4] + NUMBER[5:], messages=[says("Oi", "wamid.1")])
    meta_posts("vendas", without_ninth)
    drain()
    assert Conversation.objects.get().identity.channel.key == "vendas"


def test_a_status_at_another_channels_address_changes_nothing(
    made: Made, graph: Vendor, drain: Drain
) -> None:
    made("whatsapp", "um", NUMBER)
    made("whatsapp", "dois", "5541999992222", phone_number_id="2")
    meta_posts("um", value(messages=[says("Oi", "wamid.1")]))
    drain()
    sent = Message.objects.get(direction="out")
    failed = {"id": sent.external_id, "status": "failed", "timestamp": "1763640400"}
    meta_posts("dois", value("5541999992222", "2", statuses=[failed]))
    drain()
    sent.refresh_from_db()
    assert sent.status == "sent"


def test_a_status_of_another_line_at_a_channels_own_address_changes_nothing(
    made: Made, graph: Vendor, drain: Drain
) -> None:
    made("whatsapp", "um", NUMBER)
    meta_posts("um", value(messages=[says("Oi", "wamid.1")]))
    drain()
    sent = Message.objects.get(direction="out")
    read = {"id": sent.external_id, "status": "read", "timestamp": "1763640400"}
    meta_posts("um", value("5541999992222", "2", statuses=[read]))
    drain()
    event = WebhookEvent.objects.latest("id")
    assert (event.state, event.unapplied[0]["reason"]) == ("discarded", "unknown_line")
    sent.refresh_from_db()
    assert sent.status == "sent"


CHALLENGE = {"hub.mode": "subscribe", "hub.verify_token": "verify-me", "hub.challenge": "115"}


def test_the_address_answers_the_question_of_meta(made: Made) -> None:
    made("whatsapp", "vendas", NUMBER)
    answer = Client().get("/webhooks/whatsapp/vendas/", CHALLENGE)
    assert (answer.status_code, answer.content) == (200, b"115")
    script = {**CHALLENGE, "hub.challenge": "<script>alert(1)</script>"}
    answer = Client().get("/webhooks/whatsapp/vendas/", script)
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("key", ["vendas", "ninguem"])
def test_the_wrong_word_is_not_answered(made: Made, key: str) -> None:
    made("whatsapp", "vendas", NUMBER)
    for word in ("wrong", "", "ção"):
        asked = {**CHALLENGE, "hub.verify_token": word}
        answer = Client().get(f"/webhooks/whatsapp/{key}/", asked)
        assert (answer.status_code, answer.content) == (403, b"")


def test_who_asks_no_question_is_not_asked_one(house: None) -> None:
    for address in ("telegram/loja/", "botmaker/", "botmaker/x/", "nobody/x/"):
        assert Client().get(f"/webhooks/{address}", CHALLENGE).status_code == 405
