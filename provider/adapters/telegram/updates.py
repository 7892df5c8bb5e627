"""What Telegram's updates mean. Each webhook is one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from provider.contracts import (
    ChannelKind,
    Content,
    Ignored,
    InboundMessage,
    Line,
    Media,
    Parsed,
    Person,
    Place,
    Reason,
    storable,
)

Body = dict[str, Any]
LINE = Line("telegram", ChannelKind.TELEGRAM)
# What is put before the id of a tapped button, which is no message.
QUERY = "callback:"
# A bot may fetch files up to this size.
LARGEST = 20 * 1024 * 1024
# Updates that are understood and ask for nothing.
NOTHING_TO_DO = {
    "edited_message": Reason.EDITED,
    "message_reaction": Reason.REACTION,
    "message_reaction_count": Reason.REACTION,
    "my_chat_member": Reason.NOTICE,
    "chat_member": Reason.NOTICE,
}
# An animation is also a document, so it comes first.
FILES = {
    "animation": (Content.VIDEO, "video/mp4"),
    "video": (Content.VIDEO, "video/mp4"),
    "video_note": (Content.VIDEO, "video/mp4"),
    "voice": (Content.AUDIO, "audio/ogg"),
    "audio": (Content.AUDIO, "audio/mpeg"),
    "document": (Content.DOCUMENT, ""),
}


def item(data: Body) -> Parsed:
    """The one thing an update says."""
    name = f"update:{_id(data, 'update_id')}"
    if "message" in data:
        message = data["message"]
        return _message(message, name) if isinstance(message, dict) else _nothing(name)
    if "callback_query" in data:
        query = data["callback_query"]
        return _tapped(query, name) if isinstance(query, dict) else _nothing(name)
    reason = next((reason for kind, reason in NOTHING_TO_DO.items() if kind in data), None)
    return Ignored(reason or Reason.UNKNOWN_KIND, name)


def _nothing(name: str) -> Ignored:
    return Ignored(Reason.EMPTY, name)


def _message(message: Body, name: str) -> Parsed:
    chat, sender = _part(message, "chat"), _part(message, "from")
    chat_id, message_id = _id(chat, "id"), _id(message, "message_id")
    if not message_id:
        return _nothing(name)
    if not chat_id:
        return Ignored(Reason.NO_SENDER, name)
    if chat.get("type", "private") != "private":
        return Ignored(Reason.UNKNOWN_KIND, name)
    if sender.get("is_bot") is True:
        return Ignored(Reason.OWN_NUMBER, name)
    answered = _id(_part(message, "reply_to_message"), "message_id")
    return InboundMessage(
        LINE,
        external_id=f"{chat_id}:{message_id}",
        contact_id=chat_id,
        contact_name=_name(sender) or _name(chat),
        sent_at=moment(message.get("date")),
        reply_to=f"{chat_id}:{answered}" if answered else "",
        **_content(message),
    )


def _content(message: Body) -> dict[str, Any]:
    """What it is made of. Whatever is not known is shown as such, never left out."""
    text = _text(message, "text")
    if text:
        return {"text": text}
    media = next(_media(message), None)
    if media is not None:
        return {
            "text": _text(message, "caption"), "content": media.content, "media": (media,),
        }  # fmt: skip
    place = _place(message)
    if place is not None:
        return {"text": "", "content": Content.LOCATION, "place": place}
    card = _part(message, "contact")
    if card:
        phone = _text(card, "phone_number")
        person = Person(_name(card), phones=(phone,) if phone else ())
        return {"text": "", "content": Content.CONTACTS, "people": (person,)}
    return {"text": _text(message, "caption"), "content": Content.UNSUPPORTED}


def _media(message: Body) -> Iterator[Media]:
    sizes = message.get("photo")
    photo = _largest(sizes if isinstance(sizes, list) else [])
    if photo:
        yield _file(photo, Content.IMAGE, "image/jpeg")
    for name, (content, usual) in FILES.items():
        found = _part(message, name)
        if _text(found, "file_id"):
            yield _file(found, content, usual)
    sticker = _part(message, "sticker")
    if _text(sticker, "file_id"):
        if sticker.get("is_animated") is True:  # drawn by the app alone: a file to people here
            yield _file(sticker, Content.DOCUMENT, "application/x-tgsticker")
        elif sticker.get("is_video") is True:
            yield _file(sticker, Content.VIDEO, "video/webm")
        else:
            yield _file(sticker, Content.IMAGE, "image/webp")


def _largest(sizes: list[Any]) -> Body:
    """The largest that can be fetched; they come in growing order."""
    known = [one for one in sizes if isinstance(one, dict) and _text(one, "file_id")]
    fitting = [one for one in known if (_size(one) or 0) <= LARGEST]
    return fitting[-1] if fitting else {}


def _file(found: Body, content: Content, usual: str) -> Media:
    return Media(
        content,
        _text(found, "file_id"),
        name=_text(found, "file_name"),
        type=_text(found, "mime_type") or usual,
        size=_size(found),
    )


def _size(found: Body) -> int | None:
    size = found.get("file_size")
    is_count = isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 2**62
    return size if is_count else None


def _place(message: Body) -> Place | None:
    venue = _part(message, "venue")
    where = _part(message, "location") or _part(venue, "location")
    degrees = where.get("latitude"), where.get("longitude")
    return Place.at(*degrees, _text(venue, "title"), _text(venue, "address"))


def _tapped(query: Body, name: str) -> Parsed:
    """A button: what the customer reads on it, and our id of it."""
    message, sender = _part(query, "message"), _part(query, "from")
    chat = _part(message, "chat")
    query_id, payload = _id(query, "id"), _text(query, "data")
    contact_id = _id(chat, "id") or _id(sender, "id")
    if not query_id or not payload:
        return _nothing(name)
    if not contact_id:
        return Ignored(Reason.NO_SENDER, name)
    if chat.get("type", "private") != "private":
        return Ignored(Reason.UNKNOWN_KIND, name)
    message_id = _id(message, "message_id")
    return InboundMessage(
        LINE,
        external_id=f"{QUERY}{query_id}",
        contact_id=contact_id,
        contact_name=_name(sender),
        text=_title(message, payload) or payload,
        sent_at=None,  # the date is that of the message with the buttons
        button_payload=payload,
        reply_to=f"{contact_id}:{message_id}" if message_id else "",
    )


def query_of(external_id: str) -> str:
    """Telegram's id of the tapped button this message stands for; empty where it is none."""
    return external_id.removeprefix(QUERY) if external_id.startswith(QUERY) else ""


def _title(message: Body, payload: str) -> str:
    rows = _part(message, "reply_markup").get("inline_keyboard")
    for row in rows if isinstance(rows, list) else []:
        for button in row if isinstance(row, list) else []:
            if isinstance(button, dict) and _text(button, "callback_data") == payload:
                return _text(button, "text")
    return ""


def _part(data: Body, name: str) -> Body:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def _text(data: Body, name: str) -> str:
    value = data.get(name)
    text = storable(value) if isinstance(value, str) else ""
    return text if text.strip() else ""


def _id(data: Body, name: str) -> str:
    value = data.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**62:
        return str(value)
    return _text(data, name).strip()


def _name(person: Body) -> str:
    names = (_text(person, "first_name").strip(), _text(person, "last_name").strip())
    return " ".join(name for name in names if name) or _text(person, "username").strip()


def moment(value: object) -> datetime | None:
    """Seconds, as a number."""
    if isinstance(value, bool) or not isinstance(value, int) or not 10**9 <= value < 10**11:
        return None
    return datetime.fromtimestamp(value, UTC)
