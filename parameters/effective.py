"""Which of the stored rows counts for a key, and why the key is worth what it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from django.utils.translation import gettext as _

from parameters.keys import Key
from parameters.kinds import BadValue
from parameters.models import STANDARD_USER, Detail
from parameters.references import problem_with

T = TypeVar("T")
State = Literal["counts", "absent", "inactive", "empty", "illegal"]


@dataclass(frozen=True, slots=True)
class Effective(Generic[T]):
    """A key's value with the sentence that explains it; `source` is the detail it comes from."""

    value: T
    source: int | None
    state: State
    reason: str


def spelled(row: Detail) -> str:
    return row.question.strip().casefold()


def is_standard(row: Detail) -> bool:
    return row.user.name.casefold() == STANDARD_USER.casefold()


def is_live(row: Detail) -> bool:
    return row.active and row.user.active and row.user.parameter.active


def choose(keys: Sequence[Key[Any]], rows: Iterable[Detail]) -> dict[Key[Any], Detail]:
    """Of live rows, the one of each key that counts: alias before name, lowest order, newest."""
    wanted = {
        spelling.casefold(): (key, strength)
        for key in keys
        for strength, spelling in enumerate(key.spellings)
    }

    def weight(row: Detail) -> tuple[int, int, int]:
        return wanted[spelled(row)][1], row.order, -row.pk

    found: dict[Key[Any], Detail] = {}
    for row in sorted((row for row in rows if spelled(row) in wanted), key=weight):
        found.setdefault(wanted[spelled(row)][0], row)
    return found


def judge(key: Key[T], rows: Iterable[Detail]) -> Effective[T]:
    """What the key is worth, given every row of its parameter, active or not."""
    spellings = {spelling.casefold() for spelling in key.spellings}
    mine = [row for row in rows if is_standard(row) and spelled(row) in spellings]
    row = choose([key], filter(is_live, mine)).get(key)
    if row is None:
        return _without_row(key, mine)
    return worth(key, row)


def worth(key: Key[T], row: Detail) -> Effective[T]:
    """What one row makes of its key."""
    try:
        value = key.kind.parse(row.answer, row.note)
        problem = problem_with(key, value)
    except BadValue as refusal:
        problem = refusal.message
        value = None
    if problem:
        reason = _("%(question)s holds a value that is not accepted. %(problem)s")
        reason %= {"question": row.question, "problem": problem}
        return Effective(key.default, None, "illegal", f"{reason} {_acts_as(key)}")
    if value is None:
        reason = _("%(question)s is there, but holds no value.") % {"question": row.question}
        return Effective(key.default, None, "empty", f"{reason} {_acts_as(key)}")
    reason = _("The detail %(question)s acts: it, its user and its parameter are active.")
    reason %= {"question": row.question}
    return Effective(value, row.pk, "counts", reason)


def _without_row(key: Key[T], mine: list[Detail]) -> Effective[T]:
    if not mine:
        reason = _("%(key)s is not there.") % {"key": key.name}
        return Effective(key.default, None, "absent", f"{reason} {_acts_as(key)}")
    row = mine[0]
    if not row.user.parameter.active:
        reason = _("The parameter %(name)s is not active.") % {"name": row.user.parameter.name}
    elif not row.user.active:
        reason = _("The user %(name)s is not active.") % {"name": row.user.name}
    else:
        reason = _("The detail %(question)s is not active.") % {"question": row.question}
    return Effective(key.default, None, "inactive", f"{reason} {_acts_as(key)}")


def _acts_as(key: Key[Any]) -> str:
    if key.default in (None, ""):
        return _("The system acts as if nothing were filled in.")
    return _("The system acts as with %(default)s.") % {"default": key.default}
