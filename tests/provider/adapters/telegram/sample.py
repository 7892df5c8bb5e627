"""Telegram, for the contract suite. Each of its webhooks is one update."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provider.contracts import (
    Cause,
    ChannelKind,
    Content,
    Ignored,
    InboundMessage,
    Line,
    Located,
    Media,
    Person,
    Place,
    Receipt,
)
from provider.errors import AmbiguousError, CredentialsError, RejectedError, TemporaryError
from tests.provider.adapters.samples import LINK, TEXT, Request, Sample

HERE = Path(__file__).parent
TOKEN = "700000002:AAH-invented_token_of_a_test_000000"
NAMES = ("text", "button", "unknown_update")
# One message of each content, with an id of its own.
SHOWN = {
    "photo": 51, "voice": 52, "video": 53, "document": 54,
    "location": 55, "contact": 56, "dice": 57,
}  # fmt: skip
OTHER = b"""{"update_id": 9002, "message": {"message_id": 7, "text": "Oi", "date": 1763640312,
  "from": {"id": 350000002, "first_name": "Bia"}, "chat": {"id": 350000002, "type": "private"}}}"""


def no(status: int, description: str) -> tuple[int, dict[str, object]]:
    return status, {"ok": False, "error_code": status, "description": description}


def shown(name: str) -> bytes:
    text = (HERE / f"{name}.json").read_text()
    return text.replace('"message_id": 41', f'"message_id": {SHOWN[name]}').encode()


def asked(method: str, **payload: Any) -> Request:
    return Request(f"/bot{TOKEN}/{method}", {"chat_id": 350000001, **payload})


SAMPLE = Sample(
    credentials={"bot_token": TOKEN, "secret_token": "word-of-the-webhook"},
    bodies=(OTHER, *((HERE / f"{name}.json").read_bytes() for name in NAMES), *map(shown, SHOWN)),
    headers=lambda _body, held: {"x-telegram-bot-api-secret-token": held["secret_token"]},
    items=[
        (InboundMessage, "350000002:7", "350000002"),
        (InboundMessage, "350000001:41", "350000001"),
        (InboundMessage, "callback:1503238579000000001", "350000001"),
        (Ignored, "update:9039", ""),
        *((InboundMessage, f"350000001:{number}", "350000001") for number in SHOWN.values()),
    ],
    recipient="350000001",
    taken=(200, {"ok": True, "result": {"message_id": 133, "chat": {"id": 350000001}}}),
    receipt=Receipt("350000001:133"),
    refusals=[
        (no(401, "Unauthorized"), CredentialsError, None),
        (no(429, "Too Many Requests: retry after 9"), TemporaryError, None),
        (no(502, "Bad Gateway"), TemporaryError, None),
        (no(403, "Forbidden: bot was blocked by the user"), RejectedError, Cause.RECIPIENT),
        (no(400, "Bad Request: message is too long"), RejectedError, Cause.CONTENT),
        ((200, {"ok": True, "result": {}}), AmbiguousError, None),
    ],
    media=(
        Media(Content.IMAGE, "AgAC-large"),
        (200, {"ok": True, "result": {"file_id": "x", "file_path": "photos/f.jpg"}}),
        Located(f"VENDOR/file/bot{TOKEN}/photos/f.jpg"),
    ),
    facts={
        "350000002:7": {
            "line": Line("telegram", ChannelKind.TELEGRAM),
            "text": "Oi",
            "sent_at": datetime(2025, 11, 20, 12, 5, 12, tzinfo=UTC),
            "contact_name": "Bia",
        },
        "callback:1503238579000000001": {
            "text": "2 - Falar com atendente",
            "button_payload": "2",
            "reply_to": "350000001:40",
        },
        "350000001:51": {
            "content": Content.IMAGE,
            "text": "a fachada",
            "media": (Media(Content.IMAGE, "AgAC-large", "", "image/jpeg", 210000),),
        },
        "350000001:52": {"content": Content.AUDIO},
        "350000001:53": {"content": Content.VIDEO},
        "350000001:54": {
            "content": Content.DOCUMENT,
            "media": (
                Media(Content.DOCUMENT, "BQAC-doc", "contrato nº 7.pdf", "application/pdf", 52000),
            ),
        },
        "350000001:55": {"content": Content.LOCATION, "place": Place(-25.4284, -49.2733)},
        "350000001:56": {
            "content": Content.CONTACTS,
            "people": (Person("Bruno Reis", ("+5541988887777",)),),
        },
        "350000001:57": {"content": Content.UNSUPPORTED},
    },
    own_line=("700000002", ""),
    requests={
        "text": asked("sendMessage", text=TEXT),
        "file": asked("sendPhoto", photo=LINK, caption=TEXT),
        "choices": asked(
            "sendMessage",
            text=TEXT,
            reply_markup={
                "inline_keyboard": [
                    [{"text": "Segunda via", "callback_data": "1"}],
                    [{"text": "Atendente", "callback_data": "2"}],
                ]
            },
        ),
        "place": asked(
            "sendVenue",
            latitude=-25.429613,
            longitude=-49.271348,
            title="Matriz",
            address="Praça Tiradentes, 1",
        ),
        "people": asked(
            "sendContact",
            phone_number="+55 41 98880-0001",
            first_name="Zé 0",
            vcard="BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zé 0\r\n"
            "TEL;TYPE=CELL:+55 41 98880-0001\r\nTEL;TYPE=CELL:+55 41 98880-0002\r\nEND:VCARD",
        ),
        "reply": asked(
            "sendMessage",
            text=TEXT,
            reply_parameters={"message_id": 41, "allow_sending_without_reply": True},
        ),
    },
)
