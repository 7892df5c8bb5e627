"""Writing parameters: the audit of each change, and what follows from some of them."""

from __future__ import annotations

from typing import TypedDict, Unpack

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from chat import permissions
from chat.errors import NotAllowed
from chat.services import audit, channels
from parameters import store
from parameters.catalogue import ISOCHATBOT, SMTPCONFIG
from parameters.models import Detail, Parameter, ParameterUser

Values = dict[str, object]


class Sent(TypedDict, total=False):
    """What is written of a detail; what is left out or None stays as it is."""

    answer: str | None
    note: str | None
    order: int | None
    active: bool | None


@transaction.atomic
def put_detail(
    parameter: str, user: str, question: str, *, by: User | None, **sent: Unpack[Sent]
) -> tuple[Detail, bool]:
    """Write a detail and let the channels follow it. Raises parameters.kinds.BadValue."""
    try:
        with transaction.atomic():
            return _put_detail(parameter, user, question, by, sent)
    except IntegrityError:
        # Of two first writes at one moment, the second finds here what the first one made.
        return _put_detail(parameter, user, question, by, sent)


def _put_detail(
    parameter: str, user: str, question: str, by: User | None, sent: Sent
) -> tuple[Detail, bool]:
    held = store.find_detail(parameter, user, question)
    before = _values(held)
    row, made = store.put_detail(parameter, user, question, **sent)
    # The first PUT of a key of our own finds the row that came with the user.
    _tell(by, "added" if made else "changed", _name(row), before, _values(row))
    if row.key is ISOCHATBOT.PROVEDOR_PHONE:
        channels.follow_phone()
    if held is not None and _is_elsewhere(row, before):
        _forget_mail_password(row, by)
    return row, made


def _is_elsewhere(row: Detail, before: Values) -> bool:
    """Whether mail now goes to another server, or in clear where it did not."""
    if row.key in (SMTPCONFIG.HOST, SMTPCONFIG.PORTA):
        return bool(before["answer"]) and before["answer"] != row.answer
    return row.key is SMTPCONFIG.SEGURANCA and row.answer != before["answer"] == "tls"


def _forget_mail_password(row: Detail, by: User | None) -> None:
    """A password goes to the server it was typed for, and to no other."""
    details = Detail.objects.select_related("user__parameter").filter(user=row.user)
    for held in details:
        if held.key is SMTPCONFIG.SENHA and (held.answer or held.note):
            before = _values(held)
            held.answer = held.note = ""
            held.save()
            _tell(by, "changed", _name(held), before, _values(held))


@transaction.atomic
def remove_detail(row: Detail, *, by: User | None) -> None:
    _tell(by, "removed", _name(row), _values(row), {})
    if row.key in (SMTPCONFIG.HOST, SMTPCONFIG.PORTA) and row.answer:
        _forget_mail_password(row, by)
    row.delete()


@transaction.atomic
def save_parameter(
    row: Parameter,
    *,
    by: User | None,
    name: str,
    description: str = "",
    note: str = "",
    active: bool = True,
) -> Parameter:
    """Make (`Parameter()`) or change a parameter. Raises BadValue with the field at fault."""
    before = _fields(row, "name", "description", "note", "active")
    store.save_parameter(row, name=name, description=description, note=note, active=active)
    after = _fields(row, "name", "description", "note", "active")
    _tell(by, "changed" if before else "added", row.name, before, after)
    return row


@transaction.atomic
def save_parameter_user(
    row: ParameterUser, *, by: User | None, name: str, order: int = 1, active: bool = True
) -> ParameterUser:
    """Make (`ParameterUser(parameter=…)`) or change a user; ISOPADRAO brings its own rows."""
    before = _fields(row, "name", "order", "active")
    store.save_user(row, name=name, order=order, active=active)
    after = _fields(row, "name", "order", "active")
    _tell(by, "changed" if before else "added", str(row), before, after)
    return row


@transaction.atomic
def reveal_webhook_token(*, by: User) -> str:
    """The webhook's token in clear: the one secret a supervisor may see once more."""
    if not permissions.is_supervisor(by):
        raise NotAllowed(_("Only supervisors see the token of the webhook."))
    token = store.read(ISOCHATBOT.PROVEDOR_WEBHOOK_TOKEN)
    audit.record(by, "revealed", "ISOCHATBOT › ISOPADRAO › PROVEDOR_WEBHOOK_TOKEN")
    return token


def _name(row: Detail) -> str:
    return f"{row.user} › {row.question}"


def _values(row: Detail | None) -> Values:
    """What the audit may keep of a detail; what may be a secret goes as a fingerprint."""
    if row is None:
        return {}
    texts: Values = {
        column: getattr(row, column)
        if store.is_open(row, column)
        else audit.fingerprint(getattr(row, column))
        for column in ("answer", "note")
    }
    return {**texts, "order": row.order, "active": row.active}


def _fields(row: Parameter | ParameterUser, *names: str) -> Values:
    return {} if row.pk is None else {name: getattr(row, name) for name in names}


def _tell(by: User | None, what: str, about: str, before: Values, after: Values) -> None:
    """Write the audit of what differs; saving without a change leaves no entry."""
    changes = {
        name: (before.get(name, ""), after.get(name, ""))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    }
    if changes:
        audit.record(by, what, about, changes=changes)
