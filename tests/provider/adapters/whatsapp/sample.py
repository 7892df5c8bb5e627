"""WhatsApp's Cloud API, for the contract suite."""

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
    Located,
    Media,
    Person,
    PersonMoved,
    Place,
    Receipt,
    Status,
    StatusReport,
)
from provider.errors import AmbiguousError, CredentialsError, RejectedError, TemporaryError
from tests.provider.adapters.messenger.sample import SAMPLE as MESSENGER
from tests.provider.adapters.samples import (
    LINK,
    PEOPLE,
    REFERENCE,
    TEXT,
    Answer,
    Request,
    Sample,
    meta_headers,
)

HERE = Path(__file__).parent
LINE = Line("whatsapp", ChannelKind.WHATSAPP, "5541999990000", "106540000000001")
REF = "0b4f9f36-3a0c-4a2b-9a57-3c4f7d1e0001"
OPENED = {"authorization": "Bearer EAAinvented-token-of-a-number"}
# One message of each content and of each other thing, with an id of its own.
SHOWN = (
    "image", "audio_voice_note", "video", "document", "location", "contacts", "of_the_future",
    "button_reply", "number_changed",
)  # fmt: skip


def shown(name: str) -> bytes:
    return (HERE / f"{name}.json").read_text().replace("wamid.IN1", f"wamid.{name}").encode()


def with_status(word: str) -> bytes:
    body = json.loads((HERE / "status_sent.json").read_bytes())
    body["entry"][0]["changes"][0]["value"]["statuses"][0]["status"] = word
    return json.dumps(body).encode()


def asked(**content: Any) -> Request:
    common = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+5541988887777",
        "biz_opaque_callback_data": str(REFERENCE),
    }
    return Request("/v25.0/106540000000001/messages", {**common, **content})


def no(status: int, code: int) -> Answer:
    return status, {"error": {"message": "No", "code": code}}


