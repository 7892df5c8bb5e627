"""Usuários: who signs in, and as what. Administrators write; supervisors read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import password_validators_help_texts
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chat import permissions
from chat.console.base import ACTIVE, BY_ACTIVE, Column, Filter, Section
from chat.console.forms import Styled
from chat.services import people
from chat.services.people import Role

FIELDS = ("username", "first_name", "last_name", "email")


class UserForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    role = forms.ChoiceField(
        label=_("Role"),
        choices=Role.choices,
        help_text=_(
            "Agent: serves the conversations of their classifications. Supervisor: also "
            "configures and sees everything. Administrator: also gives rights to users."
        ),
    )
    active = forms.BooleanField(
        label=_("Active"),
        required=False,
        help_text=_("Somebody inactive is out at once, in the browser and in programs."),
    )
    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = User
        fields = FIELDS
        help_texts = {"username": _("Letters, digits and @ . + - _, without spaces.")}
        labels = {
            "username": _("Login"),
            "first_name": _("First name"),
            "last_name": _("Last name"),
            "email": _("E-mail"),
        }

    def __init__(self, *args: Any, may_change: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["username"].widget.attrs.update(autocomplete="off", autofocus=False)
        if not may_change:
            del self.fields["password"]
            return
        rules = "\n".join(map(str, password_validators_help_texts()))
        self.fields["password"].required = not self.instance.pk
        if self.instance.pk:
            blank = _("Left blank, it stays. A new one ends every open session of this person.")
            rules = f"{blank}\n{rules}"
        self.fields["password"].help_text = rules

    def clean(self) -> dict[str, Any]:
        """All that is wrong at once; one sentence for each field."""
        data = dict(super().clean() or {})
        typed = {name: str(data.get(name, "")).strip() for name in FIELDS}
        for problem in people.problems_with(
            User(pk=self.instance.pk, **typed), str(data.get("password", ""))
        ):
            if problem.field in self.fields and problem.field not in self.errors:
                self.add_error(problem.field, str(problem.detail))
        return data

    def _post_clean(self) -> None:
        """The rules are the service's, which writes the row."""


class Users(Section):
    slug = "usuarios"
    title = _("Users")
    lead = _("Who signs in, and as what. Only administrators change this.")
    model = User
    form = UserForm
    columns = (
        Column(_("Name"), lambda row: row.get_full_name() or row.username, "main"),
        Column(_("Login"), "username", "code"),
        Column(_("Role"), lambda row: Role(row.role).label),
        Column(
            _("Classifications"),
            lambda row: [one.classification.description for one in row.memberships.all()],
            "lines",
        ),
        Column(_("Last login"), "last_login", "moment"),
        ACTIVE,
    )
    search = ("username", "first_name", "last_name", "email")
    search_label = _("Name, login or e-mail")
    filters = (Filter("papel", _("Role"), lambda: Role.choices, "role"), BY_ACTIVE)
    ordering = ("first_name", "last_name", "username")
    new_title = _("New user")
    saved = _("User saved.")
    empty = _("No user yet.")
    form_template = "console/user.html"

    @classmethod
    def may_change(cls, user: User) -> bool:
        return permissions.may_manage_users(user)

    @classmethod
    def rows(cls, parent: Any = None) -> QuerySet[Any]:
        rows = people.with_roles().annotate(active=F("is_active")).order_by(*cls.ordering)
        found: QuerySet[Any] = rows.prefetch_related("memberships__classification")
        return found

    @classmethod
    def heading(cls, row: Any) -> str:
        return str(row.get_full_name() or row.username)

    @classmethod
    def beside(cls, request: HttpRequest, row: Any, parent: Any = None) -> dict[str, Any]:
        return {"open_conversations": people.open_conversations(row) if row is not None else 0}

    @classmethod
    def make_form(cls, *args: Any, user: User, row: Any, parent: Any, **options: Any) -> Any:
        initial = {"role": Role.AGENT.value, "active": True}
        if row is not None:
            initial = {"role": row.role, "active": row.is_active}
        return UserForm(
            *args,
            instance=row if row is not None else User(),
            initial=initial,
            may_change=cls.may_change(user),
            **options,
        )

    @classmethod
    def save(cls, form: Any, *, by: User, row: Any, parent: Any = None) -> Any:
        user = User() if row is None else User.objects.get(pk=row.pk)
        return people.save(user, by=by, **form.cleaned_data)

    @classmethod
    def done(cls, form: Any, saved: Any) -> Any:
        count = people.open_conversations(saved)
        if saved.is_active or not count:
            return cls.saved
        return _("User saved. %(count)d open conversations are still with this person.") % {
            "count": count
        }
