"""Parâmetros: parameter, its users, their details (guide, PASSO 3)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.models import User
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from chat.console.base import ACTIVE, BY_ACTIVE, Column, Section, State
from chat.console.details import DetailForm, answered
from chat.console.forms import Styled
from chat.console.screens import Screen
from chat.services import settings
from parameters import lint, store
from parameters.models import STANDARD_USER, Detail, Parameter, ParameterUser

TONES = {"error": "bad", "warning": "warn", "info": "quiet"}


def findings_state(found: list[lint.Finding]) -> State | None:
    """How many oddities there are, in the tone of the worst."""
    if not found:
        return State(_("No remarks"), "good", "circle-check")
    count = len(found)
    label = _("1 remark") if count == 1 else _("%(count)d remarks") % {"count": count}
    return State(label, TONES[found[0].severity], "alert-triangle")


class ParameterForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Parameter
        fields = ["name", "description", "note", "active"]
        help_texts = {
            "name": _("As the guide writes it, for example ISOCHATBOT."),
            "note": _("May stay blank."),
            "active": _("The details of an inactive parameter do not count."),
        }

    def clean_name(self) -> str:
        """Asked here, or the constraint of the database would speak first."""
        try:
            return store.free_name(self.instance, self.cleaned_data["name"])
        except store.BadValue as error:
            raise forms.ValidationError(str(error.message)) from error


class Parameters(Section):
    slug = "parametros"
    title = _("Parameters")
    lead = _("What the isoBot, the provider and the mail need: parameter, user, details.")
    model = Parameter
    form = ParameterForm
    columns = (
        Column(_("Parameter"), "name", "main"),
        Column(_("Description"), "description"),
        Column(_("Details"), "details", "number"),
        Column(_("Remarks"), lambda row: findings_state(row.found), "state"),
        ACTIVE,
    )
    search = ("name", "description")
    search_label = _("Parameter or description")
    filters = (BY_ACTIVE,)
    ordering = ("name",)
    add_label = _("Add parameter")
    new_title = _("Add parameter")
    save_label = _("Save")
    saved = _("Parameter saved.")
    empty = _("No parameter yet. The guide begins with ISOCHATBOT.")
    empty_action = _("Add parameter")
    open_label = _("Edit")
    open_icon = "pencil"
    after_save = "list"
    form_template = "console/parameter.html"

    @classmethod
    def rows(cls, parent: Any = None) -> QuerySet[Any]:
        found: QuerySet[Any] = super().rows(parent).annotate(details=Count("users__details"))
        return found

    @classmethod
    def completed(cls, rows: Sequence[Any]) -> Sequence[Any]:
        found = defaultdict(list)
        for finding in lint.findings():
            found[finding.parameter].append(finding)
        for row in rows:
            row.found = found[row.name]
        return rows

    @classmethod
    def beside(cls, request: HttpRequest, row: Any, parent: Any = None) -> dict[str, Any]:
        if row is None:
            return {}
        found = lint.findings(row.name)
        return {
            "findings": found,
            "users": _users_of(row, found),
            "standard": STANDARD_USER,
            "add_user_url": Users.url("add", parent=row),
        }

    @classmethod
    def save(cls, form: Any, *, by: User, row: Any, parent: Any = None) -> Any:
        # A row as it is stored: the form has changed its own already.
        held = Parameter.objects.get(pk=row.pk) if row is not None else Parameter()
        return settings.save_parameter(held, by=by, **form.cleaned_data)


def _users_of(row: Parameter, found: list[lint.Finding]) -> list[tuple[ParameterUser, list[Any]]]:
    """The users of a parameter, each with its details as the page lists them."""
    told = Counter(finding.detail for finding in found)
    details = defaultdict(list)
    rows = Detail.objects.filter(user__parameter=row).select_related("user__parameter")
    for detail in answered(rows.order_by("question", "pk")):
        details[detail.user_id].append({"row": detail, "remarks": told[detail.pk]})
    return [(user, details[user.pk]) for user in row.users.order_by("order", "name")]


class UserForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ParameterUser
        fields = ["name", "order", "active"]
        help_texts = {
            "name": _("ISOPADRAO: all the details the system reads belong to this user."),
            "order": _("Always 1."),
            "active": _("The details of an inactive user do not count."),
        }


class Users(Section):
    slug = "parametros-usuarios"
    parent = Parameters
    parent_field = "parameter"
    title = _("Users")
    model = ParameterUser
    form = UserForm
    related = ("parameter",)
    columns = (
        Column(_("User"), "name", "main"),
        Column(_("Order"), "order", "number"),
        Column(_("Details"), "count", "number"),
        ACTIVE,
    )
    ordering = ("order", "name")
    add_label = _("Add user")
    new_title = _("Add user")
    save_label = _("Save")
    saved = _("User saved.")
    empty = _("No user yet. The guide adds ISOPADRAO.")
    empty_action = _("Add user")
    open_label = _("Edit")
    open_icon = "pencil"
    after_save = "parent"
    can_remove = True

    @classmethod
    def rows(cls, parent: Any = None) -> QuerySet[Any]:
        found: QuerySet[Any] = super().rows(parent).annotate(count=Count("details"))
        return found

    @classmethod
    def heading(cls, row: Any) -> str:
        return str(row.name)

    @classmethod
    def loss(cls, row: Any) -> Any:
        return _("%(count)d details go with it. This cannot be undone.") % {"count": row.count}

    @classmethod
    def save(cls, form: Any, *, by: User, row: Any, parent: Any = None) -> Any:
        held = ParameterUser(parameter=parent)
        if row is not None:
            held = ParameterUser.objects.get(pk=row.pk)
        return settings.save_parameter_user(held, by=by, **form.cleaned_data)


class Details(Section):
    slug = "parametros-usuarios-detalhes"
    parent = Users
    parent_field = "user"
    title = _("Details")
    model = Detail
    form = DetailForm
    related = ("user__parameter",)
    columns = (
        Column(_("Question"), "question", "main"),
        Column(_("Answer"), "answer_shown"),
        Column(_("Note"), lambda row: store.shown(row)[1]),
        Column(_("Order"), "order", "number"),
        ACTIVE,
    )
    ordering = ("question", "pk")
    search = ("question",)
    search_label = _("Question")
    add_label = _("Add detail")
    new_title = _("Add detail")
    save_label = _("Save")
    saved = _("Detail saved.")
    empty = _("No detail yet. The guide begins with CLASS_CHAT_ATENDIMENTO.")
    empty_action = _("Add detail")
    open_label = _("Edit")
    open_icon = "pencil"
    after_save = "list"
    can_remove = True
    list_template = "console/details.html"
    form_template = "console/detail.html"

    @classmethod
    def completed(cls, rows: Sequence[Any]) -> Sequence[Any]:
        return answered(rows)

    @classmethod
    def prefix(cls) -> str:
        return "parametros/usuarios/<int:parent>/detalhes/"

    @classmethod
    def heading(cls, row: Any) -> str:
        return str(row.question)

    @classmethod
    def make_form(cls, *args: Any, user: User, row: Any, parent: Any, **options: Any) -> Any:
        return DetailForm(*args, owner=parent, row=row, **options)

    @classmethod
    def asked(cls, request: HttpRequest) -> dict[str, Any]:
        """The question the address of the empty form names, as a card of Setup chat does."""
        return {"question": request.GET.get("pergunta", "")[:100].replace("\x00", "")}

    @classmethod
    def save(cls, form: Any, *, by: User, row: Any, parent: Any = None) -> Any:
        saved, _made = settings.put_detail(
            parent.parameter.name, parent.name, form.question, by=by, **form.values
        )
        return saved

    @classmethod
    def remove(cls, row: Any, *, by: User) -> None:
        settings.remove_detail(row, by=by)

    @classmethod
    def loss(cls, row: Any) -> Any:
        return _("Answer and note are lost, and the system acts as if they had never been there.")

    @classmethod
    def above(cls, request: HttpRequest, parent: Any = None) -> dict[str, Any]:
        found = lint.findings(parent.parameter.name)
        return {"findings": [one for one in found if one.user == parent.name]}

    @classmethod
    def beside(cls, request: HttpRequest, row: Any, parent: Any = None) -> dict[str, Any]:
        if row is None:
            return {}
        found = lint.findings(row.user.parameter.name)
        key = row.key
        counts = key is not None and row.user.name.upper() == STANDARD_USER
        return {
            "findings": [one for one in found if one.detail == row.pk],
            "effective": store.effective(key) if counts else None,
            "is_secret": row.is_secret,
        }


class Open(Screen):
    """Leads to a parameter or a detail by name, or to the empty form where it is missing."""

    section = Parameters

    def get(self, request: HttpRequest) -> HttpResponseBase:
        name = request.GET.get("parametro", "")[:100].replace("\x00", "")
        question = request.GET.get("pergunta", "")[:100].replace("\x00", "")
        parameter = Parameter.objects.filter(name__iexact=name).first()
        if parameter is None:
            return redirect(Parameters.url("add"))
        user = parameter.users.filter(name__iexact=STANDARD_USER).first()
        if user is None or not question:
            return redirect(Parameters.url("edit", parameter))
        row = store.find_detail(name, user.name, question)
        if row is not None:
            return redirect(Details.url("edit", row, user))
        query = urlencode({"pergunta": question})
        return redirect(f"{Details.url('add', parent=user)}?{query}")


own_urls: list[URLPattern] = [
    path("parametros/abrir/", Open.as_view(), name="console-parameter-open"),
]
