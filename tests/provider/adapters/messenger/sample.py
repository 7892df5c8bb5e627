"""Messenger, for the contract suite."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provider.contracts import (
    Cause,
    ChannelKind,
    Content,
    EchoMessage,
    Ignored,
    InboundMessage,
    Line,
    Media,
    Place,
    Receipt,
    Status,
    Watermark,
)
from provider.errors import AmbiguousError, CredentialsError, RejectedError, TemporaryError
from tests.provider.adapters.samples import (
    LINK,
    REFERENCE,
    TEXT,
    Answer,
    Request,
    Sample,
    meta_headers,
)

HERE = Path(__file__).parent
PAGE, ANA = "111222333444555", "7001002003004005"
LINE = Line("messenger", ChannelKind.MESSENGER, PAGE, PAGE)
AT = datetime(2025, 11, 24, 16, 0, tzinfo=UTC)
# One message of each content and of each other thing, with an id of its own.
SHOWN = (
    "image", "audio", "video", "file", "location", "media_without_url", "quick_reply", "reply",
)  # fmt: skip


def shown(name: str) -> bytes:
    return (HERE / f"{name}.json").read_text().replace('"m_1"', f'"m_{name}"').encode()


def with_status(word: str) -> bytes:
    """There is no word for a status: it is the name of the event."""
    body = json.loads((HERE / "read.json").read_bytes())
    event = body["entry"][0]["messaging"][0]
    event[word] = event.pop("read")
    return json.dumps(body).encode()


def asked(message: dict[str, Any], **more: Any) -> Request:
    payload = {"recipient": {"id": ANA}, "messaging_type": "RESPONSE", "message": message}
    return Request(f"/v25.0/{PAGE}/messages", {**payload, **more})


def content(**parts: Any) -> dict[str, Any]:
    return {**parts, "metadata": str(REFERENCE)}


CHOICES = [
    {"content_type": "text", "title": "Segunda via", "payload": "1"},
    {"content_type": "text", "title": "Atendente", "payload": "2"},
]
PHOTO = {"type": "image", "payload": {"url": LINK}}


def no(status: int, code: int, subcode: int = 0) -> Answer:
    return status, {"error": {"message": "(#1) No", "code": code, "error_subcode": subcode}}


# The answers of the Graph API, which Instagram shares.
REFUSALS = [
    (no(401, 190, 463), CredentialsError, None),
    (no(429, 613), TemporaryError, None),
    (no(500, 2), TemporaryError, None),
    (no(400, 10, 2018278), RejectedError, Cause.WINDOW),
    (no(400, 551), RejectedError, Cause.RECIPIENT),
    (no(403, 200), RejectedError, Cause.SERVICE_ACCESS),
    (no(400, 100), RejectedError, Cause.CONTENT),
    ((200, {"message_id": 7}), AmbiguousError, None),
]
SAMPLE = Sample(
    credentials={
        "page_id": "111222333444555",
        "access_token": "EAAinvented-token-of-a-page",
        "app_secret": "secret-of-the-app",
        "verify_token": "word-to-verify",
    },
    bodies=(
        *((HERE / f"{name}.json").read_bytes() for name in ("batch", "echo_own")),
        *map(shown, SHOWN),
    ),
    headers=meta_headers,
    signs=True,
    items=[
        (InboundMessage, "m_1", "7001002003004005"),
        (InboundMessage, "m_2", "7001002003004005"),
        (Watermark, "", "7001002003004005"),
        (Ignored, "m_1", ""),
        (Ignored, "feed", ""),
        (InboundMessage, "m_3", "7009"),
        (Ignored, "", ""),
        (Ignored, "", ""),
        (EchoMessage, "m_OUT", ANA),
        *((InboundMessage, f"m_{name}", ANA) for name in SHOWN),
    ],
    recipient="7001002003004005",
    taken=(200, {"recipient_id": "7001002003004005", "message_id": "m_OUT"}),
    receipt=Receipt("m_OUT"),
    refusals=REFUSALS,
    challenge=(
        {"hub.mode": "subscribe", "hub.verify_token": "word-to-verify", "hub.challenge": "42"},
        "hub.verify_token",
        "42",
    ),
    facts={
        "m_1": {"line": LINE, "text": "um", "sent_at": AT},
        ANA: {
            "status": Status.READ,
            "kind": ChannelKind.MESSENGER,
            "at": datetime(2025, 11, 24, 15, 59, 59, tzinfo=UTC),
            "line_reference": PAGE,
        },
        "m_OUT": {
            "line": LINE,
            "text": "Olá",
            "author": "agent",
            "sent_at": AT,
            "ties": ("m_OUT", str(REFERENCE)),
        },
        "m_image": {
            "content": Content.IMAGE,
            "media": (Media(Content.IMAGE, "https://cdn.example/v/foto.jpg?oh=1"),),
        },
        "m_audio": {"content": Content.AUDIO},
        "m_video": {"content": Content.VIDEO},
        "m_file": {"content": Content.DOCUMENT},
        "m_location": {
            "content": Content.LOCATION,
            "place": Place(-25.43, -49.27, "Casa da Ana"),
        },
        "m_media_without_url": {"content": Content.UNSUPPORTED},
        "m_quick_reply": {"text": "Falar com atendente", "button_payload": "2"},
        "m_reply": {"text": "esse mesmo", "reply_to": "m_0"},
    },
    without=frozenset({Content.CONTACTS}),
    statuses=(with_status, {"delivery": Status.DELIVERED, "read": Status.READ}),
    own_line=(PAGE, PAGE),
    access={"authorization": "Bearer EAAinvented-token-of-a-page"},
    requests={
        "text": asked(content(text=TEXT)),
        "file": asked(content(attachment=PHOTO)),
        "choices": asked(content(text=TEXT, quick_replies=CHOICES)),
        "reply": asked(content(text=TEXT), reply_to={"mid": "m_1"}),
    },
)
