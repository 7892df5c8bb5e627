"""What Botmaker's webhooks mean: the flat format, the envelope, and the shapes of a status."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from provider.channels import bare_id
from provider.contracts import (
    ChannelKind,
    EchoMessage,
    Ignored,
    InboundMessage,
    Line,
    Parsed,
    Reason,
    Status,
    StatusReport,
    Watermark,
    storable,
)

Body = dict[str, Any]
SLUG = "botmaker"

PLATFORMS = {
    "whatsapp": ChannelKind.WHATSAPP,
    "messenger": ChannelKind.MESSENGER,
    "facebook": ChannelKind.MESSENGER,
    "instagram": ChannelKind.INSTAGRAM,
    "instagram_chat": ChannelKind.INSTAGRAM,
    "telegram": ChannelKind.TELEGRAM,
}
STATUSES = {
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    "failed": Status.FAILED,
    "error": Status.FAILED,
}
AUTHORS = {"bot": "bot", "operator": "agent", "agent": "agent"}
ATTACHMENTS = ("image", "audio", "video", "file", "location", "contacts")
# The keys under which an id of ours or of the sending job may come back; no page says which.
TIES = (
    "txId",
    "intentTxId",
    "webhookNotificationId",
    "requestId",
    "webhookPayload",
    "clientPayload",
)


def items(data: Body) -> Iterator[Parsed]:
    """Tell the formats apart by their keys.

    `type` alone does not tell: any bot variable may stand among the keys of the flat format.
    """
    kind, messages = data.get("type"), data.get("messages")
    is_flat = any(name in data for name in ("_id_", "_id", "MESSAGE", "IMAGES_URLS"))
    if isinstance(messages, list) or (kind == "message" and not is_flat):
        yield from _envelope_messages(messages, data)
    elif kind == "status" and "status" in data:
        yield _envelope_status(data)
    elif "STATUS" in data:
        yield from _flat_status(data)
    elif is_flat:
        yield _message(data, data)
    else:
        yield Ignored(Reason.UNKNOWN_KIND, kind[:50] if isinstance(kind, str) else "")


def _envelope_messages(messages: object, data: Body) -> Iterator[Parsed]:
    if not isinstance(messages, list) or not messages:
        yield Ignored(Reason.EMPTY)
        return
    for message in messages:
        if isinstance(message, dict):
            yield _message(message, data)
        else:
            yield Ignored(Reason.UNKNOWN_KIND)


def _message(message: Body, outer: Body) -> Parsed:
    """A message of the flat format (`outer` is itself), or one inside an envelope."""
    both = {**outer, **message}
    external_id = _text(both, "_id_", "_id") or _digest(both)
    line = _line(both)
    if line is None:
        return Ignored(Reason.UNKNOWN_PLATFORM, external_id)
    contact_id = bare_id(line.kind, _text(both, "contactId", "PLATFORM_CONTACT_ID", "FROM"))
    if not contact_id:
        return Ignored(Reason.NO_SENDER, external_id)
    content, text = _content(both)
    sent_at = _moment(both.get("date") or both.get("CREATION_TIME"))
    author = _text(both, "from").lower()
    if author not in ("", "user"):
        if author not in AUTHORS:
            return Ignored(Reason.UNKNOWN_KIND, external_id)
        name = _text(both, "operatorName", "fromName")
        ties = (external_id, *_ties(both))
        return EchoMessage(
            line, external_id, contact_id, AUTHORS[author], name, text, sent_at, content, ties
        )
    full_name = f"{_text(both, 'firstName')} {_text(both, 'lastName')}".strip()
    name = _text(both, "fromName", "FROM_NAME") or full_name or _text(both, "whatsappNickName")
    payload = _text(both, "buttonPayload")
    return InboundMessage(line, external_id, contact_id, name, text, sent_at, content, payload)


def _content(message: Body) -> tuple[str, str]:
    """The kind of content and its text: a caption where the message is a file."""
    caption = _text(message, "caption")
    for kind in ATTACHMENTS:
        if message.get(kind):
            return kind, caption or _text(message, "message")
    if message.get("IMAGES_URLS"):
        return "image", caption
    text = _text(message, "message", "MESSAGE", "buttonName")
    if not text:
        return "unsupported", ""
    return "text", text


def _envelope_status(data: Body) -> Parsed:
    status = STATUSES.get(_text(data, "status").lower())
    message_id = _text(data, "messageId")
    ties = tuple(tie for tie in (message_id, *_ties(data)) if tie)
    if status is None:
        return Ignored(Reason.UNKNOWN_STATUS, ties[0] if ties else "")
    if not ties:
        return Ignored(Reason.EMPTY)
    # This shape names no platform: the ids alone must tell.
    kind = PLATFORMS.get(_text(data, "chatPlatform").lower())
    at = _moment(data.get("date") or data.get("statusChangeTime") or data.get("creationTime"))
    code, reason = _text(data, "error"), _text(data, "reason")
    return StatusReport(SLUG, kind, status, ties, at, message_id, code[:50], reason[:300])


def _flat_status(data: Body) -> Iterator[Parsed]:
    """A customer snapshot, whose `_id_` is the customer's, or the short form of 2019.

    Only the short form names the message in `_id_`; the snapshot names it inside LAST_MESSAGE,
    which may be the customer's own message, and then the status is not about it.
    """
    status = STATUSES.get(_text(data, "STATUS").lower())
    platform = _text(data, "CHAT_PLATFORM_ID", "chatPlatform").lower()
    kind = PLATFORMS.get(platform)
    at = _moment(data.get("STATUS_CHANGE_TIME") or data.get("CREATION_TIME"))
    is_snapshot = any(
        name in data for name in ("LAST_MESSAGE", "BUSINESS_ID", "PLATFORM_CONTACT_ID")
    )
    if status is None:
        yield Ignored(Reason.UNKNOWN_STATUS)
    elif platform and kind is None:
        yield Ignored(Reason.UNKNOWN_PLATFORM)
    elif is_snapshot:
        yield from _snapshot(data, kind, status, at)
    elif ties := tuple(tie for tie in (_text(data, "_id_", "_id"), *_ties(data)) if tie):
        yield StatusReport(SLUG, kind, status, ties, at, _text(data, "_id_", "_id"))
    else:
        yield Ignored(Reason.EMPTY)


def _snapshot(
    data: Body, kind: ChannelKind | None, status: Status, at: datetime | None
) -> Iterator[Parsed]:
    found = False
    last = data.get("LAST_MESSAGE")
    if isinstance(last, dict) and _text(last, "from").lower() in AUTHORS:
        echo = _message(last, {**_only(data, "WHATSAPP_NUMBER", "chatChannelId"), **last})
        yield echo
        if isinstance(echo, EchoMessage):
            found = True
            yield StatusReport(SLUG, kind, status, echo.ties, at, echo.external_id)
    contact = _text(data, "PLATFORM_CONTACT_ID", "FROM")
    line = _line(data)
    number = line.line if line else ""
    for name, reached in (
        ("USER_LAST_MSG_RECEIVED", Status.DELIVERED),
        ("USER_LAST_MSG_READ", Status.READ),
    ):
        moment = _moment(data.get(name))
        if moment is not None and contact and kind is not None:
            found = True
            yield Watermark(SLUG, kind, bare_id(kind, contact), reached, moment, number)
    if not found:
        yield Ignored(Reason.EMPTY)


def _line(data: Body) -> Line | None:
    platform = _text(data, "chatPlatform", "CHAT_PLATFORM_ID").lower()
    kind = PLATFORMS.get(platform)
    if kind is None:
        return None
    reference = _text(data, "chatChannelId", "CHAT_CHANNEL_ID")
    number = _text(data, "whatsappNumber", "WHATSAPP_NUMBER", "chatIdInChatPlatform")
    # A channel id is <business>-<platform>-<number or id>, and the last part may hold hyphens.
    tail = reference.split(f"-{platform}-", 1)[-1] if f"-{platform}-" in reference else ""
    if kind is not ChannelKind.WHATSAPP:
        number = tail or ("" if reference else number)
    return Line(SLUG, kind, bare_id(kind, number or tail), reference)


def _ties(data: Body) -> tuple[str, ...]:
    return tuple(value for name in TIES if (value := _text(data, name)))


def _only(data: Body, *names: str) -> Body:
    return {name: data[name] for name in names if name in data}


def _text(data: Body, *names: str) -> str:
    """The first of these values that says something, as text; never the repr of a structure."""
    for name in names:
        value = data.get(name)
        if isinstance(value, str) and (text := storable(value)).strip():
            return text if name in ("message", "MESSAGE", "caption") else text.strip()
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30:
            return str(value)
    return ""


def _digest(data: Body) -> str:
    """A stand-in for the id the oldest format lacks: the same message gives the same one."""
    names = (
        "CUSTOMER_ID",
        "customerId",
        "contactId",
        "CREATION_TIME",
        "date",
        "MESSAGE",
        "message",
    )
    parts = json.dumps([_text(data, name) for name in names])
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str) or not value:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if not 2000 < moment.year < 9000:  # no time of a message, and at the edge of what can be told
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
