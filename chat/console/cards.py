"""What a card of Setup chat holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

Text = str | Promise
READY, MISSING, ATTENTION = "ready", "missing", "attention"


@dataclass(frozen=True)
class Card:
    """One step: how it stands, what shows it, and where to do something about it.

    `ready`, `missing` (the guide's path stops here) or `attention` (it works, but not for long
    or not wholly). `name` tells the page which buttons of its own the card has.
    """

    name: str
    title: Text
    sentence: Text
    state: str
    expected: Text
    found: Text
    at: datetime | None = None
    action: Text = ""
    url: str = ""
    links: Sequence[tuple[str, str]] = ()  # what is missing by name, each with its address

    @property
    def is_ready(self) -> bool:
        return self.state == READY
