"""What a message of the Cloud API is made of."""

from __future__ import annotations

from typing import Any

from provider.adapters.whatsapp.reading import dicts, id_of, part, text
from provider.contracts import Content, Media, Person, Place

Body = dict[str, Any]
FILES = {
    "image": Content.IMAGE,
    "sticker": Content.IMAGE,
    "video": Content.VIDEO,
    "audio": Content.AUDIO,
    "voice": Content.AUDIO,  # what voice notes were called before
    "document": Content.DOCUMENT,
}


def content_of(message: Body) -> dict[str, Any]:
    """The content as arguments of a message. What is not known is shown as such."""
    kind = text(message, "type")
    found = part(message, kind) if kind else {}
    made: dict[str, Any] | None = None
    match kind:
        case "text":
            made = _words(text(found, "body"))
        case _ if kind in FILES:
            made = _file(found, FILES[kind])
        case "location":
            made = _location(found)
        case "contacts":
            people = tuple(_person(card) for card in dicts(message.get("contacts")))
            made = {"text": "", "content": Content.CONTACTS, "people": people} if people else None
        case "interactive":
            made = _tapped(found)
        case "button":
            made = _button(text(found, "text"), text(found, "payload"))
        case "order":
            made = _words(_order(found))
    caption = text(found, "caption")
    return made or {"text": caption, "content": Content.UNSUPPORTED}


def reply_of(message: Body) -> str:
    """The message it answers; a forwarded one has a context without any."""
    return id_of(part(message, "context"), "id")


def _words(words: str) -> dict[str, Any] | None:
    return {"text": words} if words else None


def _file(found: Body, content: Content) -> dict[str, Any] | None:
    source = id_of(found, "id")
    if not source:
        return None
    name, kind = text(found, "filename").strip(), text(found, "mime_type").strip()
    return {
        "text": text(found, "caption"),
        "content": content,
        "media": (Media(content, source, name, kind),),
    }


def _location(found: Body) -> dict[str, Any] | None:
    degrees = found.get("latitude"), found.get("longitude")
    place = Place.at(*degrees, text(found, "name"), text(found, "address"))
    if place is None:
        return None
    return {"text": "", "content": Content.LOCATION, "place": place}


def _person(card: Body) -> Person:
    name = part(card, "name")
    parts = " ".join(filter(None, (text(name, "first_name"), text(name, "last_name"))))
    phones = [id_of(one, "phone") or id_of(one, "wa_id") for one in dicts(card.get("phones"))]
    emails = [text(one, "email") for one in dicts(card.get("emails"))]
    return Person(
        text(name, "formatted_name") or parts,
        tuple(phone for phone in phones if phone),
        tuple(email for email in emails if email),
    )


def _tapped(found: Body) -> dict[str, Any] | None:
    """A button or a row of ours, or a form the customer filled in."""
    for kind in ("button_reply", "list_reply"):
        reply = part(found, kind)
        if reply:
            return _button(text(reply, "title"), id_of(reply, "id"))
    # The values of a form are the company's own; what the customer sees of it is its text.
    return _words(text(part(found, "nfm_reply"), "body"))


def _button(title: str, payload: str) -> dict[str, Any] | None:
    words = title or payload
    return {"text": words, "button_payload": payload} if words else None


def _order(found: Body) -> str:
    """The products somebody asked for, a line each."""
    lines = [text(found, "text").strip()]
    for product in dicts(found.get("product_items")):
        amount, name = id_of(product, "quantity") or "1", id_of(product, "product_retailer_id")
        if name:
            lines.append(f"{amount} × {name}")
    return "\n".join(line for line in lines if line)
