"""What a message holds besides text: how it is kept with the row, and its words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from provider.contracts import Content, EchoMessage, InboundMessage, Media, Person, Place

# Of one message, whoever hands it over: far more than people send, and no more than a page holds.
MOST_FILES = 30
MOST_PEOPLE = 50
MOST_WAYS = 10  # telephones, or e-mails, of one person
LONGEST_WAY = 200  # characters, of a name as well


def packed(event: InboundMessage | EchoMessage) -> dict[str, Any]:
    """A place or people as plain values for `Message.data`, and how much of it is not kept."""
    found = described(event.place, _people(event))
    if count := _left_out(event):
        found["left_out"] = count
    return found


def described(place: Place | None, people: Iterable[Person]) -> dict[str, Any]:
    """The same of what goes out."""
    found: dict[str, Any] = {}
    if place is not None:
        found["place"] = asdict(place)
    cards = [
        {**asdict(person), "phones": list(person.phones), "emails": list(person.emails)}
        for person in people
    ]
    return {**found, "people": cards} if cards else found


def files_of(event: InboundMessage | EchoMessage) -> tuple[Media, ...]:
    """The files of a message that are fetched."""
    return event.media[:MOST_FILES]


def _people(event: InboundMessage | EchoMessage) -> list[Person]:
    return [
        Person(person.name[:LONGEST_WAY], _ways(person.phones), _ways(person.emails))
        for person in event.people[:MOST_PEOPLE]
    ]


def _ways(ways: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(way[:LONGEST_WAY] for way in ways[:MOST_WAYS])


def _left_out(event: InboundMessage | EchoMessage) -> int:
    """How many files, people, and ways to those who are kept, came above what is kept."""
    count = len(event.media[MOST_FILES:]) + len(event.people[MOST_PEOPLE:])
    for person in event.people[:MOST_PEOPLE]:
        count += len(person.phones[MOST_WAYS:]) + len(person.emails[MOST_WAYS:])
    return count


def left_out_of(data: dict[str, Any]) -> str:
    """What a message says of what is not kept of it; nothing where all is."""
    if not (count := data.get("left_out")):
        return ""
    return _("[not everything is kept: %(count)d more came with it]") % {"count": count}


def place_of(data: dict[str, Any]) -> Place | None:
    place = data.get("place")
    return None if place is None else Place(**place)


def people_of(data: dict[str, Any]) -> list[Person]:
    return [
        Person(person["name"], tuple(person["phones"]), tuple(person["emails"]))
        for person in data.get("people", ())
    ]


def words_of(event: InboundMessage | EchoMessage) -> str:
    """The message in words, a place and people too: what lists, REST and the bot go by."""
    lines = _lines(event.place, _people(event))
    if event.text.strip() or not lines:
        lines.append(event.text)
    with translation.override(settings.LANGUAGE_CODE):
        lines.append(left_out_of(packed(event)))
    return "\n".join(filter(None, lines))


def words_in(data: dict[str, Any]) -> str:
    """The same of what goes out: a place or people in words."""
    return "\n".join(_lines(place_of(data), people_of(data)))


def _lines(place: Place | None, people: Iterable[Person]) -> list[str]:
    lines: list[str] = []
    if place is not None:
        lines += [line for line in (place.name, place.address) if line]
        lines.append(coordinates(place))
    for person in people:
        lines.append(", ".join(filter(None, (person.name, *person.phones, *person.emails))))
    return lines


def content_of(data: dict[str, Any]) -> Content:
    """What a message without a file is made of."""
    if "place" in data:
        return Content.LOCATION
    return Content.CONTACTS if "people" in data else Content.TEXT


def coordinates(place: Place) -> str:
    """Degrees as maps take them: a point for decimals, whatever the language."""
    return f"{place.latitude:.6f}, {place.longitude:.6f}"


def kind(content: str) -> str:
    """The kind of a message, in the reader's language."""
    return _KINDS[content]() if content in _KINDS else ""


def preview(content: str) -> str:
    """The kind of a message without words, for the list; kept, so in the usual language."""
    with translation.override(settings.LANGUAGE_CODE):
        return kind(content)


def placeholder(content: str) -> str:
    """What stands in a bubble that has nothing else to show."""
    return _PLACEHOLDERS.get(content, _PLACEHOLDERS[Content.UNSUPPORTED])()


_KINDS: dict[str, Callable[[], str]] = {
    Content.IMAGE: lambda: _("Image"),
    Content.AUDIO: lambda: _("Audio"),
    Content.VIDEO: lambda: _("Video"),
    Content.DOCUMENT: lambda: _("Document"),
    Content.LOCATION: lambda: _("Location"),
    Content.CONTACTS: lambda: _("Contact card"),
    Content.UNSUPPORTED: lambda: _("Content that cannot be shown here"),
}
_PLACEHOLDERS: dict[str, Callable[[], str]] = {
    Content.IMAGE: lambda: _("[image]"),
    Content.AUDIO: lambda: _("[audio]"),
    Content.VIDEO: lambda: _("[video]"),
    Content.DOCUMENT: lambda: _("[document]"),
    "file": lambda: _("[document]"),  # as rows of earlier releases say
    Content.LOCATION: lambda: _("[location]"),
    Content.CONTACTS: lambda: _("[contact]"),
    Content.UNSUPPORTED: lambda: _("[content this channel does not hand over]"),
}
