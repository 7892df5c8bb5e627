"""Cadastros > Tipos de telefone and Tipos de e-contact, known by their codes (guide, PASSO 5)."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.db.models import Case, Count, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from chat.console.base import Column, Section, State, Text
from chat.console.forms import Styled
from chat.models import EContactType, PhoneType
from parameters import store
from parameters.catalogue import ISOCHATBOT


class TypeForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    def clean_description(self) -> str:
        description = str(self.cleaned_data["description"])
        same = type(self.instance)._default_manager.filter(description__iexact=description)
        other = same.exclude(pk=self.instance.pk).first()
        if other is not None:
            raise forms.ValidationError(
                _("There is already a type with this description, of code %(code)s.")
                % {"code": other.pk}
            )
        return description


class PhoneTypeForm(TypeForm):
    class Meta:
        model = PhoneType
        fields = ["description"]


class EContactTypeForm(TypeForm):
    class Meta:
        model = EContactType
        fields = ["description"]


class _Types(Section):
    """What both kinds of types share: `question` names one of them, `used_by` are its rows."""

    question: ClassVar[str]
    used_by: ClassVar[str]
    path = (_("Registers"),)
    columns = (
        Column(_("Code"), "code", "code"),
        Column(_("Description"), "description", "main"),
        Column(_("In contacts"), "uses", "number"),
        Column(
            _("Used to link chats"),
            lambda row: State(row.named_by, "good", "link") if row.named_by else "",
            "state",
        ),
    )
    search = ("description", "code__exact_number")
    search_label = _("Description or code")
    ordering = ("code",)
    new_title = _("New type")
    saved = _("Type saved.")
    empty = _("No type yet.")
    can_remove = True

    @classmethod
    def rows(cls, parent: Any = None) -> QuerySet[Any]:
        chosen = store.read(ISOCHATBOT.keys[cls.question])
        named = When(code=chosen, then=Value(cls.question))
        found: QuerySet[Any] = (
            super()
            .rows(parent)
            .annotate(uses=Count(cls.used_by), named_by=Case(named, default=Value("")))
        )
        return found

    @classmethod
    def heading(cls, row: Any) -> str:
        return f"{row.description} ({row.code})"

    @classmethod
    def obstacle(cls, row: Any) -> Text:
        if row.uses:
            return _("Contacts use it (%(count)d times). Choose another type for them first.") % {
                "count": row.uses
            }
        if row.named_by:
            return _(
                "It is the answer of %(key)s in ISOCHATBOT. Choose another one there first."
            ) % {"key": row.named_by}
        return ""


class PhoneTypes(_Types):
    slug = "tipos-de-telefone"
    title = _("Types of telephone")
    lead = _(
        "The code is the answer of TIPO_TELEFONE: linking a WhatsApp chat writes the number "
        "with that type."
    )
    model = PhoneType
    form = PhoneTypeForm
    question = "TIPO_TELEFONE"
    used_by = "contactphone"


class EContactTypes(_Types):
    slug = "tipos-de-econtact"
    title = _("Types of e-contact")
    lead = _(
        "The code is the answer of TIPO_ECONTACT: linking a Telegram, Instagram or Messenger "
        "chat writes the name with that type."
    )
    model = EContactType
    form = EContactTypeForm
    question = "TIPO_ECONTACT"
    used_by = "contactecontact"
