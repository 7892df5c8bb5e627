"""Botmaker's API v2, for the contract suite."""

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
    Person,
    Place,
    Receipt,
    Status,
    StatusReport,
)
from provider.errors import AmbiguousError, CredentialsError, RejectedError, TemporaryError
from tests.provider.adapters.samples import LINE as OURS
from tests.provider.adapters.samples import LINK, REFERENCE, TEXT, Request, Sample

HERE = Path(__file__).parent
TWO = json.loads((HERE / "envelope_two_messages.json").read_bytes())
TWO["messages"].append("?")
BIA = json.loads((HERE / "flat_user_text.json").read_bytes())
BIA.update(contactId="+55 41 91111-0002", _id_="Z1B2C3D4E5F6G7H8J9K0")
NAMES = ("flat_oldest", "envelope_status_delivered", "envelope_event")
ANA = "5541988887777"
LINE = Line("botmaker", ChannelKind.WHATSAPP, "5541999990000", "acmecrm-whatsapp-5541999990000")
STORED = "https://storage.googleapis.com/storage.botmaker.com/public/res/acmecrm/users/1a2b/3c4d"
# One message of each content and of each other thing.
SHOWN = {
    "flat_user_image_caption": "D1B2C3D4E5F6G7H8J9K0",
    "flat_user_audio": "C1B2C3D4E5F6G7H8J9K0",
    "flat_user_video": "E1B2C3D4E5F6G7H8J9K0",
    "flat_user_file": "F1B2C3D4E5F6G7H8J9K0",
    "flat_user_location": "G1B2C3D4E5F6G7H8J9K0",
    "flat_user_contacts": "H1B2C3D4E5F6G7H8J9K0",
    "flat_user_unsupported": "J1B2C3D4E5F6G7H8J9K0",
    "flat_list_reply": "L1B2C3D4E5F6G7H8J9K0",
}
OTHERS = (ChannelKind.MESSENGER, ChannelKind.INSTAGRAM, ChannelKind.TELEGRAM)


def on(kind: ChannelKind) -> bytes:
    """A message on another channel."""
    body = json.loads((HERE / "flat_user_text.json").read_bytes())
    return json.dumps({**body, "chatPlatform": kind, "_id_": f"on-{kind}"}).encode()


def with_status(word: str) -> bytes:
    body = json.loads((HERE / "envelope_status_delivered.json").read_bytes())
    return json.dumps({**body, "status": word}).encode()


def failed() -> bytes:
    text = (HERE / "envelope_status_failed.json").read_text()
    return text.replace("T1B2C3D4E5F6G7H8J9K0", "failed-1").encode()


def asked(**message: Any) -> Request:
    chat = {"channelId": OURS, "contactId": ANA}
    messages = [{**message, "webhookPayload": str(REFERENCE)}]
    return Request("/v2.0/chats-actions/send-messages", {"chat": chat, "messages": messages})


