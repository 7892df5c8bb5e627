"""Users: who may sign in, and as what. Written by administrators only, and never without one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from chat import permissions
from chat.errors import BadInput, NotAllowed, Text
from chat.models import Conversation
from chat.models.conversation import OWNED
from chat.services import audit
from chat.services.held import hold

OWN_RIGHTS = _("You cannot take your own rights away. Ask another administrator.")


class Role(models.TextChoices):
    AGENT = "agent", _("Agent")
    SUPERVISOR = "supervisor", _("Supervisor")
    ADMINISTRATOR = "admin", _("Administrator")


def with_roles() -> QuerySet[Any]:
    """Every user, with `role` as a value of `Role`."""
    supervises = Group.objects.filter(name=permissions.SUPERVISORS, user=OuterRef("pk"))
    return User.objects.annotate(
        role=Case(
            When(is_superuser=True, then=Value(Role.ADMINISTRATOR.value)),
            When(Exists(supervises), then=Value(Role.SUPERVISOR.value)),
            default=Value(Role.AGENT.value),
        )
    )


def open_conversations(user: User) -> int:
    """How many conversations wait for what this person does."""
    return Conversation.objects.filter(agent=user, status__in=OWNED).count()


@transaction.atomic
def save(
    user: User,
    *,
    by: User,
    username: str,
    first_name: str,
    last_name: str,
    email: str,
    role: str,
    active: bool,
    password: str = "",
) -> User:
    """Write a user; a blank password stays. Raises BadInput, and NotAllowed to non-admins."""
    take_turn(by)
    hold(user, "username")
    before = _facts(user)
    user.username, user.email = username.strip(), email.strip()
    user.first_name, user.last_name = first_name.strip(), last_name.strip()
    for problem in problems_with(user, password):
        raise problem
    if takes_own_rights(user, by=by, active=active, administrator=role == Role.ADMINISTRATOR):
        raise BadInput("role" if active else "active", OWN_RIGHTS)
    user.is_active = active
    user.is_superuser = user.is_staff = role == Role.ADMINISTRATOR
    if password:
        user.set_password(password)
    user.save()
    _set_group(user, role)
    _tell(user, before, by=by, password=password)
    return user


def takes_own_rights(user: User, *, by: User, active: bool, administrator: bool) -> bool:
    """Nobody does that to themselves, so that one active administrator is always left."""
    return user.pk == by.pk and not (active and administrator)


def take_turn(by: User) -> None:
    """One change of rights at a time, by who is still an administrator when the turn comes.

    Nobody can take away their own rights, so one administrator is always left.
    """
    group = Group.objects.filter(name=permissions.SUPERVISORS)
    if not group.update(name=permissions.SUPERVISORS):
        Group.objects.create(name=permissions.SUPERVISORS)
    now = User.objects.filter(pk=by.pk).first()
    if now is None or not permissions.may_manage_users(now):
        raise NotAllowed(_("Only administrators change users."))


def problems_with(user: User, password: str) -> Iterator[BadInput]:
    """Everything that keeps a user from being saved with this password, field by field."""
    others = User.objects.filter(username__iexact=user.username).exclude(pk=user.pk)
    if others.exists():
        yield BadInput("username", _("Somebody already has this login."))
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        for field, wrong in error.error_dict.items():
            yield BadInput(field, " ".join(str(_sentence(field, one)) for one in wrong))
    if not password:
        if not user.pk:
            yield BadInput("password", _("Type a first password; the person can change it."))
        return
    try:
        validate_password(password, user)
    except ValidationError as error:
        yield BadInput("password", " ".join(error.messages))


def _sentence(field: str, error: ValidationError) -> Text:
    if field == "username" and error.code == "invalid":
        return _("A login has only letters, digits and @ . + - _, without spaces.")
    return " ".join(error.messages)


def _set_group(user: User, role: str) -> None:
    if role == Role.SUPERVISOR:
        permissions.make_supervisor(user)
    else:
        user.groups.remove(*Group.objects.filter(name=permissions.SUPERVISORS))


def _facts(user: User) -> dict[str, Any]:
    """What the audit compares, as people read it: never the password."""
    kept = with_roles().filter(pk=user.pk).first() if user.pk else None
    if kept is None:
        return {}
    return {
        str(_("Login")): kept.username,
        str(_("First name")): kept.first_name,
        str(_("Last name")): kept.last_name,
        str(_("E-mail")): kept.email,
        str(_("Role")): str(Role(kept.role).label),
        str(_("Situation")): str(_("Active") if kept.is_active else _("Inactive")),
    }


def _tell(user: User, before: dict[str, Any], *, by: User, password: str) -> None:
    changes = {
        name: (before.get(name, ""), value)
        for name, value in _facts(user).items()
        if before.get(name, "") != value
    }
    if before and password:
        changes[str(_("Password"))] = ("", _("new"))
    if changes:
        about = f"{User._meta.verbose_name}: {user}"
        audit.record(by, "changed" if before else "added", about, changes=changes)
