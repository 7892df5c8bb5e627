"""What the Cloud API's webhooks mean: batches of messages, echoes, statuses and notices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provider.adapters.whatsapp import answers
from provider.adapters.whatsapp.contents import content_of, reply_of
from provider.adapters.whatsapp.reading import dicts, id_of, moment, part, text
from provider.channels import bare_id
from provider.contracts import (
    ChannelKind,
    EchoMessage,
    Ignored,
    InboundMessage,
    Line,
    Parsed,
    PersonMoved,
    Reason,
    Status,
    StatusReport,
)

Body = dict[str, Any]
SLUG = "whatsapp"
KIND = ChannelKind.WHATSAPP
STATUSES = {
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    "played": Status.READ,
    "failed": Status.FAILED,
}
# Kinds of messages that show nothing new of what the customer wrote.
NOTHING_TO_DO = {
    "reaction": Reason.REACTION,
    "edit": Reason.EDITED,
    "revoke": Reason.EDITED,
    "request_welcome": Reason.NOTICE,
}

# System messages that say that somebody is known by other ids; the second is an older word.
MOVES = ("user_changed_number", "customer_changed_number", "user_changed_user_id")


def items(data: Body) -> Iterator[Parsed]:
    """Every item of every change of every entry; a body without any says why it asks nothing."""
    if data.get("object") != "whatsapp_business_account":
        yield Ignored(Reason.UNKNOWN_KIND)
        return
    is_empty = True
    for entry in dicts(data.get("entry")):
        for change in dicts(entry.get("changes")):
            for item in _of_change(change):
                is_empty = False
                yield item
    if is_empty:
        yield Ignored(Reason.EMPTY)


def _of_change(change: Body) -> Iterator[Parsed]:
    field, value = text(change, "field"), part(change, "value")
    if field not in ("messages", "smb_message_echoes"):
        yield Ignored(Reason.NOTICE if field else Reason.UNKNOWN_KIND, field)
        return
    line, people = _line(value), dicts(value.get("contacts"))
    for message in dicts(value.get("messages")):
        yield _message(message, line, people)
    for message in dicts(value.get("message_echoes")):
        yield _echo(message, line)
    for status in dicts(value.get("statuses")):
        yield _status(status, line)
    for error in dicts(value.get("errors")):
        yield Ignored(Reason.NOTICE, id_of(error, "code"))


def _line(value: Body) -> Line:
    metadata = part(value, "metadata")
    number = bare_id(KIND, text(metadata, "display_phone_number"))
    return Line(SLUG, KIND, number, id_of(metadata, "phone_number_id"))


def _message(message: Body, line: Line, people: list[Body]) -> Parsed:
    message_id, kind = id_of(message, "id"), text(message, "type")
    if kind in NOTHING_TO_DO:
        return Ignored(NOTHING_TO_DO[kind], message_id)
    if kind == "system":
        return _moved(message, line)
    if not message_id:
        return Ignored(Reason.EMPTY)
    phone, user = id_of(message, "from"), id_of(message, "from_user_id")
    contact_id = bare_id(KIND, phone) or user
    if not contact_id:
        return Ignored(Reason.NO_SENDER, message_id)
    if message.get("group_id"):
        return Ignored(Reason.UNKNOWN_KIND, message_id)
    return InboundMessage(
        line,
        message_id,
        contact_id,
        _name(people, {phone, user} - {""}),
        sent_at=moment(message.get("timestamp")),
        reply_to=reply_of(message),
        aliases=_aliases(contact_id, user),
        **content_of(message),
    )


def _aliases(contact_id: str, user: str) -> tuple[str, ...]:
    return (user,) if user and user != contact_id else ()


def _moved(message: Body, line: Line) -> Parsed:
    """A customer has another number, or another id in place of it; the rest is only told."""
    system, message_id = part(message, "system"), id_of(message, "id")
    phone, user = bare_id(KIND, id_of(message, "from")), id_of(message, "from_user_id")
    phone = "" if phone == user else phone
    new_phone, new_user = bare_id(KIND, id_of(system, "wa_id")), id_of(system, "user_id")
    old_user = id_of(system, "previous_user_id") or user
    pairs = ((phone, new_phone), (old_user, new_user))
    gone = tuple(old for old, new in pairs if old and new and old != new)
    ids = tuple(new or old for old, new in pairs if new or old)
    is_news = text(system, "type") in MOVES and len({*gone, *ids}) > 1
    if not is_news or not message_id:
        return Ignored(Reason.NOTICE, message_id)
    return PersonMoved(line, message_id, gone, ids)


def _name(people: list[Body], ids: set[str]) -> str:
    """Who wrote, found by their ids: the two lists are not in the same order."""
    for person in people:
        if ids & {id_of(person, "wa_id"), id_of(person, "user_id")}:
            profile = part(person, "profile")
            return text(profile, "name").strip() or text(profile, "username").strip()
    return ""


def _echo(message: Body, line: Line) -> Parsed:
    """Written on the app of the company's phone."""
    message_id, kind = id_of(message, "id"), text(message, "type")
    if kind in NOTHING_TO_DO:
        return Ignored(NOTHING_TO_DO[kind], message_id)
    user = id_of(message, "to_user_id")
    contact_id = bare_id(KIND, id_of(message, "to")) or user
    if not message_id or not contact_id:
        return Ignored(Reason.NO_SENDER, message_id)
    content = content_of(message)
    content.pop("button_payload", None)
    return EchoMessage(
        line,
        message_id,
        contact_id,
        author="agent",
        author_name="",
        sent_at=moment(message.get("timestamp")),
        ties=(message_id,),
        reply_to=reply_of(message),
        aliases=_aliases(contact_id, user),
        **content,
    )


def _status(status: Body, line: Line) -> Parsed:
    message_id = id_of(status, "id")
    known = STATUSES.get(text(status, "status"))
    if not message_id:
        return Ignored(Reason.EMPTY)
    if known is None:
        return Ignored(Reason.UNKNOWN_STATUS, message_id)
    error = next(iter(dicts(status.get("errors"))), {})
    code = answers.code_of(error)
    ours = text(status, "biz_opaque_callback_data")
    return StatusReport(
        SLUG,
        KIND,
        known,
        tuple(tie for tie in (message_id, ours) if tie),
        moment(status.get("timestamp")),
        message_id=message_id,
        code="" if code is None else str(code),
        detail=answers.explained(error),
        cause=None if code is None else answers.cause_of(code),
        line_reference=line.reference,
    )
