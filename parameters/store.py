"""The one door to parameter values: what the system reads, and how people's edits are taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from parameters.catalogue import ISOCHATBOT, SMTPCONFIG
from parameters.keys import Catalogue, Key
from parameters.kinds import BadValue, Text
from parameters.models import STANDARD_USER, Detail, Parameter, ParameterUser

__all__ = ["ISOCHATBOT", "SMTPCONFIG", "BadValue"]

T = TypeVar("T")
MASK = "••••"

# Checks of values that point at another app's rows, put here by that app when it starts:
# name of the reference -> function of the code, answering what is wrong with it, or None.
references: dict[str, Callable[[int], Text | None]] = {}


def read(key: Key[T]) -> T:
    """The key's effective value; its default where it is absent, inactive or not legal."""
    row = effective_row(key)
    return key.default if row is None else _value(key, row)


def read_many(keys: Sequence[Key[Any]]) -> dict[Key[Any], Any]:
    """The effective values of keys of one parameter, by one query."""
    rows = _effective_rows(keys)
    return {key: _value(key, rows[key]) if key in rows else key.default for key in keys}


def _value(key: Key[T], row: Detail) -> T:
    try:
        value = key.kind.parse(row.answer, row.note)
    except BadValue:
        return key.default
    return key.default if value is None else value


def effective_row(key: Key[Any]) -> Detail | None:
    """The detail that counts: parameter, user ISOPADRAO and detail active; alias before name."""
    return _effective_rows([key]).get(key)


def _effective_rows(keys: Sequence[Key[Any]]) -> dict[Key[Any], Detail]:
    wanted = {
        spelling.casefold(): (key, strength)
        for key in keys
        for strength, spelling in enumerate(key.spellings)
    }
    rows = _active_details(keys[0].parameter, STANDARD_USER).filter(_asks(*wanted))

    def weight(row: Detail) -> tuple[int, int, int]:
        return wanted[row.question.strip().casefold()][1], row.order, -row.pk

    found: dict[Key[Any], Detail] = {}
    for row in sorted(rows, key=weight):
        found.setdefault(wanted[row.question.strip().casefold()][0], row)
    return found


def _active_details(parameter: str, user: str) -> QuerySet[Detail]:
    return Detail.objects.filter(
        active=True,
        user__active=True,
        user__name__iexact=user,
        user__parameter__active=True,
        user__parameter__name__iexact=parameter,
    )


def _asks(*questions: str) -> Q:
    condition = Q()
    for question in questions:
        condition |= Q(question__iexact=question)
    return condition


def write(key: Key[Any], *, answer: str | None = None, note: str | None = None) -> Detail:
    """Write a value the system itself manages (dates, renewed tokens) on the effective row."""
    row = effective_row(key)
    if row is None:
        user = add_user(key.parameter, STANDARD_USER)
        row = Detail(user=user, question=key.name)
    row.answer = row.answer if answer is None else answer
    row.note = row.note if note is None else note
    row.save()
    return row


@transaction.atomic
def add_user(parameter: str, name: str) -> ParameterUser:
    """The user of a parameter, both made active where missing, with the rows that come with it."""
    group = Parameter.objects.filter(name__iexact=parameter).first()
    if group is None:
        group = Parameter.objects.create(name=parameter, description=parameter)
    user = ParameterUser.objects.filter(parameter=group, name__iexact=name).first()
    if user is None:
        user = ParameterUser.objects.create(parameter=group, name=name)
        _add_initial_rows(user)
    return user


def _add_initial_rows(user: ParameterUser) -> None:
    catalogue = Catalogue.known.get(user.parameter.name.upper())
    if catalogue is None or user.name.upper() != STANDARD_USER:
        return
    for key in catalogue.keys.values():
        if key.initial is not None:
            Detail.objects.create(user=user, question=key.name, answer=key.initial())


