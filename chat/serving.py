"""Sending a file from the disk, whole or in part, without ever holding it in memory."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import IO

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from chat import files
from chat.models import Attachment
from provider.contracts import Content

# What a browser may show in place, of files whose bytes were looked at; the rest is saved.
SHOWN: dict[str, frozenset[str]] = {
    Content.IMAGE: frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"}),
    Content.AUDIO: frozenset(
        {"audio/aac", "audio/amr", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/wav"}
    ),
    Content.VIDEO: frozenset({"video/mp4", "video/3gpp", "video/webm", "video/quicktime"}),
}
# A file opened by itself runs nothing and loads nothing but itself.
POLICY = (
    "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'"
)
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def may_be_shown(attachment: Attachment) -> bool:
    return attachment.type in SHOWN.get(attachment.content, ())


def send(request: HttpRequest, attachment: Attachment) -> HttpResponseBase:
    """The file of an attachment somebody may see; parts of it where the browser asks for them."""
    if not files.exist(attachment.file):
        raise Http404
    tag = f'"{attachment.file.rpartition("/")[2]}"'
    response: HttpResponseBase
    if request.headers.get("If-None-Match") == tag:
        response = HttpResponse(status=304)
    else:
        response = _body(request, attachment, tag)
        shown = may_be_shown(attachment)
        kind = attachment.type if shown else "application/octet-stream"
        response.headers["Content-Type"] = kind
        disposition = content_disposition_header(not shown, attachment.name or "arquivo")
        response.headers["Content-Disposition"] = str(disposition)
    response.headers["ETag"] = tag
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = POLICY
    # Kept by one person's browser, which asks each time whether they may still see it.
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _body(request: HttpRequest, attachment: Attachment, tag: str) -> HttpResponseBase:
    size = attachment.size or 0
    asked = request.headers.get("Range", "")
    if request.headers.get("If-Range", tag) != tag:
        asked = ""
    part = _part(asked, size)
    is_part, (start, end) = part is not None, part or (0, size)
    if start >= end and is_part:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    if request.method == "HEAD":
        response: HttpResponseBase = HttpResponse(status=206 if is_part else 200)
    else:
        response = streamed(request, attachment.file, start, end)
        response.status_code = 206 if is_part else 200
    response.headers["Content-Length"] = str(end - start)
    if is_part:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return response


def streamed(request: HttpRequest, name: str, start: int, end: int) -> StreamingHttpResponse:
    """These bytes of a stored file, read while they leave."""
    pieces = _Apart if isinstance(request, ASGIRequest) else _InTurn
    return StreamingHttpResponse(pieces(name, start, end))


def _part(asked: str, size: int) -> tuple[int, int] | None:
    """From where to where (exclusive); None, the whole, for several parts at once or nonsense."""
    found = _RANGE.fullmatch(asked.strip())
    if not found or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last) + 1 if last else size, size)


class _Pieces:
    """A part of a file bit by bit; opened once somebody reads, closed when they stop."""

    def __init__(self, name: str, start: int, end: int) -> None:
        self.name, self.start, self.left = name, start, end - start

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        with files.open(self.name) as source:
            source.seek(self.start)
            yield source

    def next_piece(self, source: IO[bytes]) -> bytes:
        piece = source.read(min(files.PIECE, self.left))
        self.left -= len(piece)
        return piece


class _InTurn(_Pieces):
    def __iter__(self) -> Iterator[bytes]:
        with self.opened() as source:
            while piece := self.next_piece(source):
                yield piece


class _Apart(_Pieces):
    """Under ASGI Django gathers a plain iterator whole before it sends the first byte."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        following = sync_to_async(self.next_piece, thread_sensitive=False)
        with self.opened() as source:
            while piece := await following(source):
                yield piece
