"""A menu as plain values, as the engine takes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """One line. `id` is stable while the menu is; `action` names an entry of `actions.ACTIONS`."""

    id: int
    label: str
    action: str
    text: str = ""
    classification: int | None = None
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Menu:
    """The texts and the first level of options."""

    greeting: str
    not_understood: str
    still_not_understood: str
    hand_off: str
    goodbye: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class State:
    """Where a customer is: the submenus entered, by id, and how often an answer was missed."""

    path: tuple[int, ...] = ()
    misses: int = 0
    greeted: bool = False


@dataclass(frozen=True, slots=True)
class HandOff:
    """Call a person, of this classification or of the usual one. `why` is a code of the trace."""

    classification: int | None = None
    why: str = "option"


@dataclass(frozen=True, slots=True)
class End:
    """The customer is done."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the bot answers (one message, or none), where the customer is now, and what follows.

    `options` are those the answer offers, in the order of its numbers. The text says them all;
    where the channel has something to tap, they are offered beside it as well.
    """

    reply: str
    state: State
    effect: HandOff | End | None = None
    options: tuple[Option, ...] = ()