def find_detail(parameter: str, user: str, question: str) -> Detail | None:
    """The row with that literal question, active before inactive."""
    if "\x00" in parameter + user + question:  # PostgreSQL refuses to look for it
        return None
    return (
        Detail.objects.select_related("user__parameter")
        .filter(
            user__parameter__name__iexact=parameter.strip(),
            user__name__iexact=user.strip(),
            question__iexact=question.strip(),
        )
        .order_by("-active", "order", "-pk")
        .first()
    )


@transaction.atomic
def put_detail(
    parameter: str,
    user: str,
    question: str,
    *,
    answer: str | None = None,
    note: str | None = None,
    order: int | None = None,
    active: bool | None = None,
) -> tuple[Detail, bool]:
    """Write a detail as a person sent it; None leaves a field as it is.

    Returns the row and whether it was made. Raises BadValue where the key refuses the value;
    a field that holds its own mask keeps its secret, and a new value in one field replaces
    the secret, so the other field's mask is cleared.
    """
    for name in (parameter, user, question):
        _check_name(name.strip())
    row = find_detail(parameter, user, question)
    made = row is None
    if row is None:
        owner = add_user(parameter.strip(), user.strip())
        # Adding the standard user may itself have made this very row.
        row = find_detail(parameter, user, question) or Detail(
            user=owner, question=question.strip()
        )
    # What was not sent is not judged: a row that has become illegal can be switched off.
    if made or answer is not None or note is not None:
        row.answer, row.note = _cleaned(row, answer, note)
    row.order = row.order if order is None else order
    row.active = row.active if active is None else active
    row.save()
    return row, made


def _check_name(name: str) -> None:
    longest = Detail._meta.get_field("question").max_length or 0
    if not name or len(name) > longest or "\x00" in name:
        raise BadValue(
            _("A name has between 1 and %(limit)d characters.") % {"limit": longest}, "question"
        )


def _cleaned(row: Detail, answer: str | None, note: str | None) -> tuple[str, str]:
    key = row.key
    if key is not None and key.is_secret:
        answer, note = _unmasked(row, key, answer, note)
    else:
        answer = row.answer if answer is None else answer
        note = row.note if note is None else note
    if key is None:
        return answer.strip(), note.strip()
    answer, note = key.clean(answer, note)
    if key.reference in references:
        value = key.kind.parse(answer, note)
        problem = None if value is None else references[key.reference](value)
        if problem:
            raise BadValue(problem)
    return answer, note


def _unmasked(row: Detail, key: Key[Any], answer: str | None, note: str | None) -> tuple[str, str]:
    sent = {"answer": answer, "note": note}
    held = {"answer": row.answer, "note": row.note}
    kept = {
        name: text is None or (text.strip().startswith(MASK) and text.strip() == mask(held[name]))
        for name, text in sent.items()
    }
    for name, text in sent.items():
        if text is not None and not kept[name] and text.strip().startswith(MASK):
            raise BadValue(_("Type the whole new value, or leave the field as it was."), name)
    # A placeholder, or a text where the key looks for none, is no new value of the secret.
    replaced = any(
        text is not None and not kept[name] and _is_value(key, name, text)
        for name, text in sent.items()
    )
    result = {}
    for name, text in sent.items():
        result[name] = ("" if replaced else held[name]) if kept[name] else (text or "")
    return result["answer"], result["note"]


def _is_value(key: Key[Any], column: str, text: str) -> bool:
    alone = {"answer": "", "note": "", column: text}
    return key.kind.parse(**alone) is not None


def mask(secret: str) -> str:
    """How a secret is shown: empty where empty, else dots and, where long enough, its last four."""
    if not secret:
        return ""
    return MASK + (secret[-4:] if len(secret) >= 8 else "")


def shown(row: Detail) -> tuple[str, str]:
    """Answer and note as people may see them."""
    if row.is_secret:
        return mask(row.answer), mask(row.note)
    return row.answer, row.note
