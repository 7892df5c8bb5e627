"""Which classification serves people and which is the bot's, and what a code must be."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from chat.errors import Text
from chat.models import Classification, EContactType, Menu, PhoneType
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


def check_parameters() -> None:
    """Have the codes typed into parameters checked against the rows they name."""
    store.references.update(
        {
            "classification.human": lambda code: problem_with(Classification.Kind.HUMAN, code),
            "classification.bot": lambda code: problem_with(Classification.Kind.BOT, code),
            "phone_type": lambda code: _problem_with_type(PhoneType, code),
            "econtact_type": lambda code: _problem_with_type(EContactType, code),
        }
    )
