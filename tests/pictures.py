"""Small files of every kind, made here."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image


def png(width: int = 8, height: int = 8) -> bytes:
    return _saved(Image.new("RGB", (width, height), (10, 120, 200)), "PNG")


def jpeg_with_place(width: int = 8, height: int = 8) -> bytes:
    """A photo that says where it was taken."""
    image = Image.new("RGB", (width, height), (200, 120, 10))
    exif = Image.Exif()
    exif[0x010E] = "canary-of-the-camera"
    exif.get_ifd(0x8825)[2] = (25.0, 25.0, 42.0)
    exif.get_ifd(0x8825)[1] = "S"
    return _saved(image, "JPEG", exif=exif)


def gif() -> bytes:
    return _saved(Image.new("P", (4, 4)), "GIF")


def _saved(image: Image.Image, format_: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def huge_png(side: int = 30_000) -> bytes:
    """A few kilobytes that would be gigabytes once drawn."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((side // 8 + 1) * 100))
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


OGG = b"OggS\x00\x02" + bytes(22) + b"\x01\x1e\x01vorbis" + bytes(40)
MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2mp41" + bytes(64)
PDF = b"%PDF-1.4\n1 0 obj\n<< /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>\nendobj\n"
