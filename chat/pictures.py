"""Pictures without what their camera wrote about the place, the owner and the time.

The image itself is copied as it is: it is not decoded, so it neither loses quality nor fills the
memory. What follows the end of a picture is left out, too.
"""

from __future__ import annotations

import itertools
import re
import struct
import warnings
from collections.abc import Generator, Iterator
from typing import IO

from PIL import Image

MOST_PIXELS = 80_000_000
# Many times what a real one of 100 MB has; each takes time, and some memory.
MOST_PARTS = 100_000
PIECE = 64 * 1024
_PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT bKGD pHYs acTL fcTL fdAT cICP".split()
)
_WEBP_TOLD = (b"EXIF", b"XMP ")
_WEBP_FLAGS = 0x08 | 0x04
# Photos that may say where they were taken, and from which that is not taken out here.
TELLING = frozenset({"image/tiff", "image/heif"})
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}
# A byte after 0xFF that ends the picture's data: not a stuffed zero, a restart or filling.
_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_ORIENTATION = 0x0112


class BadPicture(ValueError):
    """It is cut off, or not the picture it begins as."""


class TooManyPixels(BadPicture):
    """Whoever shows it would need more memory than they have."""


def check(source: IO[bytes], type_: str) -> None:
    """Whether a picture opens as what it is and is not too large to show. Raises BadPicture."""
    if type_ not in _FORMATS:
        return
    source.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(source, formats=(_FORMATS[type_],))
    except Image.DecompressionBombError as error:
        raise TooManyPixels from error
    except (OSError, ValueError, SyntaxError) as error:
        raise BadPicture from error
    if image.width * image.height > MOST_PIXELS:
        raise TooManyPixels


def without_metadata(source: IO[bytes], type_: str) -> Iterator[bytes]:
    """The file in pieces, a photo without its metadata. Raises BadPicture on the way.

    Not of the types in `TELLING`, whose metadata is woven into the picture.
    """
    source.seek(0)
    if type_ == "image/jpeg":
        yield from _jpeg(source)
    elif type_ == "image/png":
        yield from _png(source)
    elif type_ == "image/webp":
        yield from _webp(source)
    else:
        while piece := source.read(PIECE):
            yield piece


def _exactly(source: IO[bytes], length: int) -> bytes:
    found = source.read(length)
    if len(found) != length:
        raise BadPicture("cut off")
    return found


def _parts() -> Iterator[None]:
    """One for each part a picture may have. Raises BadPicture at the end."""
    yield from itertools.repeat(None, MOST_PARTS)
    raise BadPicture("too many parts")


def _png(source: IO[bytes]) -> Iterator[bytes]:
    yield _exactly(source, 8)
    kind, parts = b"", _parts()
    while kind != b"IEND":
        next(parts)
        head = _exactly(source, 8)
        left, kind = struct.unpack(">I", head[:4])[0] + 4, head[4:]  # with its check sum
        if kind in _PNG_KEPT:
            yield head
        while left:
            piece = _exactly(source, min(left, PIECE))
            left -= len(piece)
            if kind in _PNG_KEPT:
                yield piece


def _webp(source: IO[bytes]) -> Iterator[bytes]:
    head = _exactly(source, 12)
    end = min(8 + struct.unpack("<I", head[4:8])[0], source.seek(0, 2))
    pieces, at, parts = [], 12, _parts()
    while at + 8 <= end:
        next(parts)
        source.seek(at)
        kind, size = struct.unpack("<4sI", _exactly(source, 8))
        length = 8 + size + size % 2
        if at + 8 + size > end:
            raise BadPicture("cut off")
        if kind not in _WEBP_TOLD:
            pieces.append((at, length))
        at += length
    yield head[:4] + struct.pack("<I", 4 + sum(length for _at, length in pieces)) + head[8:]
    for at, length in pieces:
        source.seek(at)
        first = source.read(min(length, PIECE)).ljust(min(length, PIECE), b"\0")
        if first.startswith(b"VP8X"):  # which says what else there is
            first = first[:8] + bytes((first[8] & ~_WEBP_FLAGS,)) + first[9:]
        yield first
        left = length - len(first)
        while left:
            piece = _exactly(source, min(left, PIECE))
            left -= len(piece)
            yield piece


def _jpeg(source: IO[bytes]) -> Iterator[bytes]:
    yield _exactly(source, 2)
    marker, parts = _next_marker(source), _parts()
    while marker != 0xD9:
        next(parts)
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            raise BadPicture("out of place")
        length = _exactly(source, 2)
        size = struct.unpack(">H", length)[0]
        if size < 2:
            raise BadPicture("too short")
        body = _exactly(source, size - 2)
        yield from _segment(marker, length, body)
        if marker == 0xDA:
            marker = yield from _scan(source)
        else:
            marker = _next_marker(source)
    yield b"\xff\xd9"


def _next_marker(source: IO[bytes]) -> int:
    if _exactly(source, 1) != b"\xff":
        raise BadPicture("no marker")
    while (found := _exactly(source, 1)) == b"\xff":
        pass
    return found[0]


def _segment(marker: int, length: bytes, body: bytes) -> Iterator[bytes]:
    """A segment as it is, unless it is about the picture and not of it."""
    if marker == 0xE1:
        turned = _orientation(body)
        if turned != 1:
            yield _exif(turned)
        return
    is_about = 0xE3 <= marker <= 0xED or marker in (0xEF, 0xFE)
    is_other = marker == 0xE2 and not body.startswith(b"ICC_PROFILE\x00")
    is_preview = marker == 0xE0 and not body.startswith(b"JFIF\x00")
    if not (is_about or is_other or is_preview):
        yield bytes((0xFF, marker)) + length + body


def _scan(source: IO[bytes]) -> Generator[bytes, None, int]:
    """The compressed data up to the next marker, which is answered."""
    kept = b""
    while True:
        piece = source.read(PIECE)
        if not piece:
            raise BadPicture("cut off")
        data = kept + piece
        found = _MARKER.search(data)
        if found:
            yield data[: found.start()]
            source.seek(found.end() - len(data), 1)
            return int(found[1][0])
        # The marker may be split between two pieces.
        kept = data[-1:] if data.endswith(b"\xff") else b""
        yield data[: len(data) - len(kept)]


def _orientation(body: bytes) -> int:
    """How the camera was held, which is the one thing a viewer needs of all this; else 1."""
    tiff = body[6:]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if not body.startswith(b"Exif\x00\x00") or order is None:
        return 1
    try:
        at = struct.unpack_from(f"{order}I", tiff, 4)[0]
        count = struct.unpack_from(f"{order}H", tiff, at)[0]
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            if struct.unpack_from(f"{order}H", tiff, entry)[0] == _ORIENTATION:
                value: int = struct.unpack_from(f"{order}H", tiff, entry + 8)[0]
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def _exif(orientation: int) -> bytes:
    """An Exif segment that says nothing but this."""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, orientation, 0)
    tiff = b"MM\x00\x2a" + struct.pack(">I", 8) + struct.pack(">H", 1) + entry + bytes(4)
    body = b"Exif\x00\x00" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
