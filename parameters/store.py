"""The one door to parameter values: what the system reads, and how people's edits are taken."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from parameters import formats, rows
from parameters.catalogue import ISOCHATBOT, SMTPCONFIG
from parameters.effective import Effective, choose, judge
from parameters.keys import Catalogue, Key
from parameters.kinds import BadValue
from parameters.masks import MASK, is_open, mask, shown, unmasked
from parameters.models import STANDARD_USER, Detail, Parameter, ParameterUser
from parameters.references import listings, options, problem_with, references

__all__ = [
    "ISOCHATBOT",
    "MASK",
    "SMTPCONFIG",
    "BadValue",
    "Effective",
    "is_open",
    "listings",
    "mask",
    "options",
    "references",
    "shown",
]

T = TypeVar("T")
LARGEST_ORDER = 32_767


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
    spellings = tuple(spelling for key in keys for spelling in key.spellings)
    return choose(keys, _question(keys[0].parameter, spellings).all())


@lru_cache(maxsize=256)
def _question(parameter: str, spellings: tuple[str, ...]) -> QuerySet[Detail]:
    """The query, never its rows: values are read many times, and writing it takes longest."""
    return _active_details(parameter, STANDARD_USER).filter(_asks(*spellings))


def effective(key: Key[T]) -> Effective[T]:
    """The key's value with the reason for it; unlike `read`, it also asks whether a code exists."""
    rows = Detail.objects.select_related("user__parameter").filter(
        _asks(*key.spellings),
        user__name__iexact=STANDARD_USER,
        user__parameter__name__iexact=key.parameter,
    )
    return judge(key, rows)


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


@transaction.atomic
def write(key: Key[Any], *, answer: str | None = None, note: str | None = None) -> Detail:
    """Write a value the system itself manages (dates, renewed tokens) on the effective row."""
    row = effective_row(key)
    if row is None or not rows.hold(row):
        user = add_user(key.parameter, STANDARD_USER)
        row = Detail(user=user, question=key.name)
    row.answer = row.answer if answer is None else answer
    row.note = row.note if note is None else note
    row.save()
    return row


def add_user(parameter: str, name: str) -> ParameterUser:
    """The user of a parameter, both made active where missing, with the rows that come with it."""
    return _user(parameter, name)[0]


@transaction.atomic
def _user(parameter: str, name: str) -> tuple[ParameterUser, bool]:
    """The user as `add_user` answers it, and whether it was made now."""
    group = Parameter.objects.filter(name__iexact=parameter).first()
    if group is None:
        group = Parameter.objects.create(name=parameter, description=parameter)
    user = ParameterUser.objects.filter(parameter=group, name__iexact=name).first()
    if user is not None:
        return user, False
    user = ParameterUser.objects.create(parameter=group, name=name)
    add_initial_rows(user)
    return user, True


def add_initial_rows(user: ParameterUser) -> None:
    """The rows that come with the standard user of a parameter the system knows."""
    catalogue = Catalogue.known.get(user.parameter.name.upper())
    if catalogue is None or user.name.upper() != STANDARD_USER:
        return
    held = {question.casefold() for question in user.details.values_list("question", flat=True)}
    for key in catalogue.keys.values():
        if key.initial is not None and key.name.casefold() not in held:
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
        _check_name(name.strip(), "question")
    row, made = find_detail(parameter, user, question), False
    if row is None or not rows.hold(row):
        owner, made = _user(parameter.strip(), user.strip())
        # Adding the standard user may itself have made this very row; else somebody just did.
        row = find_detail(parameter, user, question)
    if row is None:
        row, made = Detail(user=owner, question=question.strip()), True
    # What was not sent is not judged: a row that has become illegal can be switched off.
    if made or answer is not None or note is not None:
        row.answer, row.note = cleaned(row, answer, note)
    row.order = row.order if order is None else _check_order(order)
    row.active = row.active if active is None else active
    row.save()
    return row, made


