"""Channels the provider lists: the ones that are new here are made, and what differs is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from chat import phones
from chat.models import Channel
from chat.services import audit, channels
from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider.accounts import LinesReported, ReportedLine
from provider.channels import FACTS
from provider.contracts import MAX_ID, ChannelKind, Line

TRIES = 3


@dataclass(frozen=True, slots=True)
class Discovery:
    """What became of the lines a provider listed; each is in `found`, and in one other at most.

    `elsewhere` are WhatsApp lines nobody configured here; `differing` are lines of a kind whose
    channel here has another line, which stays as somebody wrote it.
    """

    found: tuple[ReportedLine, ...]
    made: tuple[ReportedLine, ...]
    elsewhere: tuple[ReportedLine, ...]
    differing: tuple[ReportedLine, ...]


def apply(reported: LinesReported, *, by: User | None = None) -> Discovery:
    """Make the channels that are missing. Never changes one that exists; a repeat does nothing.

    A WhatsApp line is made only where PROVEDOR_PHONE names it: another line of the same account
    may be somebody else's business. `by` is who asked, for the audit.
    """
    found = [line for line in reported.lines if line.active and 0 < len(line.number) <= MAX_ID]
    made: list[ReportedLine] = []
    elsewhere: list[ReportedLine] = []
    differing: list[ReportedLine] = []
    for kind in ChannelKind:
        lines = [line for line in found if line.kind == kind]
        new = [line for line in lines if _holder(reported.adapter, line) is None]
        if kind == ChannelKind.WHATSAPP:
            wanted, other = _wanted(new), elsewhere
        else:
            wanted, other = _safe(reported.adapter, lines, new), differing
        made += [line for line in wanted if _make(reported.adapter, line, by)]
        other += [line for line in new if line not in wanted]
    return Discovery(tuple(found), tuple(made), tuple(elsewhere), tuple(differing))


def _holder(adapter: str, line: ReportedLine) -> Channel | None:
    return channels.of_line(Line(adapter, line.kind, line.number))


def _wanted(new: list[ReportedLine]) -> list[ReportedLine]:
    phone = store.read(ISOCHATBOT.PROVEDOR_PHONE)
    return [line for line in new if phone and line.number == phone]


def _safe(adapter: str, lines: list[ReportedLine], new: list[ReportedLine]) -> list[ReportedLine]:
    """The new lines, unless a channel of the kind has a line the provider does not list.

    That channel receives what comes to the kind's only line, whatever its own says: one more
    beside it would take its messages away.
    """
    numbers = {line.number for line in lines}
    rows = Channel.objects.filter(adapter=adapter, kind__in={line.kind for line in new})
    return [] if any(row.line not in numbers for row in rows) else new


def _make(adapter: str, line: ReportedLine, by: User | None) -> bool:
    """Whether it was made here, and not by somebody else at this very moment."""
    for _try in range(TRIES):
        try:
            with transaction.atomic():
                row = channels.create(adapter, line.kind, line.number, discovered=True)
                audit.record(by, "added", row, id=row.pk)
            return True
        except IntegrityError:
            if _holder(adapter, line) is not None:
                return False
            # Another line took the key this one was about to have: try with the next key.
    return False


def sentences(result: Discovery) -> list[str]:
    """What the search found, in words: the lines, then what is new."""
    if not result.found:
        return [_("No channel was found at the provider.")]
    found = {"count": len(result.found), "lines": named(result.found)}
    return [
        _("Channels found at the provider: %(count)d (%(lines)s).") % found,
        new_ones(result) or _("None of them is new."),
    ]


def new_ones(result: Discovery) -> str:
    """The sentence about channels that were made; empty where there is none."""
    return _("New: %(lines)s.") % {"lines": named(result.made)} if result.made else ""


def warnings(result: Discovery) -> list[str]:
    """What a person has to decide."""
    said = []
    if result.elsewhere:
        said.append(
            _(
                "Not added by itself: %(lines)s. To use a WhatsApp line here, put it in "
                "PROVEDOR_PHONE or include a channel with it."
            )
            % {"lines": named(result.elsewhere)}
        )
    if result.differing:
        said.append(
            _(
                "The provider lists %(lines)s, and the channel of that type here has another "
                "line, or none. Correct the line of the channel, or include another channel."
            )
            % {"lines": named(result.differing)}
        )
    return said


def named(lines: Iterable[ReportedLine]) -> str:
    """The lines as people know them."""
    return ", ".join(
        f"{Channel.Kind(line.kind).label} "
        f"{phones.shown(line.number) if FACTS[line.kind].id_is_phone else line.number}"
        for line in lines
    )
