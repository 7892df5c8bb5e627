"""Which classification serves people and which is the bot's, and writing one and its agents."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from chat.errors import BadInput, Text
from chat.models import Classification, EContactType, Membership, Menu, PhoneType
from chat.services import audit
from chat.services.held import hold
from parameters import store
from parameters.catalogue import ISOCHATBOT


def for_people(code: int | None = None) -> Classification | None:
    """The one an option names, else the one of CLASS_CHAT_ATENDIMENTO, if it can serve."""
    kind = Classification.Kind.HUMAN
    return _usable(code, kind) or _usable(store.read(ISOCHATBOT.CLASS_CHAT_ATENDIMENTO), kind)


def for_bot(menu: Menu) -> Classification | None:
    """The menu's own, else the one of CLASS_CHAT_BOT; without one the bot keeps silent."""
    own = menu.classification
    if own is not None and own.active and own.kind == Classification.Kind.BOT:
        return own
    return _usable(store.read(ISOCHATBOT.CLASS_CHAT_BOT), Classification.Kind.BOT)


def _usable(code: int | None, kind: str) -> Classification | None:
    if code is None:
        return None
    return Classification.objects.filter(pk=code, kind=kind, active=True).first()


def problem_with(kind: str, code: int) -> Text | None:
    """What is wrong with a code typed for a classification of this kind, or None."""
    found = Classification.objects.filter(pk=code).first()
    if found is None:
        return _("There is no classification with the code %(code)s.") % {"code": code}
    if found.kind != kind:
        return _("%(name)s (%(code)s) is of the type “%(kind)s”; choose one of the other type.") % {
            "name": found.description,
            "code": code,
            "kind": found.get_kind_display(),
        }
    if not found.active:
        return _("%(name)s (%(code)s) is not active.") % {"name": found.description, "code": code}
    return None


def _problem_with_type(model: type[PhoneType] | type[EContactType], code: int) -> Text | None:
    if model.objects.filter(pk=code).exists():
        return None
    return _("There is no type with the code %(code)s.") % {"code": code}


def _classifications(kind: str) -> list[tuple[int, str]]:
    rows = Classification.objects.filter(kind=kind, active=True).order_by("description", "pk")
    return [(row.pk, row.description) for row in rows]


def _types(model: type[PhoneType] | type[EContactType]) -> list[tuple[int, str]]:
    return [(row.pk, str(row)) for row in model.objects.order_by("pk")]


def check_parameters() -> None:
    """Have the codes typed into parameters checked against, and chosen from, the rows they name."""
    store.references.update(
        {
            "classification.human": lambda code: problem_with(Classification.Kind.HUMAN, code),
            "classification.bot": lambda code: problem_with(Classification.Kind.BOT, code),
            "phone_type": lambda code: _problem_with_type(PhoneType, code),
            "econtact_type": lambda code: _problem_with_type(EContactType, code),
        }
    )
    store.listings.update(
        {
            "classification.human": lambda: _classifications(Classification.Kind.HUMAN),
            "classification.bot": lambda: _classifications(Classification.Kind.BOT),
            "phone_type": lambda: _types(PhoneType),
            "econtact_type": lambda: _types(EContactType),
        }
    )


FIELDS = ("description", "kind", "active")


@transaction.atomic
def save(
    classification: Classification,
    *,
    by: User,
    description: str | None = None,
    kind: str | None = None,
    active: bool | None = None,
) -> Classification:
    """Write a classification; None leaves a field as it is. Raises BadInput."""
    is_new = classification.pk is None
    hold(classification, "description")
    if description is not None or is_new:
        classification.description = _checked_description(description or "")
    before: dict[str, Any] = {}
    if not is_new:
        before.update(Classification.objects.filter(pk=classification.pk).values().get())
    if kind is not None or is_new:
        _check_kind(classification, kind or "", before.get("kind", ""))
        classification.kind = kind or ""
    if active is not None:
        classification.active = active
    classification.save()
    audit.written(by, classification, before=before, fields=FIELDS)
    return classification


def _checked_description(text: str) -> str:
    text = text.strip()
    longest = Classification._meta.get_field("description").max_length or 0
    if not text:
        raise BadInput("description", _("Type a description."))
    if len(text) > longest:
        raise BadInput(
            "description", _("A description has up to %(limit)d characters.") % {"limit": longest}
        )
    return text


def _check_kind(classification: Classification, kind: str, before: str) -> None:
    if kind not in Classification.Kind.values:
        raise BadInput("kind", _("Choose human service or bot."))
    if before in ("", kind):
        return
    if classification.memberships.exists():
        raise BadInput("kind", _("It has agents: remove them before changing the type."))
    if classification.conversations.exists():
        raise BadInput("kind", _("It already has conversations, so its type no longer changes."))


@transaction.atomic
def add_agent(
    classification: Classification, username: str, *, by: User, supervisor: bool = False
) -> Membership:
    """Make somebody an agent of the classification. Raises BadInput."""
    if classification.kind != Classification.Kind.HUMAN:
        raise BadInput("agent", _("A classification of the bot has no agents."))
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise BadInput("agent", _("There is no active user “%(name)s”.") % {"name": username})
    membership, made = Membership.objects.get_or_create(
        classification=classification, user=user, defaults={"supervisor": supervisor}
    )
    if not made:
        raise BadInput(
            "agent", _("%(name)s is already an agent of this classification.") % {"name": username}
        )
    changes = {"supervisor": ("", supervisor)}
    audit.record(by, "added", membership, changes=changes)
    return membership


@transaction.atomic
def change_agent(membership: Membership, *, by: User, supervisor: bool) -> Membership:
    """Set or take away the supervisor mark."""
    if membership.supervisor != supervisor:
        changes = {"supervisor": (membership.supervisor, supervisor)}
        membership.supervisor = supervisor
        membership.save()
        audit.record(by, "changed", membership, changes=changes)
    return membership


@transaction.atomic
def remove_agent(membership: Membership, *, by: User) -> None:
    """They no longer see its queue; what they are answering stays theirs."""
    audit.record(by, "removed", membership)
    membership.delete()