SAMPLE = Sample(
    credentials={
        "access_token": "invented-access-token",
        "refresh_token": "invented-refresh-token",
        "client_id": "client",
        "account": "acmecrm",
        "secret_id": "invented-secret-id",
        "webhook_token": "word-of-the-webhook",
        "phone": "5541999990000",
        "api": "v2",
    },
    bodies=(
        json.dumps(TWO).encode(),
        json.dumps(BIA).encode(),
        *((HERE / f"{name}.json").read_bytes() for name in (*NAMES, *SHOWN, "flat_operator_text")),
        failed(),
        *map(on, OTHERS),
    ),
    headers=lambda _body, held: {"auth-bm-token": held["webhook_token"]},
    items=[
        (InboundMessage, "A1B2C3D4E5F6G7H8J9K0", "5541988887777"),
        (InboundMessage, "A2B2C3D4E5F6G7H8J9K0", "5541988887777"),
        (Ignored, "", ""),
        (InboundMessage, "Z1B2C3D4E5F6G7H8J9K0", "5541911110002"),
        # The oldest format has no id: this one is made of what it says.
        (
            InboundMessage,
            "83fd2ed8dfcf6eced186916fed10050084eabd5da921ba499a8be78b5e6a9b60",
            "5541988887777",
        ),
        (StatusReport, "T1B2C3D4E5F6G7H8J9K0", ""),
        (Ignored, "event", ""),
        *((InboundMessage, name, ANA) for name in SHOWN.values()),
        (EchoMessage, "R7M2K0PZQ4XJ8WBN5T1C", ANA),
        (StatusReport, "failed-1", ""),
        *((InboundMessage, f"on-{kind}", ANA) for kind in OTHERS),
    ],
    recipient="5541988887777",
    taken=(202, {"webhookNotificationId": "wn-1"}),
    receipt=Receipt(job_id="wn-1"),
    refusals=[
        ((401, {"error": {"code": 401, "message": "no"}}), CredentialsError, None),
        ((429, {}), TemporaryError, None),
        ((500, {}), TemporaryError, None),
        ((400, {"error": {"code": 201, "message": "window"}}), RejectedError, Cause.WINDOW),
        ((403, {}), RejectedError, Cause.SERVICE_ACCESS),
        ((404, {}), RejectedError, Cause.RECIPIENT),
        ((200, {}), AmbiguousError, None),
    ],
    renewed=(
        (200, {"accessToken": "new-access", "refreshToken": "new-refresh"}),
        {"access_token": "new-access", "refresh_token": "new-refresh"},
    ),
    templates=(
        (
            200,
            {"items": [{"name": "oi", "locale": "pt_BR", "state": "APPROVED", "body": {}}, {}]},
        ),
        ("oi",),
    ),
    facts={
        "A1B2C3D4E5F6G7H8J9K0": {
            "line": LINE,
            "text": "Bom dia",
            "contact_name": "Ana Souza",
            "sent_at": datetime(2026, 11, 20, 13, 5, 11, 402000, tzinfo=UTC),
        },
        "T1B2C3D4E5F6G7H8J9K0": {
            "status": Status.DELIVERED,
            "ties": ("T1B2C3D4E5F6G7H8J9K0", "wn-5f0c9f3e"),
            "message_id": "T1B2C3D4E5F6G7H8J9K0",
            "kind": None,  # this shape names no platform
        },
        # The core knows the codes of WhatsApp itself, so there is no cause.
        "failed-1": {"status": Status.FAILED, "code": "131049.0", "cause": None},
        "D1B2C3D4E5F6G7H8J9K0": {
            "content": Content.IMAGE,
            "text": "foto da fachada",
            "media": (Media(Content.IMAGE, f"{STORED}/1a2b3c4d.jpeg", "1a2b3c4d.jpeg"),),
        },
        "C1B2C3D4E5F6G7H8J9K0": {"content": Content.AUDIO},
        "E1B2C3D4E5F6G7H8J9K0": {"content": Content.VIDEO},
        "F1B2C3D4E5F6G7H8J9K0": {"content": Content.DOCUMENT},
        "G1B2C3D4E5F6G7H8J9K0": {
            "content": Content.LOCATION,
            "place": Place(-25.4284, -49.2733, "Praca", "Rua X, 10"),
        },
        "H1B2C3D4E5F6G7H8J9K0": {
            "content": Content.CONTACTS,
            "people": (Person("Joao Reis", ("+55 41 98888-0000",), ("j@example.com",)),),
        },
        "J1B2C3D4E5F6G7H8J9K0": {"content": Content.UNSUPPORTED},
        "L1B2C3D4E5F6G7H8J9K0": {"text": "Falar com atendente", "button_payload": "2"},
        "R7M2K0PZQ4XJ8WBN5T1C": {
            "line": Line("botmaker", ChannelKind.WHATSAPP, "5541999990000"),
            "text": "Segue a proposta.",
            "author": "agent",
            "author_name": "Bruno Lima",
            "ties": ("R7M2K0PZQ4XJ8WBN5T1C",),
            "sent_at": datetime(2026, 11, 20, 13, 9, 40, 100000, tzinfo=UTC),
        },
    },
    statuses=(
        with_status,
        {
            "sent": Status.SENT,
            "delivered": Status.DELIVERED,
            "read": Status.READ,
            "failed": Status.FAILED,
            "error": Status.FAILED,
        },
    ),
    access={"access-token": "invented-access-token"},
    requests={
        "text": asked(text=TEXT),
        "file": asked(
            text=TEXT, media={"filename": "a.jpg", "mimeType": "image/jpeg", "url": LINK}
        ),
        "choices": asked(
            whatsappInteractive={
                "body": TEXT,
                "action": {
                    "type": "list",
                    "button": "Ver opções",
                    "sections": [
                        {
                            "rows": [
                                {"id": "1", "title": "Segunda via"},
                                {"id": "2", "title": "Atendente"},
                            ]
                        }
                    ],
                },
            }
        ),
        "template": Request(
            "/v2.0/chats-actions/trigger-intent",
            {
                "chat": {"channelId": OURS, "contactId": ANA},
                "intentIdOrName": "boas_vindas",
                "variables": {"nome": "Ana"},
                "webhookPayload": str(REFERENCE),
            },
        ),
        "place": asked(
            location={
                "latitude": "-25.429613",
                "longitude": "-49.271348",
                "name": "Matriz",
                "address": "Praça Tiradentes, 1",
            }
        ),
        "people": asked(
            contact={"firstName": "Zé 0", "phones": ["+55 41 98880-0001", "+55 41 98880-0002"]}
        ),
    },
)
