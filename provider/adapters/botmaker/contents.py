"""What a message of Botmaker's is made of: text, files, a place, people."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from provider.adapters.botmaker.reading import Body, text_of
from provider.contracts import Content, Media, Person, Place

FILES = {
    "image": Content.IMAGE,
    "audio": Content.AUDIO,
    "video": Content.VIDEO,
    "file": Content.DOCUMENT,
}
LONGEST_ADDRESS = 4000
LONGEST_NAME = 200


class Parts(NamedTuple):
    content: Content
    text: str = ""
    media: tuple[Media, ...] = ()
    place: Place | None = None
    people: tuple[Person, ...] = ()


def parts_of(message: Body) -> Parts:
    """The text is the caption where there are files; what cannot be read is unsupported."""
    text = text_of(message, "message", "MESSAGE", "buttonName")
    media = tuple(_files(message))
    if media:
        caption = text_of(message, "caption", "message", "MESSAGE")
        return Parts(media[0].content, caption, media)
    if place := _place(message.get("location")):
        return Parts(Content.LOCATION, text, place=place)
    if people := tuple(_people(message.get("contacts"))):
        return Parts(Content.CONTACTS, text, people=people)
    if not text:
        return Parts(Content.UNSUPPORTED, text_of(message, "caption"))
    return Parts(Content.TEXT, text)


def _files(message: Body) -> Iterator[Media]:
    for key, content in FILES.items():
        if address := _address(message.get(key)):
            yield Media(content, address, file_name(address))
    several = message.get("IMAGES_URLS")
    seen = {_address(message.get("image"))}
    for value in several if isinstance(several, list) else [several]:
        if (address := _address(value)) and address not in seen:
            seen.add(address)
            yield Media(Content.IMAGE, address, file_name(address))


def _address(value: object) -> str:
    """An address on the web; nothing where it is none. Whether it may be fetched is not asked."""
    if not isinstance(value, str):
        return ""
    address = value.strip()
    if not address.lower().startswith(("https://", "http://")):
        return ""
    is_plain = address.isprintable() and len(address) <= LONGEST_ADDRESS
    return address if is_plain and " " not in address else ""


def file_name(address: str) -> str:
    """The last part of the path, as people would call the file."""
    try:
        last = urlsplit(address).path.rsplit("/", 1)[-1]
    except ValueError:
        return ""
    # The part may hold an encoded slash; that too ends a folder.
    name = unquote(last).replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in name if c.isprintable()).strip()[:LONGEST_NAME]


def _place(value: object) -> Place | None:
    if not isinstance(value, dict):
        return None
    latitude, longitude = (_degrees(value.get(name)) for name in ("latitude", "longitude"))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    name, address = (text_of(value, key)[:LONGEST_NAME] for key in ("name", "address"))
    return Place(latitude, longitude, name, address)


def _degrees(value: object) -> float | None:
    """A finite number, also one written as text, with a decimal comma too."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value.strip()[:30].replace(",", ".") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _people(value: object) -> Iterator[Person]:
    """Cards in Meta's shape; one that says nothing is left out."""
    for card in value if isinstance(value, list) else [value]:
        if not isinstance(card, dict):
            continue
        phones = _ways(card.get("phones"), "phone", "wa_id")
        emails = _ways(card.get("emails"), "email")
        name = _name(card.get("name")) or text_of(_object(card.get("org")), "company")
        if name or phones or emails:
            yield Person(name[:LONGEST_NAME], phones, emails)


def _name(value: object) -> str:
    if isinstance(value, str):
        return text_of({"name": value}, "name")
    name = _object(value)
    whole = f"{text_of(name, 'first_name')} {text_of(name, 'last_name')}".strip()
    return text_of(name, "formatted_name") or whole


def _ways(value: object, *keys: str) -> tuple[str, ...]:
    rows = value if isinstance(value, list) else []
    texts = (text_of(_object(row), *keys)[:LONGEST_NAME] for row in rows)
    return tuple(text for text in texts if text)


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