SAMPLE = Sample(
    credentials={
        "phone_number_id": "106540000000001",
        "business_account_id": "102290000000001",
        "access_token": "EAAinvented-token-of-a-number",
        "app_secret": "secret-of-the-app",
        "verify_token": "word-to-verify",
    },
    bodies=(
        *((HERE / f"{name}.json").read_bytes() for name in ("batch", "echo")),
        (HERE / "status_failed.json").read_text().replace("wamid.OUT1", "wamid.FAILED").encode(),
        *map(shown, SHOWN),
    ),
    headers=meta_headers,
    signs=True,
    items=[
        (InboundMessage, "wamid.B1", "5541911110001"),
        (InboundMessage, "wamid.B2", "5541911110002"),
        (StatusReport, "wamid.OUT1", ""),
        (StatusReport, "wamid.OUT1", ""),
        (Ignored, "1", ""),
        (InboundMessage, "wamid.B3", "5541911110003"),
        (Ignored, "account_update", ""),
        (EchoMessage, "wamid.ECHO1", "5541988887777"),
        (StatusReport, "wamid.FAILED", ""),
        *((InboundMessage, f"wamid.{name}", "5541988887777") for name in SHOWN[:-1]),
        (PersonMoved, "wamid.number_changed", "5541966660000"),
    ],
    recipient="5541988887777",
    taken=(200, {"messaging_product": "whatsapp", "messages": [{"id": "wamid.OUT9"}]}),
    receipt=Receipt("wamid.OUT9"),
    refusals=[
        (no(401, 190), CredentialsError, None),
        (no(429, 130429), TemporaryError, None),
        (no(500, 131000), TemporaryError, None),
        (no(400, 131047), RejectedError, Cause.WINDOW),
        (no(400, 131026), RejectedError, Cause.RECIPIENT),
        (no(403, 200), RejectedError, Cause.SERVICE_ACCESS),
        (no(404, 132001), RejectedError, Cause.TEMPLATE),
        ((200, {"messages": [{}]}), AmbiguousError, None),
    ],
    challenge=MESSENGER.challenge,
    templates=(
        (
            200,
            {"data": [{"name": "oi", "language": "pt_BR", "status": "APPROVED", "components": []}]},
        ),
        ("oi",),
    ),
    media=(
        Media(Content.IMAGE, "77001"),
        (200, {"url": "VENDOR/file"}),
        Located("VENDOR/file", {"Authorization": "Bearer EAAinvented-token-of-a-number"}),
    ),
    hosts=(".fbsbx.com",),
    facts={
        "wamid.B1": {
            "line": LINE,
            "text": "um",
            "sent_at": datetime(2025, 11, 20, 12, 5, 11, tzinfo=UTC),
            "contact_name": "Ana",
        },
        "wamid.OUT1": {
            "status": Status.SENT,
            "kind": ChannelKind.WHATSAPP,
            "ties": ("wamid.OUT1",),
            "message_id": "wamid.OUT1",
            "at": datetime(2025, 11, 20, 12, 6, 40, tzinfo=UTC),
            "line_reference": "106540000000001",
        },
        "wamid.FAILED": {
            "status": Status.FAILED,
            "ties": ("wamid.FAILED", REF),
            "code": "131047",
            "cause": Cause.WINDOW,
        },
        "wamid.ECHO1": {
            "line": LINE,
            "text": "Respondi pelo celular",
            "author": "agent",
            "ties": ("wamid.ECHO1",),
            "aliases": ("BR.1349120000000001",),
            "sent_at": datetime(2025, 11, 20, 12, 8, 20, tzinfo=UTC),
        },
        "wamid.image": {
            "content": Content.IMAGE,
            "text": "a fachada",
            "media": (Media(Content.IMAGE, "654300000000001", "", "image/jpeg"),),
            "aliases": ("BR.1349120000000001",),
        },
        "wamid.audio_voice_note": {"content": Content.AUDIO},
        "wamid.video": {"content": Content.VIDEO},
        "wamid.document": {
            "content": Content.DOCUMENT,
            "media": (
                Media(Content.DOCUMENT, "654300000000005", "orçamento.pdf", "application/pdf"),
            ),
        },
        "wamid.location": {
            "content": Content.LOCATION,
            "place": Place(-25.4284, -49.2733, "Matriz", "Rua XV, 100"),
        },
        "wamid.contacts": {
            "content": Content.CONTACTS,
            "people": (
                Person("Bruno Reis", ("+55 41 97777-1111",), ("bruno@empresa.example",)),
                Person("Caio Melo", ("5541966661111",)),
                Person(""),
            ),
        },
        "wamid.of_the_future": {"content": Content.UNSUPPORTED},
        "wamid.button_reply": {
            "text": "Falar com atendente",
            "button_payload": "2",
            "reply_to": "wamid.OUT1",
        },
        "wamid.number_changed": {
            "line": LINE,
            "gone": ("5541988887777", "BR.1349120000000001"),
            "ids": ("5541966660000", "BR.9"),
        },
    },
    statuses=(
        with_status,
        {
            "sent": Status.SENT,
            "delivered": Status.DELIVERED,
            "read": Status.READ,
            "played": Status.READ,
            "failed": Status.FAILED,
        },
    ),
    own_line=("", "106540000000001"),
    access=OPENED,
    requests={
        "text": asked(type="text", text={"body": TEXT, "preview_url": True}),
        "file": asked(type="image", image={"link": LINK, "caption": TEXT}),
        "choices": asked(
            type="interactive",
            interactive={
                "type": "button",
                "body": {"text": TEXT},
                "action": {
                    "buttons": [
                        {"type": "reply", "reply": {"id": "1", "title": "Segunda via"}},
                        {"type": "reply", "reply": {"id": "2", "title": "Atendente"}},
                    ]
                },
            },
        ),
        "template": asked(
            type="template",
            template={
                "name": "boas_vindas",
                "language": {"code": "pt_BR"},
                "components": [
                    {
                        "type": "body",
                        "parameters": [{"type": "text", "parameter_name": "nome", "text": "Ana"}],
                    }
                ],
            },
        ),
        "place": asked(
            type="location",
            location={
                "latitude": -25.429613,
                "longitude": -49.271348,
                "name": "Matriz",
                "address": "Praça Tiradentes, 1",
            },
        ),
        "people": asked(
            type="contacts",
            contacts=[
                {
                    "name": {"formatted_name": one.name, "first_name": one.name},
                    "phones": [{"phone": phone, "type": "CELL"} for phone in one.phones],
                }
                for one in PEOPLE
            ],
        ),
        "reply": asked(
            type="text",
            text={"body": TEXT, "preview_url": True},
            context={"message_id": "wamid.image"},
        ),
    },
)
