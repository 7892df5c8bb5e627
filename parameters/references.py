"""Codes of other apps' rows: the checks and lists those apps put here when they start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parameters.keys import Key
from parameters.kinds import Text

# Name of the reference -> function of the code, answering what is wrong with it, or None.
references: dict[str, Callable[[int], Text | None]] = {}
# Name of the reference -> what a person may choose from: (code, name), in the order to show.
listings: dict[str, Callable[[], list[tuple[int, str]]]] = {}


def problem_with(key: Key[Any], value: Any) -> Text | None:
    check = references.get(key.reference)
    return None if check is None or value is None else check(value)


def options(reference: str) -> list[tuple[int, str]]:
    """What a picker offers; empty where nobody listed anything under that name."""
    listing = listings.get(reference)
    return [] if listing is None else listing()
