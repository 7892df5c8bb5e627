"""What a row of the fault suite is: a promise, how it is tried, and what came of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """Figures to print, and what went wrong, if anything."""

    figures: dict[str, object] = field(default_factory=dict)
    misses: list[str] = field(default_factory=list)

    def expect(self, is_so: bool, otherwise: str) -> None:
        if not is_so:
            self.misses.append(otherwise)


@dataclass
class Trial:
    """One row on one profile. `tell` says how far it is."""

    profile: str
    smoke: bool
    seed: int
    tell: Callable[[str], None]

    @property
    def random(self) -> random.Random:
        return random.Random(f"{self.seed} {self.profile}")

    def either(self, smoke: int, full: int) -> int:
        return smoke if self.smoke else full


@dataclass(frozen=True)
class Row:
    """`promises` are the numbers it answers for; `ONLY=R08` picks it by any of them.

    The short round takes those that are `brief`, which all together take less than three minutes.
    One that measures how long something takes runs `alone`.
    """

    promises: tuple[str, ...]
    title: str
    run: Callable[[Trial], Outcome]
    brief: bool = False
    alone: bool = False
