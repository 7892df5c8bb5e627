"""A file that has come in: what it really is, and keeping it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, NamedTuple

from chat import file_names, files, pictures, sniffing
from provider.contracts import Content
from provider.errors import RejectedError

UNKNOWN_TYPE = "application/octet-stream"
_FAMILIES = (Content.IMAGE, Content.AUDIO, Content.VIDEO)


class Arrived(NamedTuple):
    """Values of an `Attachment`. The content is what it may be shown as, by its real type."""

    file: str
    size: int
    type: str
    content: Content
    name: str


def keep(source: IO[bytes], *, key: str, name: str, said: str) -> Arrived:
    """Look at a file and store it under its key. Raises RejectedError, or OSError from the disk.

    `said` is the type its host claims; it counts only where it says there is no file at all.
    """
    source.seek(0)
    head = source.read(sniffing.HEAD)
    if said.startswith("application/json") and b"No file found" in head[:500]:
        raise RejectedError("its host has it no more", code="gone")
    type_ = sniffing.type_of(head, file_names.clean(name)) if head else ""
    if type_ in (sniffing.UNKNOWN, sniffing.ACTIVE):
        type_ = UNKNOWN_TYPE
    content, pieces = _shown_as(source, type_)
    try:
        file, size = files.store_for(key, pieces)
    except pictures.BadPicture:
        content = Content.DOCUMENT
        file, size = files.store_for(key, _whole(source))
    named = file_names.clean(name) if name else content.value
    return Arrived(file, size, type_, content, _ended(named, type_))


def _shown_as(source: IO[bytes], type_: str) -> tuple[Content, Iterator[bytes]]:
    """As what people see it, and its bytes: without what a camera wrote about where it was."""
    family = type_.partition("/")[0]
    if family not in _FAMILIES:
        return Content.DOCUMENT, _whole(source)
    if family != Content.IMAGE:
        return Content(family), _whole(source)
    try:
        pictures.check(source, type_)
    except pictures.BadPicture:
        return Content.DOCUMENT, _whole(source)
    return Content.IMAGE, pictures.without_metadata(source, type_)


def _whole(source: IO[bytes]) -> Iterator[bytes]:
    source.seek(0)
    while piece := source.read(files.PIECE):
        yield piece


def _ended(name: str, type_: str) -> str:
    """With an ending that says what it is, where that is known and the name says otherwise."""
    if type_ == UNKNOWN_TYPE:
        return name
    return file_names.with_ending(name, sniffing.ENDINGS.get(type_, ()))
