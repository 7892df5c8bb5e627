"""What Botmaker's webhooks mean: the flat format, the envelope, and the shapes of a status."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime

from provider.adapters.botmaker.contents import parts_of
from provider.adapters.botmaker.reading import Body, moment_of, text_of
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
        yield Ignored(Reason.UNKNOWN_KIND, storable(kind)[:50] if isinstance(kind, str) else "")


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
    external_id = text_of(both, "_id_", "_id") or _digest(both)
    line = _line(both)
    if line is None:
        return Ignored(Reason.UNKNOWN_PLATFORM, external_id)
    contact_id = bare_id(line.kind, text_of(both, "contactId", "PLATFORM_CONTACT_ID", "FROM"))
    if not contact_id:
        return Ignored(Reason.NO_SENDER, external_id)
    parts = parts_of(both)
    sent_at = moment_of(both.get("date") or both.get("CREATION_TIME"))
    author = text_of(both, "from").lower()
    if author not in ("", "user"):
        if author not in AUTHORS:
            return Ignored(Reason.UNKNOWN_KIND, external_id)
        name = text_of(both, "operatorName", "fromName")
        ties = (external_id, *_ties(both))
        return EchoMessage(
            line=line,
            external_id=external_id,
            contact_id=contact_id,
            author=AUTHORS[author],
            author_name=name,
            sent_at=sent_at,
            ties=ties,
            **parts._asdict(),
        )
    full_name = f"{text_of(both, 'firstName')} {text_of(both, 'lastName')}".strip()
    name = text_of(both, "fromName", "FROM_NAME") or full_name or text_of(both, "whatsappNickName")
    return InboundMessage(
        line=line,
        external_id=external_id,
        contact_id=contact_id,
        contact_name=name,
        sent_at=sent_at,
        button_payload=text_of(both, "buttonPayload"),
        **parts._asdict(),
    )


def _envelope_status(data: Body) -> Parsed:
    status = STATUSES.get(text_of(data, "status").lower())
    message_id = text_of(data, "messageId")
    ties = tuple(tie for tie in (message_id, *_ties(data)) if tie)
    if status is None:
        return Ignored(Reason.UNKNOWN_STATUS, ties[0] if ties else "")
    if not ties:
        return Ignored(Reason.EMPTY)
    # This shape names no platform: the ids alone must tell.
    kind = PLATFORMS.get(text_of(data, "chatPlatform").lower())
    at = moment_of(data.get("date") or data.get("statusChangeTime") or data.get("creationTime"))
    code, reason = text_of(data, "error"), text_of(data, "reason")
    return StatusReport(SLUG, kind, status, ties, at, message_id, code[:50], reason[:300])


def _flat_status(data: Body) -> Iterator[Parsed]:
    """A customer snapshot, whose `_id_` is the customer's, or the short form of 2019.

    Only the short form names the message in `_id_`; the snapshot names it inside LAST_MESSAGE,
    which may be the customer's own message, and then the status is not about it.
    """
    status = STATUSES.get(text_of(data, "STATUS").lower())
    platform = text_of(data, "CHAT_PLATFORM_ID", "chatPlatform").lower()
    kind = PLATFORMS.get(platform)
    at = moment_of(data.get("STATUS_CHANGE_TIME") or data.get("CREATION_TIME"))
    is_snapshot = any(
        name in data for name in ("LAST_MESSAGE", "BUSINESS_ID", "PLATFORM_CONTACT_ID")
    )
    if status is None:
        yield Ignored(Reason.UNKNOWN_STATUS)
    elif platform and kind is None:
        yield Ignored(Reason.UNKNOWN_PLATFORM)
    elif is_snapshot:
        yield from _snapshot(data, kind, status, at)
    elif ties := tuple(tie for tie in (text_of(data, "_id_", "_id"), *_ties(data)) if tie):
        yield StatusReport(SLUG, kind, status, ties, at, text_of(data, "_id_", "_id"))
    else:
        yield Ignored(Reason.EMPTY)


def _snapshot(
    data: Body, kind: ChannelKind | None, status: Status, at: datetime | None
) -> Iterator[Parsed]:
    found = False
    last = data.get("LAST_MESSAGE")
    if isinstance(last, dict) and text_of(last, "from").lower() in AUTHORS:
        echo = _message(last, {**_only(data, "WHATSAPP_NUMBER", "chatChannelId"), **last})
        yield echo
        if isinstance(echo, EchoMessage):
            found = True
            yield StatusReport(SLUG, kind, status, echo.ties, at, echo.external_id)
    contact = text_of(data, "PLATFORM_CONTACT_ID", "FROM")
    line = _line(data)
    number = line.line if line else ""
    for name, reached in (
        ("USER_LAST_MSG_RECEIVED", Status.DELIVERED),
        ("USER_LAST_MSG_READ", Status.READ),
    ):
        moment = moment_of(data.get(name))
        if moment is not None and contact and kind is not None:
            found = True
            yield Watermark(SLUG, kind, bare_id(kind, contact), reached, moment, number)
    if not found:
        yield Ignored(Reason.EMPTY)


def _line(data: Body) -> Line | None:
    platform = text_of(data, "chatPlatform", "CHAT_PLATFORM_ID").lower()
    kind = PLATFORMS.get(platform)
    if kind is None:
        return None
    reference = text_of(data, "chatChannelId", "CHAT_CHANNEL_ID")
    number = text_of(data, "whatsappNumber", "WHATSAPP_NUMBER", "chatIdInChatPlatform")
    # A channel id is <business>-<platform>-<number or id>, and the last part may hold hyphens.
    tail = reference.split(f"-{platform}-", 1)[-1] if f"-{platform}-" in reference else ""
    if kind is not ChannelKind.WHATSAPP:
        number = tail or ("" if reference else number)
    return Line(SLUG, kind, bare_id(kind, number or tail), reference)


def _ties(data: Body) -> tuple[str, ...]:
    return tuple(value for name in TIES if (value := text_of(data, name)))


def _only(data: Body, *names: str) -> Body:
    return {name: data[name] for name in names if name in data}


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
    parts = json.dumps([text_of(data, name) for name in names])
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()
