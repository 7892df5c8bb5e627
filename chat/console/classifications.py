"""Supervisor > Chat > Classificação, and its tab Atendentes (guide, PASSO 1, 2 and 4)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from chat.console.base import ACTIVE, BY_ACTIVE, Column, Filter, Section, State, Tab
from chat.console.forms import Styled
from chat.models import Classification, Membership
from chat.models.conversation import Status
from chat.services import classifications

KIND_HELP = _(
    "Human service: conversations wait here for an agent. Bot: the isoBot answers; "
    "its code is the answer of CLASS_CHAT_BOT."
)


class ClassificationForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Classification
        fields = ["description", "kind", "active"]
        help_texts = {
            "description": _("The name people read, for example WhatsApp or ISOCHAT BOT."),
            "kind": KIND_HELP,
            "active": _("An inactive classification receives no conversations."),
        }


class Classifications(Section):
    slug = "classificacao"
    title = _("Classification")
    path = ("Supervisor", "Chat")
    lead = _("Where conversations wait, and who answers them.")
    model = Classification
    form = ClassificationForm
    columns = (
        Column(_("Code"), "code", "code"),
        Column(_("Description"), "description", "main"),
        Column(_("Type"), "get_kind_display"),
        Column(_("Agents"), lambda row: "" if row.is_bot else row.agents, "number"),
        ACTIVE,
    )
    search = ("description", "code__exact_number")
    search_label = _("Description or code")
    filters = (
        Filter("tipo", _("Type"), lambda: Classification.Kind.choices, "kind"),
        BY_ACTIVE,
    )
    ordering = ("description", "code")
    new_title = _("New classification")
    saved = _("Classification saved.")
    empty = _("No classification yet.")
    empty_action = _("Include the first classification")

    @classmethod
    def rows(cls, parent: Any = None) -> QuerySet[Any]:
        found: QuerySet[Any] = super().rows(parent).annotate(agents=Count("memberships"))
        return found

    @classmethod
    def heading(cls, row: Any) -> str:
        return f"{row.description} ({row.code})"

    @classmethod
    def save(cls, form: Any, *, by: User, row: Any, parent: Any = None) -> Any:
        held = Classification() if row is None else Classification.objects.get(pk=row.pk)
        return classifications.save(held, by=by, **form.cleaned_data)

    @classmethod
    def done(cls, form: Any, saved: Any) -> Any:
        count = saved.conversations.filter(status=Status.WAITING).count()
        if saved.active or not count:
            return cls.saved
        return _(
            "Classification saved. Conversations that wait in it: %(count)d. No agent sees them "
            "now: transfer them."
        ) % {"count": count}

    @classmethod
    def tabs(cls, row: Any) -> list[Tab]:
        found = [Tab(_("Data"), cls.url("edit", row))]
        if not row.is_bot:  # the isoBot answers there, and nobody else
            found.append(Tab(_("Agents"), Agents.url(parent=row)))
        return found


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A user, by the name people know and the login."""

    def label_from_instance(self, obj: User) -> str:
        return _named(obj)


class AgentForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Membership
        fields = ["user", "supervisor"]
        field_classes = {"user": PersonField}
        labels = {"user": _("Agent"), "supervisor": _("Supervisor")}
        help_texts = {
            "user": _("Only active users who are not agents of this classification yet."),
            "supervisor": _(
                "Sees all conversations of this classification, in every state, and reassigns "
                "them. Configures nothing."
            ),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        user = self.fields["user"]
        assert isinstance(user, forms.ModelChoiceField)
        if self.instance.pk:
            user.disabled = True
            return
        taken = Membership.objects.filter(classification=self.instance.classification)
        free = User.objects.filter(is_active=True).exclude(pk__in=taken.values("user"))
        user.queryset = free.order_by("first_name", "last_name", "username")


def _named(user: User) -> str:
    full = user.get_full_name()
    return f"{full} ({user.username})" if full else str(user.username)


class Agents(Section):
    slug = "classificacao-atendentes"
    parent = Classifications
    parent_field = "classification"
    title = _("Agents")
    path = ("Supervisor", "Chat")
    model = Membership
    form = AgentForm
    related = ("user",)
    columns = (
        Column(_("Agent"), lambda row: _named(row.user), "main"),
        Column(_("Mark"), lambda row: _("Supervisor") if row.supervisor else ""),
        Column(
            _("Situation"),
            lambda row: (
                State(_("Active"), "good", "circle-check")
                if row.user.is_active
                else State(_("User switched off"), "warn", "lock")
            ),
            "state",
        ),
    )
    ordering = ("user__first_name", "user__username")
    new_title = _("Include agent")
    saved = _("Agent saved.")
    empty = _("No agent yet: nobody sees the conversations that wait here.")
    empty_action = _("Include the first one")
    can_remove = True

    @classmethod
    def heading(cls, row: Any) -> str:
        return _named(row.user)

    @classmethod
    def save(cls, form: Any, *, by: User, row: Any, parent: Any = None) -> Any:
        marked = form.cleaned_data["supervisor"]
        if row is not None:
            return classifications.change_agent(
                Membership.objects.get(pk=row.pk), by=by, supervisor=marked
            )
        username = form.cleaned_data["user"].username
        return classifications.add_agent(parent, username, by=by, supervisor=marked)

    @classmethod
    def remove(cls, row: Any, *, by: User) -> None:
        classifications.remove_agent(row, by=by)

    @classmethod
    def loss(cls, row: Any) -> Any:
        return _(
            "This person no longer sees the conversations that wait in this classification. "
            "Those already with them stay with them."
        )
