"""Instagram, for the contract suite."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from provider.contracts import (
    ChannelKind,
    Content,
    EchoMessage,
    Ignored,
    InboundMessage,
    Line,
    Media,
    Receipt,
    Status,
    StatusReport,
    Watermark,
)
from tests.provider.adapters.messenger.sample import CHOICES, PHOTO
from tests.provider.adapters.messenger.sample import SAMPLE as MESSENGER
from tests.provider.adapters.samples import TEXT, Request, Sample

ACCOUNT, ANA = "17841400000000001", "5566778899001122"
LINE = Line("instagram", ChannelKind.INSTAGRAM, ACCOUNT, ACCOUNT)
AT = datetime(2025, 11, 24, 16, 0, tzinfo=UTC)
FILES = {"image": Content.IMAGE, "audio": Content.AUDIO, "video": Content.VIDEO}


def event(sender: str, **what: Any) -> dict[str, Any]:
    people = {"sender": {"id": sender}, "recipient": {"id": ACCOUNT}}
    return {**people, "timestamp": 1764000000000, **what}


def message(mid: str, **parts: Any) -> dict[str, Any]:
    return event(ANA, message={"mid": mid, **parts})


def with_file(kind: str, **payload: str) -> dict[str, Any]:
    return message(f"m_{kind}", attachments=[{"type": kind, "payload": payload}])


def batch(*events: dict[str, Any]) -> bytes:
    entry = {"id": ACCOUNT, "messaging": list(events)}
    return json.dumps({"object": "instagram", "entry": [entry]}).encode()


def asked(content: dict[str, Any], **more: Any) -> Request:
    payload = {"recipient": {"id": ANA}, "messaging_type": "RESPONSE", "message": content}
    return Request(f"/v25.0/{ACCOUNT}/messages", {**payload, **more})


BATCH = batch(
    message("m_1", text="Vocês entregam?"),
    event("5566778899001133", message={"mid": "m_2", "text": "Bom dia"}),
    event(ANA, read={"mid": "m_OUT"}),
    event(ANA, of_the_future={}),
)
MORE = batch(
    *(with_file(kind, url=f"https://cdn.example/{kind}") for kind in FILES),
    with_file("of_the_future"),
    message("m_tapped", text="Atendente", quick_reply={"payload": "2"}, reply_to={"mid": "m_0"}),
    {
        **message("m_ECHO", text="Olá", is_echo=True),
        "sender": {"id": ACCOUNT},
        "recipient": {"id": ANA},
    },
)
SAMPLE: Sample = replace(
    MESSENGER,
    credentials={
        "account_id": ACCOUNT,
        "access_token": "IGAAinvented-token-of-an-account",
        "app_secret": "secret-of-the-app",
        "verify_token": "word-to-verify",
    },
    bodies=(BATCH, MORE),
    items=[
        (InboundMessage, "m_1", "5566778899001122"),
        (InboundMessage, "m_2", "5566778899001133"),
        (StatusReport, "m_OUT", ""),
        (Watermark, "", "5566778899001122"),
        (Ignored, "of_the_future", ""),
        *((InboundMessage, f"m_{kind}", ANA) for kind in (*FILES, "of_the_future", "tapped")),
        (EchoMessage, "m_ECHO", ANA),
    ],
    recipient="5566778899001122",
    taken=(200, {"recipient_id": "5566778899001122", "message_id": "m_OUT"}),
    receipt=Receipt("m_OUT"),
    renewed=(
        (200, {"access_token": "IGAAnew", "token_type": "bearer", "expires_in": 5183944}),
        {"access_token": "IGAAnew"},
    ),
    facts={
        "m_1": {"line": LINE, "text": "Vocês entregam?", "sent_at": AT},
        "m_OUT": {
            "status": Status.READ,
            "kind": ChannelKind.INSTAGRAM,
            "ties": ("m_OUT",),
            "message_id": "m_OUT",
            "at": AT,
            "line_reference": ACCOUNT,
        },
        ANA: {
            "status": Status.READ,
            "kind": ChannelKind.INSTAGRAM,
            "at": AT,
            "line_reference": ACCOUNT,
        },
        **{
            f"m_{kind}": {
                "content": content,
                "media": (Media(content, f"https://cdn.example/{kind}"),),
            }
            for kind, content in FILES.items()
        },
        "m_of_the_future": {"content": Content.UNSUPPORTED},
        "m_tapped": {"text": "Atendente", "button_payload": "2", "reply_to": "m_0"},
        "m_ECHO": {
            "line": LINE,
            "text": "Olá",
            "author": "agent",
            "sent_at": AT,
            "ties": ("m_ECHO",),
        },
    },
    without=frozenset({Content.DOCUMENT, Content.LOCATION, Content.CONTACTS}),
    statuses=(
        lambda word: batch(event(ANA, **{word: {"mid": "m_OUT"}})),
        {"read": Status.READ},
    ),
    own_line=(ACCOUNT, ACCOUNT),
    access={"authorization": "Bearer IGAAinvented-token-of-an-account"},
    requests={
        "text": asked({"text": TEXT}),
        "file": asked({"attachment": PHOTO}),
        "choices": asked({"text": TEXT, "quick_replies": CHOICES}),
        "reply": asked({"text": TEXT}, reply_to={"mid": "m_1"}),
    },
)
