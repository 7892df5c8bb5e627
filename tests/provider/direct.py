"""Channels reached without a provider between, and those who post to them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from django.test import Client

from chat.models import Channel

TOKEN = "700000077:AAH-invented_token_of_a_test_000000"
OTHER_TOKEN = "700000088:AAH-another_invented_token_00000000"
NUMBER = "5541999991111"
WORDS: dict[str, dict[str, str]] = {
    "telegram": {"bot_token": TOKEN, "secret_token": "word-of-the-bot"},
    "whatsapp": {
        "phone_number_id": "106540000000001",
        "access_token": "EAAinvented",
        "app_secret": "secret-of-the-app",
        "verify_token": "verify-me",
    },
}
LABELS = ["Horário de atendimento", "Falar com atendente", "Encerrar conversa"]
Made = Callable[..., Channel]
Drain = Callable[[], None]

ANA = {"id": 350000001, "first_name": "Ana", "type": "private", "is_bot": False}


def bot_hears(key: str, text: str, number: int, secret: str = "word-of-the-bot") -> int:
    message = {
        "message_id": number, "from": ANA, "chat": ANA, "date": 1763640311, "text": text,
    }  # fmt: skip
    return bot_gets(key, {"update_id": 9000 + number, "message": message}, secret)


def bot_gets(key: str, update: dict[str, Any], secret: str = "word-of-the-bot") -> int:
    headers = {"x-telegram-bot-api-secret-token": secret}
    body = json.dumps(update)
    answer = Client().post(
        f"/webhooks/telegram/{key}/", body, content_type="application/json", headers=headers
    )
    return int(answer.status_code)


def bot_feels(key: str, query: str, payload: str) -> int:
    """A button under a message of the bot is tapped."""
    person = {"id": 350000001, "first_name": "Ana", "type": "private", "is_bot": False}
    tapped = {
        "id": query, "from": person, "data": payload,
        "message": {"message_id": 40, "chat": person, "date": 1763640300, "text": "Escolha"},
    }  # fmt: skip
    headers = {"x-telegram-bot-api-secret-token": "word-of-the-bot"}
    body = json.dumps({"update_id": int(query), "callback_query": tapped})
    answer = Client().post(
        f"/webhooks/telegram/{key}/", body, content_type="application/json", headers=headers
    )
    return int(answer.status_code)


def value(number: str = NUMBER, number_id: str = "106540000000001", **parts: Any) -> dict[str, Any]:
    metadata = {"display_phone_number": number, "phone_number_id": number_id}
    return {"messaging_product": "whatsapp", "metadata": metadata, **parts}


def says(text: str, message_id: str) -> dict[str, Any]:
    return {
        "from": "5541988887777", "id": message_id, "timestamp": "1763640311", "type": "text",
        "text": {"body": text},
    }  # fmt: skip


def meta_posts(key: str, of: dict[str, Any], secret: str = "secret-of-the-app") -> int:
    entry = {"id": "1", "changes": [{"field": "messages", "value": of}]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return post_signed(key, body, signature)


def post_signed(key: str, body: bytes, signature: str) -> int:
    answer = Client().post(
        f"/webhooks/whatsapp/{key}/",
        body,
        content_type="application/json",
        headers={"x-hub-signature-256": signature},
    )
    return int(answer.status_code)
