"""Facts about each kind of channel; screens and rules ask here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from provider.contracts import ChannelKind, Content, Extra, Status

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Facts:
    """What a kind of channel can do, whoever it is reached through.

    `shows` are the statuses people see beyond queued and unknown (guide, last section).
    Texts are counted in characters, or in bytes of UTF-8 where `counts_bytes`. `max_caption` is
    the longest text that may go with a file, 0 where a text is a message of its own.
    `max_file` is the largest file in bytes by content; a content that is missing is not taken.
    `types` are the MIME types taken, where the channel takes fewer than all of a content.
    `extras` are what it takes besides; its provider may hand over less (`Adapter.carries`).
    """

    shows: frozenset[Status]
    max_text: int
    window: timedelta | None
    max_file: Mapping[Content, int]
    max_caption: int
    types: Mapping[Content, frozenset[str]]
    extras: frozenset[Extra]
    id_is_phone: bool = False
    counts_bytes: bool = False
    max_choices: int = 0
    has_templates: bool = False

    def length(self, text: str) -> int:
        """The length of a text as this channel counts it."""
        return len(text.encode("utf-8", "replace")) if self.counts_bytes else len(text)


_SENT_OR_FAILED = frozenset({Status.SENT, Status.FAILED})
_DAY = timedelta(hours=24)
_JPEG_PNG = frozenset({"image/jpeg", "image/png"})
_BY_GRAPH = {
    Content.IMAGE: 8 * MB,
    Content.AUDIO: 25 * MB,
    Content.VIDEO: 25 * MB,
    Content.DOCUMENT: 25 * MB,
}
_MP4 = frozenset({"video/mp4", "video/3gpp"})
_REPLY = frozenset({Extra.REPLY})

# Sources: the vendors' pages on media of each channel; the smaller figure where they disagree.
FACTS: dict[ChannelKind, Facts] = {
    ChannelKind.WHATSAPP: Facts(
        frozenset({Status.SENT, Status.DELIVERED, Status.READ, Status.FAILED}),
        4096,
        _DAY,
        max_file={
            Content.IMAGE: 5 * MB,
            Content.AUDIO: 16 * MB,
            Content.VIDEO: 16 * MB,
            Content.DOCUMENT: 100 * MB,
        },
        max_caption=1024,
        types={
            Content.IMAGE: _JPEG_PNG,
            Content.AUDIO: frozenset(
                {"audio/aac", "audio/mp4", "audio/amr", "audio/mpeg", "audio/ogg"}
            ),
            Content.VIDEO: _MP4,
        },
        extras=frozenset(Extra),
        id_is_phone=True,
        max_choices=10,
        has_templates=True,
    ),
    ChannelKind.MESSENGER: Facts(
        _SENT_OR_FAILED,
        2000,
        _DAY,
        max_file=_BY_GRAPH,
        max_caption=0,
        types={Content.IMAGE: _JPEG_PNG | {"image/gif"}},
        extras=_REPLY,
        max_choices=13,
    ),
    ChannelKind.INSTAGRAM: Facts(
        _SENT_OR_FAILED,
        1000,
        _DAY,
        max_file=_BY_GRAPH,
        max_caption=0,
        types={Content.IMAGE: _JPEG_PNG, Content.DOCUMENT: frozenset({"application/pdf"})},
        extras=_REPLY,
        counts_bytes=True,
        max_choices=13,
    ),
    ChannelKind.TELEGRAM: Facts(
        _SENT_OR_FAILED,
        4096,
        None,
        max_file={
            Content.IMAGE: 5 * MB,
            Content.AUDIO: 20 * MB,
            Content.VIDEO: 20 * MB,
            Content.DOCUMENT: 20 * MB,
        },
        max_caption=1024,
        types={Content.IMAGE: _JPEG_PNG},
        extras=frozenset(Extra),
        max_choices=10,
    ),
}


def bare_id(kind: ChannelKind, external_id: str) -> str:
    """The id as it is kept: a WhatsApp phone as digits only, any other id exactly as it came."""
    external_id = external_id.strip()
    if not FACTS[kind].id_is_phone:
        return external_id
    digits = re.sub(r"[\s()+.\-]", "", external_id)
    # A user without a phone is known by a business-scoped id, which must not lose its letters.
    return digits if digits.isdigit() else external_id


# Country, area, perhaps the ninth digit, and the eight digits of a mobile.
_MOBILE = re.compile(r"(55[1-9][1-9])9?([6-9][0-9]{7})")


def is_phone(kind: ChannelKind, external_id: str) -> bool:
    """Whether an id, as it is kept, is a phone number."""
    return FACTS[kind].id_is_phone and external_id.isascii() and external_id.isdigit()


def matched_id(kind: ChannelKind, external_id: str) -> str:
    """The form an id is matched by, never sent or shown.

    WhatsApp writes a Brazilian mobile with its ninth digit or without, and means the same person.
    """
    mobile = _MOBILE.fullmatch(external_id) if FACTS[kind].id_is_phone else None
    return f"{mobile[1]}9{mobile[2]}" if mobile else external_id


def written_ids(kind: ChannelKind, external_id: str) -> tuple[str, ...]:
    """Every form in which the id may have been written, its own first."""
    mobile = _MOBILE.fullmatch(external_id) if FACTS[kind].id_is_phone else None
    both = (f"{mobile[1]}9{mobile[2]}", f"{mobile[1]}{mobile[2]}") if mobile else ()
    return tuple(dict.fromkeys((external_id, *both)))
