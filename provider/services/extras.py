"""What goes out besides text, as a delivery keeps it: plain JSON, no secret and no link."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from provider.adapter import Adapter
from provider.contracts import (
    Cause,
    Choice,
    Content,
    Credentials,
    Extra,
    OutboundFile,
    OutboundMessage,
    OutboundTemplate,
    Person,
    Place,
)
from provider.errors import RejectedError


def packed(message: OutboundMessage) -> dict[str, Any]:
    """The parts of a message that are there; nothing for a plain text."""
    found: dict[str, Any] = {}
    if message.file is not None:
        found["file"] = {**asdict(message.file), "url": ""}
    if message.template is not None:
        found["template"] = asdict(message.template)
    if message.choices:
        found["choices"] = [asdict(choice) for choice in message.choices]
    if message.place is not None:
        found["place"] = asdict(message.place)
    if message.people:
        found["people"] = [asdict(person) for person in message.people]
    if message.reply_to:
        found["reply_to"] = message.reply_to
    return found


def unpacked(extra: dict[str, Any]) -> dict[str, Any]:
    """The same parts as arguments of `OutboundMessage`."""
    found: dict[str, Any] = {}
    if file := extra.get("file"):
        found["file"] = OutboundFile(**{**file, "content": Content(file["content"])})
    if template := extra.get("template"):
        found["template"] = OutboundTemplate(**template)
    if choices := extra.get("choices"):
        found["choices"] = tuple(Choice(**choice) for choice in choices)
    if place := extra.get("place"):
        found["place"] = Place(**place)
    if people := extra.get("people"):
        found["people"] = tuple(
            Person(person["name"], tuple(person["phones"]), tuple(person["emails"]))
            for person in people
        )
    if reply_to := extra.get("reply_to"):
        found["reply_to"] = reply_to
    return found


def check(message: OutboundMessage, adapter: Adapter, credentials: Credentials) -> None:
    """Raises RejectedError for what the adapter would leave out, as after a change of settings."""
    there = {Extra.LOCATION: message.place is not None, Extra.CONTACTS: bool(message.people)}
    for extra in (extra for extra, is_there in there.items() if is_there):
        if extra not in adapter.carries(message.line.kind, credentials):
            raise RejectedError(f"{adapter.label} takes no {extra} here", cause=Cause.CONTENT)
