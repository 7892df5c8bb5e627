"""Asking an adapter to send, and looking at what left and at what came of it."""

from __future__ import annotations

import json
import traceback
from dataclasses import replace
from typing import Any

import pytest

from provider.adapter import Adapter
from provider.channels import FACTS
from provider.contracts import (
    ChannelKind,
    Content,
    Credentials,
    Extra,
    InboundMessage,
    Line,
    OutboundMessage,
)
from provider.errors import ProviderError
from tests.provider.adapters.samples import (
    CHOICES,
    FILE,
    LINE,
    PEOPLE,
    PLACE,
    REFERENCE,
    TEMPLATE,
    TEXT,
    Answer,
    Sample,
)
from tests.provider.vendor import Vendor

TYPES = {
    Content.IMAGE: "image/jpeg",
    Content.AUDIO: "audio/mpeg",
    Content.VIDEO: "video/mp4",
    Content.DOCUMENT: "application/pdf",
}
NONSENSE: list[Answer] = [
    *((200, body) for body in (b"", b"<html>", b"\xff", [], None, {}, 7, "ok", {"id": {}})),
    (200, {"result": [], "items": {}, "data": 7, "ok": True, "name": 7, "messages": [None]}),
    (200, {"result": {}, "items": [None, 7, {}], "error": "no", "messages": {}}),
    (204, b""),
    *((status, body) for status in (302, 400, 403, 404, 429, 500, 504) for body in (b"", [], {})),
    (400, {"error": 7, "errors": [7], "description": 7, "parameters": []}),
]


def answering(vendor: Vendor, answer: Answer, **headers: str) -> None:
    """The same answer to everything from now on; VENDOR in it is where the vendor is."""
    status, body = answer
    if not isinstance(body, bytes):
        body = json.dumps(body).replace("VENDOR", vendor.url).encode()
    vendor.answers, vendor.headers = {"": (status, body)}, headers
    vendor.asked.clear()
    vendor.methods.clear()


def outbound(
    adapter: Adapter, sample: Sample, kind: ChannelKind | None = None, **parts: Any
) -> OutboundMessage:
    line = Line(adapter.slug, kind or sorted(adapter.channels)[-1], LINE)
    return OutboundMessage(REFERENCE, "s", line, sample.recipient, parts.pop("text", TEXT), **parts)


def heard(vendor: Vendor) -> str:
    return json.dumps([[path, body] for path, _headers, body in vendor.asked], ensure_ascii=False)


def outcome(adapter: Adapter, message: OutboundMessage, held: Credentials) -> Any:
    """What a send answers or raises."""
    try:
        return adapter.send(message, held)
    except ProviderError as error:
        return error


def said_of(found: Any) -> str:
    """What a send answered or raised, for people."""
    if isinstance(found, ProviderError):
        cause = getattr(found, "cause", None)
        return f"{type(found).__name__}{f' with the cause {cause}' if cause else ''}"
    return repr(found)


def quiet(
    error: Any, adapter: Adapter, sample: Sample, held: Credentials, log: pytest.LogCaptureFixture
) -> None:
    """No secret and nothing of the message is in what may be stored, shown or logged of it."""
    where = said_of(error)
    assert isinstance(error, ProviderError), f"{where} is no error of provider.errors"
    assert isinstance(error.detail, str), f"the detail of {where} is no text: {error.detail!r}"
    assert isinstance(error.code, str), f"the code of {where} is no text: {error.code!r}"
    told = {
        "the error, its attributes or its traceback": " ".join(
            [*traceback.format_exception(error), repr(error.args), repr(vars(error))]
        ),
        "the log": log.text,
    }
    hidden = {TEXT: "the text of the message", sample.recipient: "the id of the customer"}
    for name in adapter.secret_names:
        hidden |= dict.fromkeys(held.secrets((name,)), f"the credential {name}")
    for place, text in told.items():
        for words, what in hidden.items():
            assert words not in text, f"{what} stands in {place}, after {where}"


def answerable(adapter: Adapter, sample: Sample) -> str:
    """The id of a message that came in, of the recipient where there is one."""
    came = [row for row in sample.items if row[0] is InboundMessage and adapter.can_answer(row[1])]
    return next((row[1] for row in came if row[2] == sample.recipient), came[0][1])


def sends(adapter: Adapter, sample: Sample, held: Credentials) -> dict[str, OutboundMessage]:
    """One message of each content that may come to `send`, by the names of `Sample.requests`."""
    plain = outbound(adapter, sample)
    facts, carried = FACTS[plain.line.kind], adapter.carries(plain.line.kind, held)
    found = {
        "text": plain,
        "file": replace(plain, file=FILE, text=TEXT if facts.max_caption else ""),
        "choices": replace(plain, choices=CHOICES),
        "template": replace(plain, template=TEMPLATE),
    }
    if Extra.LOCATION in carried:
        found["place"] = replace(plain, text="", place=PLACE)
    if Extra.CONTACTS in carried:
        found["people"] = replace(plain, text="", people=PEOPLE[: adapter.most_people])
    if Extra.REPLY in carried:
        found["reply"] = replace(plain, reply_to=answerable(adapter, sample))
    return found
