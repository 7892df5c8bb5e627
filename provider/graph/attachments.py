"""What a message is made of: its text and its attachments, of whatever type they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from provider.contracts import Content, Media, Place
from provider.graph.values import Body, inside, listed, word, written

FILES = {
    "image": Content.IMAGE,
    "sticker": Content.IMAGE,
    "audio": Content.AUDIO,
    "video": Content.VIDEO,
    "file": Content.DOCUMENT,
}
# Things of the network that somebody points at: what they are called, and where they are.
SHARES = frozenset(
    {
        "fallback",
        "share",
        "post",
        "ig_post",
        "reel",
        "ig_reel",
        "ig_story",
        "story_mention",
        "template",
        "appointment_booking",
    }
)
HEART = "❤️"


@dataclass(frozen=True, slots=True)
class Parts:
    """A message taken apart. `content` is that of the first file where there are several."""

    content: Content
    text: str = ""
    media: tuple[Media, ...] = ()
    place: Place | None = None


def parts_of(message: Body) -> Parts:
    """Everything there is to show of a message; what cannot be shown is still a message."""
    texts: list[str] = []
    media: list[Media] = []
    places: list[Place] = []
    is_whole = message.get("is_unsupported") is not True
    for attachment in _attachments(message):
        match _read(attachment):
            case Media() as file:
                media.append(file)
            case Place() as place:
                places.append(place)
            case str() as text:
                texts.append(text)
                is_whole = is_whole and word(attachment, "type") in (*SHARES, "like_heart")
    texts.append(word(inside(inside(message, "reply_to"), "story"), "url"))
    text = _joined(written(message, "text"), texts)
    content = _content(media, places, text if is_whole else "")
    return Parts(content, text, tuple(media), places[0] if places else None)


def _joined(own: str, others: list[str]) -> str:
    """What was written, and below it what that does not say already, as of a link it holds."""
    joined = own
    for line in (line for text in others for line in text.split("\n")):
        if line and line not in joined:
            joined = f"{joined}\n{line}" if joined else line
    return joined


def _attachments(message: Body) -> Iterator[Body]:
    for attachment in listed(message, "attachments"):
        yield attachment if isinstance(attachment, dict) else {}


def _content(media: list[Media], places: list[Place], text: str) -> Content:
    if media:
        return media[0].content
    if places:
        return Content.LOCATION
    return Content.TEXT if text else Content.UNSUPPORTED


def _read(attachment: Body) -> Media | Place | str:
    """The file or place it is, or the words that are left of it."""
    kind, payload = word(attachment, "type"), inside(attachment, "payload")
    content, url = FILES.get(kind), word(payload, "url")
    if content is not None and url.startswith(("https://", "http://")):
        return Media(content, url)
    if kind == "location" and (place := _place(attachment, payload)) is not None:
        return place
    if kind == "like_heart":
        return HEART
    return _described(attachment, payload)


def _described(attachment: Body, payload: Body) -> str:
    """What a thing is called and where it is, as far as one is told."""
    named = next((name for part in (payload, attachment) if (name := word(part, "title"))), "")
    addresses = (word(payload, "url"), word(payload, "story_media_url"), word(attachment, "url"))
    return "\n".join(part for part in (named, next(filter(None, addresses), "")) if part)


def _place(attachment: Body, payload: Body) -> Place | None:
    coordinates = inside(payload, "coordinates")
    lat, long = coordinates.get("lat"), coordinates.get("long")
    return Place.at(lat, long, word(attachment, "title"))