def save_parameter(
    row: Parameter, *, name: str, description: str, note: str, active: bool
) -> Parameter:
    """Make or change a parameter. Raises BadValue for a name that is taken or cannot be."""
    row.name = free_name(row, name)
    row.description = description.strip()
    if len(row.description) > 200 or "\x00" in description + note:
        raise BadValue(_("A description has up to 200 characters."), "description")
    row.note, row.active = note.strip(), active
    row.save()
    return row


def free_name(row: Parameter, name: str) -> str:
    """The name as this parameter may bear it. Raises BadValue for one that is taken."""
    name = _check_name(name.strip(), "name")
    _check_rename(row, name)
    if Parameter.objects.filter(name__iexact=name).exclude(pk=row.pk).exists():
        raise BadValue(_("There already is a parameter %(name)s.") % {"name": name}, "name")
    return name


def _check_rename(row: Parameter, name: str) -> None:
    """The name says which details are secrets: another one would show them."""
    held = Parameter.objects.filter(pk=row.pk).values_list("name", flat=True).first()
    if held is None or held.upper() == name.upper():
        return
    if {held.upper(), name.upper()} & Catalogue.known.keys():
        raise BadValue(
            _("%(name)s keeps its name: the system reads it. Add another parameter instead.")
            % {"name": held if held.upper() in Catalogue.known else name},
            "name",
        )


@transaction.atomic
def save_user(row: ParameterUser, *, name: str, order: int, active: bool) -> ParameterUser:
    """Make or change a user of a parameter; the standard one brings the rows of its keys."""
    row.name = _check_name(name.strip(), "name")
    row.order, row.active = _check_order(order), active
    others = ParameterUser.objects.filter(parameter=row.parameter).exclude(pk=row.pk)
    if others.filter(name__iexact=row.name).exists():
        raise BadValue(
            _("The parameter %(parameter)s already has the user %(name)s.")
            % {"parameter": row.parameter.name, "name": row.name},
            "name",
        )
    row.save()
    add_initial_rows(row)
    return row


def _check_name(name: str, field: str) -> str:
    longest = Detail._meta.get_field("question").max_length or 0
    if not name or len(name) > longest or not formats.is_one_line(name):
        raise BadValue(
            _("A name has between 1 and %(limit)d characters.") % {"limit": longest}, field
        )
    return name


def _check_order(order: int) -> int:
    if not 1 <= order <= LARGEST_ORDER:
        raise BadValue(_("The order is a number from 1 on (usually 1)."), "order")
    return order


def cleaned(row: Detail, answer: str | None, note: str | None) -> tuple[str, str]:
    """The two texts as they are kept when a person sends these for this row. Raises BadValue."""
    key = row.key
    if key is not None and key.is_secret:
        answer, note = unmasked(row, key, answer, note)
    else:
        answer = row.answer if answer is None else answer
        note = row.note if note is None else note
    if key is None:
        return answer.strip(), note.strip()
    if key.system:
        _check_untouched(row, answer.strip(), note.strip())
        return row.answer, row.note
    answer, note = key.clean(answer, note)
    _check_code(key, key.kind.parse(answer, note))
    return answer, note


def _check_untouched(row: Detail, answer: str, note: str) -> None:
    if row.pk is None or answer != row.answer or note != row.note:
        field = "note" if row.pk is not None and answer == row.answer else "answer"
        raise BadValue(
            _("The system writes this detail by itself; leave its answer and note as they are."),
            field,
        )


def _check_code(key: Key[Any], value: Any) -> None:
    if key.unlike and value is not None:
        other = Catalogue.known[key.parameter].keys[key.unlike]
        # An illegal one does not count, or two codes stored the wrong way round would stay so.
        if effective(other).value == value:
            raise BadValue(
                _("%(key)s already has the code %(code)s; the two have to be different.")
                % {"key": other.name, "code": value}
            )
    problem = problem_with(key, value)
    if problem:
        raise BadValue(problem)
