"""What a file is, by what is in it. What its sender says it is counts for nothing here."""

from __future__ import annotations

import re

import puremagic

from chat import file_names

HEAD = 64 * 1024  # bytes that are looked at

_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
# MIME type -> endings its files go by, the usual one first.
ENDINGS: dict[str, tuple[str, ...]] = {
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/png": ("png",),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "image/bmp": ("bmp",),
    "image/tiff": ("tif", "tiff"),
    "image/heif": ("heic", "heif"),
    "audio/aac": ("aac",),
    "audio/mp4": ("m4a", "mp4"),
    "audio/amr": ("amr",),
    "audio/mpeg": ("mp3", "mpga"),
    "audio/ogg": ("ogg", "oga", "opus"),
    "audio/wav": ("wav",),
    "video/mp4": ("mp4", "m4v"),
    "video/3gpp": ("3gp", "3g2"),
    "video/quicktime": ("mov",),
    "video/webm": ("webm",),
    "video/x-msvideo": ("avi",),
    "application/pdf": ("pdf",),
    "application/rtf": ("rtf",),
    "application/zip": ("zip",),
    "application/msword": ("doc", "dot"),
    "application/vnd.ms-excel": ("xls",),
    "application/vnd.ms-powerpoint": ("ppt", "pps"),
    f"{_OFFICE}.wordprocessingml.document": ("docx",),
    f"{_OFFICE}.spreadsheetml.sheet": ("xlsx",),
    f"{_OFFICE}.presentationml.presentation": ("pptx",),
    f"{_OPEN}.text": ("odt",),
    f"{_OPEN}.spreadsheet": ("ods",),
    f"{_OPEN}.presentation": ("odp",),
    "text/plain": ("txt",),
    "text/csv": ("csv",),
    "text/vcard": ("vcf",),
    "text/calendar": ("ics",),
    "application/xml": ("xml",),
    "application/json": ("json",),
}
_BY_ENDING = {ending: type_ for type_, endings in ENDINGS.items() for ending in endings}
# Boxes whose content is told by the ending: nothing is unpacked to find out.
_IN_ZIP = ("docx", "xlsx", "pptx", "odt", "ods", "odp")
_IN_OLE = ("doc", "dot", "xls", "ppt", "pps")
_IN_TEXT = ("txt", "csv", "vcf", "ics", "xml", "json")

_BRANDS = {b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"qt  ": "video/quicktime"}
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"MZ", "active"),
    (b"\x7fELF", "active"),
    (b"#!", "active"),
    (b"\xca\xfe\xba\xbe", "active"),
    (b"\xcf\xfa\xed\xfe", "active"),
)
_OTHER_NAMES = {
    "audio/wave": "audio/wav",
    "audio/x-wav": "audio/wav",
    "video/avi": "video/x-msvideo",
}
_PAGES = re.compile(
    rb"<!doctype|<!entity|<html|<head|<body|<script|<svg|<iframe|<\?php|<\?xml-stylesheet|<%"
)
ACTIVE, UNKNOWN = "active", ""


def type_of(head: bytes, name: str) -> str:
    """The MIME type of a file that begins so; ACTIVE for programs and pages, UNKNOWN for others.

    The name tells apart what begins alike: texts, and the boxes office programs write.
    """
    found = _by_start(head)
    if found:
        return found
    ending = file_names.ending(name)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _BY_ENDING[ending] if ending in _IN_ZIP else "application/zip"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _BY_ENDING[ending] if ending in _IN_OLE else UNKNOWN
    return _as_text(head, ending) if _is_text(head) else _by_library(head)


def _by_start(head: bytes) -> str:
    for start, type_ in _STARTS:
        if head.startswith(start):
            return type_
    if head[4:8] == b"ftyp":
        return _by_brand(head[8:12])
    if head.startswith(b"OggS"):
        return "audio/ogg" if b"theora" not in head[:200] else UNKNOWN
    return ""


def _by_brand(brand: bytes) -> str:
    if brand[:2] == b"3g":
        return "video/3gpp"
    if brand[:2] in (b"he", b"mi", b"ms") and brand != b"msnv":
        return "image/heif"
    return _BRANDS.get(brand, "video/mp4")


def _is_text(head: bytes) -> bool:
    if not head or b"\x00" in head:
        return False
    try:
        # What is looked at may end within a letter.
        head[:-3].decode() if len(head) == HEAD else head.decode()
    except UnicodeDecodeError:
        # Windows programs here write Latin-1; few of its bytes are control characters.
        return not re.search(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x80-\x9f]", head)
    return True


def _as_text(head: bytes, ending: str) -> str:
    if _PAGES.search(head.lower()):
        return ACTIVE
    if head.startswith(b"{\\rtf"):
        return "application/rtf"
    return _BY_ENDING[ending] if ending in _IN_TEXT else "text/plain"


def _by_library(head: bytes) -> str:
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    for match in matches:
        type_: str = _OTHER_NAMES.get(match.mime_type, match.mime_type)
        if type_ in ENDINGS:
            return type_
    return UNKNOWN
