"""Files of each kind, small and real enough for what looks at them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

from PIL import Image, TiffImagePlugin

MP4 = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41" + bytes(64)
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
OGG = b"OggS\x00\x02" + bytes(22) + b"OpusHead" + bytes(40)
MP3 = b"ID3\x03\x00\x00\x00\x00\x00\x00" + bytes(64)
# A second of a picture that moves, in H.264.
FILM = Path(__file__).with_name("film.mp4").read_bytes()
# A second of silence: frames of MPEG-1 layer III at 128 kbit/s and 44.1 kHz.
SILENCE = b"\xff\xfb\x90\x00".ljust(417, b"\x00") * 39
XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def picture(kind: str = "PNG", size: tuple[int, int] = (32, 24)) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, kind)
    return out.getvalue()


def photo(orientation: int = 6) -> bytes:
    """A JPEG as a telephone takes it: turned, and with the place in it."""
    image = Image.linear_gradient("L").resize((64, 32)).convert("RGB")
    exif = image.getexif()
    exif[0x0112] = orientation
    exif[0x010F] = "Camera of Somebody"
    exif.get_ifd(0x8825).update({1: "S", 2: (TiffImagePlugin.IFDRational(23), 33, 1)})
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=b"a comment")
    return out.getvalue()


def webp_with_place() -> bytes:
    """A WebP with Exif and XMP about where it was made."""
    image = Image.linear_gradient("L").resize((64, 32)).convert("RGB")
    exif = image.getexif()
    exif[0x010F] = "GPS of Somebody"
    out = io.BytesIO()
    image.save(out, "WEBP", exif=exif, xmp=b"<x:xmpmeta>GPS</x:xmpmeta>", lossless=True)
    return out.getvalue()


def png_with_place() -> bytes:
    """A PNG with text and Exif about where it was made."""
    plain = picture("PNG")
    more = _chunk(b"tEXt", b"Comment\x00GPS -23.55") + _chunk(b"eXIf", b"MM\x00\x2aGPS -23.55")
    return plain[:33] + more + plain[33:]


def of_many_parts(kind: str, count: int) -> bytes:
    """A photo that holds so many empty parts besides its own."""
    plain = picture(kind)
    if kind == "JPEG":
        return plain[:2] + b"\xff\xfe\x00\x02" * count + plain[2:]
    if kind == "PNG":
        return plain[:33] + _chunk(b"zzZz", b"") * count + plain[33:]
    parts = b"ZZZZ\0\0\0\0" * count
    return plain[:4] + struct.pack("<I", len(plain) - 8 + len(parts)) + plain[8:] + parts


def huge_png(width: int, height: int) -> bytes:
    """A few bytes that ask their viewer for gigabytes."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(b"")) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as box:
        for name in names:
            box.writestr(name, "x")
    return out.getvalue()


def grown(start: bytes, size: int) -> bytes:
    return start + bytes(size - len(start))
