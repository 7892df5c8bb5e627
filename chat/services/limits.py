"""The largest file that may leave, whose limit that is, and the sentence that says so."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import formats
from django.utils.translation import gettext as _

from chat.models import Channel
from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider.channels import FACTS, MB
from provider.contracts import ChannelKind, Content

# Where the size of the file belongs in a sentence; the browser fills it in before uploading.
SIZE = "{size}"


@dataclass(frozen=True)
class Limit:
    """In bytes; a file of exactly this size passes. The sentence has SIZE for the file's own."""

    size: int
    sentence: str

    def refusal(self, size: int) -> str:
        return self.sentence.replace(SIZE, megabytes(size, exact=False))


def of(kind: ChannelKind, content: Content) -> Limit:
    """The smallest of the channel's limit, TAMANHO_MAX_ANEXO and what this server takes."""
    of_channel = FACTS[kind].max_file.get(content, 0)
    of_key = int(store.read(ISOCHATBOT.TAMANHO_MAX_ANEXO) * MB)
    of_server = int(settings.ISOBOT_MAX_FILE)
    smallest = min(of_channel, of_key, of_server)
    if smallest == of_channel:
        sentence = _of_channel(content) % {
            "channel": Channel.Kind(kind).label,
            "limit": megabytes(smallest),
            "size": SIZE,
        }
    elif smallest == of_key:
        sentence = _(
            "This installation's limit (TAMANHO_MAX_ANEXO) is %(limit)s; this file has %(size)s."
        ) % {"limit": megabytes(smallest), "size": SIZE}
    else:
        sentence = _("This server takes files of up to %(limit)s; this one has %(size)s.") % {
            "limit": megabytes(smallest),
            "size": SIZE,
        }
    return Limit(smallest, sentence)


def _of_channel(content: Content) -> str:
    match content:
        case Content.IMAGE:
            return _("%(channel)s takes images of up to %(limit)s; this one has %(size)s.")
        case Content.AUDIO:
            return _("%(channel)s takes audios of up to %(limit)s; this one has %(size)s.")
        case Content.VIDEO:
            return _("%(channel)s takes videos of up to %(limit)s; this one has %(size)s.")
        case _other:
            return _("%(channel)s takes documents of up to %(limit)s; this one has %(size)s.")


def megabytes(size: int, *, exact: bool = True) -> str:
    """A size as people read it. A file's is rounded up, so that one byte too many shows."""
    if exact and size % MB == 0:
        return f"{formats.number_format(size // MB)} MB"
    tenths = math.ceil(size * 10 / MB)
    return f"{formats.number_format(tenths / 10, 1)} MB"


def for_browser(kind: ChannelKind) -> dict[str, Any]:
    """What the answer box needs to refuse a file before it is sent here."""
    facts = FACTS[kind]
    found: dict[str, Any] = {}
    for content in facts.max_file:
        limit = of(kind, content)
        types = facts.types.get(content)
        found[content.value] = {
            "bytes": limit.size,
            "sentence": limit.sentence,
            "types": None if types is None else sorted(types),
        }
    return found
