"""What the webhooks of pages and of Instagram accounts mean, event by event."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from provider.contracts import (
    Content,
    EchoMessage,
    Ignored,
    InboundMessage,
    Line,
    Parsed,
    Reason,
    Status,
    StatusReport,
    Watermark,
)
from provider.errors import UnreadableBody
from provider.graph.attachments import parts_of
from provider.graph.values import Body, digest, inside, listed, moment, word, written


@dataclass(frozen=True, slots=True)
class Event:
    """One event between a person and the page or account whose `line` this is."""

    line: Line
    body: Body

    @property
    def sender(self) -> str:
        return word(inside(self.body, "sender"), "id")

    @property
    def recipient(self) -> str:
        return word(inside(self.body, "recipient"), "id")

    @property
    def at(self) -> datetime | None:
        return moment(self.body.get("timestamp"))


def parse(body: bytes, line: Line, named: str) -> list[Parsed]:
    """Every event of a webhook that calls itself `named`; `line` lacks only the line's id.

    Raises UnreadableBody, and nothing else.
    """
    try:
        return list(_items(json.loads(body), line, named)) or [Ignored(Reason.EMPTY)]
    except (ValueError, RecursionError) as error:
        raise UnreadableBody(type(error).__name__) from error


def _items(data: object, line: Line, named: str) -> Iterator[Parsed]:
    if not isinstance(data, dict):
        raise UnreadableBody("not an object")
    if data.get("object") != named:
        yield Ignored(Reason.UNKNOWN_PLATFORM, word(data, "object")[:50])
        return
    for entry in listed(data, "entry"):
        yield from _entry(entry, line)


def _entry(entry: object, line: Line) -> Iterator[Parsed]:
    if not isinstance(entry, dict):
        yield Ignored(Reason.UNKNOWN_KIND)
        return
    line = _named(line, word(entry, "id"))
    for body in listed(entry, "messaging"):
        yield from _event(body, line)
    for body in listed(entry, "standby"):
        # Another app has the thread: whatever happens there is not ours to answer.
        yield Ignored(Reason.UNKNOWN_KIND, word(inside(body, "message"), "mid") or "standby")
    for change in listed(entry, "changes"):
        yield from _change(change, line)


def _change(change: object, line: Line) -> Iterator[Parsed]:
    """Test events, and those of some set-ups, wrap the event as a change of a field."""
    value = inside(change, "value")
    if any(name in value for name in _READERS):
        yield from _event(value, line)
    else:
        field = word(change, "field") if isinstance(change, dict) else ""
        yield Ignored(Reason.UNKNOWN_KIND, field[:50])


def _event(body: object, line: Line) -> Iterator[Parsed]:
    if not isinstance(body, dict):
        yield Ignored(Reason.UNKNOWN_KIND)
        return
    for name, read in _READERS.items():
        if isinstance(body.get(name), dict):
            yield from read(Event(line, body), body[name])
            return
    names = sorted(body.keys() - {"sender", "recipient", "timestamp"})
    yield Ignored(Reason.UNKNOWN_KIND, names[0][:50] if names else "")


def _message(event: Event, message: Body) -> Iterator[Parsed]:
    mid = word(message, "mid") or digest(event.body)
    if message.get("is_deleted") is True:
        # Taken back. It bears the id of the message itself, so it must never pass for that one.
        yield Ignored(Reason.UNKNOWN_KIND, mid)
        return
    is_echo = message.get("is_echo") is True
    contact = event.recipient if is_echo else event.sender
    if not contact:
        yield Ignored(Reason.NO_SENDER, mid)
        return
    parts, reply_to = parts_of(message), word(inside(message, "reply_to"), "mid")
    if is_echo:
        yield EchoMessage(
            _line(event, event.sender),
            mid,
            contact,
            "agent",
            "",
            parts.text,
            event.at,
            parts.content,
            ties=tuple(tie for tie in (mid, word(message, "metadata")) if tie),
            media=parts.media,
            place=parts.place,
            reply_to=reply_to,
        )
        return
    yield InboundMessage(
        _line(event, event.recipient),
        mid,
        contact,
        "",
        parts.text,
        event.at,
        parts.content,
        word(inside(message, "quick_reply"), "payload"),
        media=parts.media,
        place=parts.place,
        reply_to=reply_to,
    )


def _line(event: Event, fallback: str) -> Line:
    return event.line if event.line.line else _named(event.line, fallback)


def _named(line: Line, name: str) -> Line:
    """The line of a page or account: its id is both its number and what the API calls it."""
    return replace(line, line=name, reference=name)


def _postback(event: Event, postback: Body) -> Iterator[Parsed]:
    """A tapped button of a card, of the fixed menu, or of the greeting."""
    mid = word(postback, "mid") or digest(event.body)
    if not event.sender:
        yield Ignored(Reason.NO_SENDER, mid)
        return
    payload = word(postback, "payload")
    title = written(postback, "title") or payload
    content = Content.TEXT if title else Content.UNSUPPORTED
    line = _line(event, event.recipient)
    yield InboundMessage(line, mid, event.sender, "", title, event.at, content, payload)


def _delivery(event: Event, delivery: Body) -> Iterator[Parsed]:
    """Ids may be missing; there is a mark then, and everything sent before it has arrived."""
    mark = moment(delivery.get("watermark"))
    mids = [mid for mid in listed(delivery, "mids") if isinstance(mid, str) and mid.strip()]
    if mids:
        for mid in mids:
            yield _report(event, Status.DELIVERED, word({"mid": mid}, "mid"), event.at or mark)
    else:
        yield _mark(event, Status.DELIVERED, mark)


def _read(event: Event, read: Body) -> Iterator[Parsed]:
    """Messenger gives a mark; Instagram the last message seen, and all before it was seen too."""
    mid = word(read, "mid")
    if not mid:
        yield _mark(event, Status.READ, moment(read.get("watermark")))
        return
    yield _report(event, Status.READ, mid, event.at)
    if event.at is not None:
        yield _mark(event, Status.READ, event.at)


def _report(event: Event, status: Status, mid: str, at: datetime | None) -> Parsed:
    line = _line(event, event.recipient)
    return StatusReport(
        line.adapter, line.kind, status, (mid,), at, mid, line_reference=line.reference
    )


def _mark(event: Event, status: Status, at: datetime | None) -> Parsed:
    if at is None:
        return Ignored(Reason.EMPTY)
    if not event.sender:
        return Ignored(Reason.NO_SENDER)
    line = _line(event, event.recipient)
    return Watermark(
        line.adapter, line.kind, event.sender, status, at, line_reference=line.reference
    )


# In this order: a message that came through an advertisement has a referral beside it.
_READERS: dict[str, Callable[[Event, Body], Iterator[Parsed]]] = {
    "message": _message,
    "postback": _postback,
    "delivery": _delivery,
    "read": _read,
}
