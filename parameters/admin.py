"""Parameters in Django's administration: the store's checks, and secrets masked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parameters import store
from parameters.admin_base import Admin, Form, name_fields
from parameters.keys import Catalogue
from parameters.kinds import BadValue
from parameters.models import Detail, Parameter, ParameterUser

TEXTS = ("answer", "note")
name_fields(ParameterUser, parameter=gettext_lazy("Parameter"))
name_fields(Detail, user=gettext_lazy("User"), updated_at=gettext_lazy("Changed at"))


@admin.register(Parameter)
class ParameterAdmin(Admin):
    list_display = ["name", "description", "active"]
    list_filter = ["active"]
    search_fields = ["name", "description"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Another name could uncover the secrets of its details.
        return ["name"] if obj else []


@admin.register(ParameterUser)
class ParameterUserAdmin(Admin):
    list_display = ["name", "parameter", "order", "active"]
    list_filter = ["parameter", "active"]
    list_select_related = ["parameter"]
    search_fields = ["name", "parameter__name"]
    autocomplete_fields = ["parameter"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Under another parameter the details would no longer be known for secrets.
        return ["parameter"] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            store.add_initial_rows(obj)


class Text(forms.CharField):
    """A text of a detail, its line ends as they were before a browser sent them."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 60})

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").replace("\r\n", "\n")


class Masked(forms.Textarea):
    """Shows the mask of what is kept, whatever was typed: a refused secret is not sent back."""

    def __init__(self, mask: str) -> None:
        super().__init__(attrs={"rows": 2, "cols": 60, "autocomplete": "off"})
        self.mask = mask

    def format_value(self, value: Any) -> str:
        return self.mask


class DetailForm(Form):
    answer = Text(label=gettext_lazy("Answer"), required=False, strip=False)
    note = Text(label=gettext_lazy("Note"), required=False, strip=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Validation writes into the instance: what is kept is remembered before.
        self.held = {name: getattr(self.instance, name) for name in TEXTS}
        key = self.instance.key if self.instance.pk else self._key_sent()
        if key is not None and key.is_secret:
            for name in TEXTS:
                self.initial[name] = store.mask(self.held[name])
                self.fields[name].widget = Masked(self.initial[name])
                self.fields[name].help_text = _("Leave the dots to keep what is there.")

    def _key_sent(self) -> Any:
        """The key of a detail that is being added; nothing is known of it but what came."""
        sent = str(self.data.get("user", "")) if self.is_bound else ""
        owner = ParameterUser.objects.filter(pk=sent).first() if _is_id(sent) else None
        if owner is None:
            return None
        return Catalogue.find(owner.parameter.name, self.data.get("question", ""))

    def clean(self) -> dict[str, Any]:
        data = dict(super().clean() or {})
        if self.errors:
            return data
        if self.instance.pk is None:
            data["question"] = data["question"].strip()
            row = Detail(user=data["user"], question=data["question"])
        else:
            row = Detail(user=self.instance.user, question=self.instance.question, **self.held)
        if row.key is not None and row.key.system:
            self.add_error(None, _("The system itself keeps this one."))
        elif self.instance.pk and not set(TEXTS) & set(self.changed_data):
            data.update(self.held)  # what was not touched is not judged
        else:
            self._take(row, data)
        return data

    def _take(self, row: Detail, data: dict[str, Any]) -> None:
        try:
            data["answer"], data["note"] = store.cleaned(row, data["answer"], data["note"])
        except BadValue as error:
            self.add_error(error.field if error.field in self.fields else None, str(error.message))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 18


@admin.register(Detail)
class DetailAdmin(Admin):
    form = DetailForm
    list_display = ["question", "user", "shown_answer", "shown_note", "order", "active"]
    list_filter = ["user__parameter", "user__name", "active"]
    list_select_related = ["user__parameter"]
    search_fields = ["question", "user__name", "user__parameter__name"]
    autocomplete_fields = ["user"]
    date_hierarchy = "updated_at"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        texts = TEXTS if self.has_change_permission(request, obj) else self._shown
        return ["user", "question", *texts, "order", "active"]

    _shown = ("shown_answer", "shown_note")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Another question would be another detail, and could uncover a secret.
        return [*self._shown, *(["user", "question"] if obj else [])]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not _is_system(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _is_system(obj)

    def secrets_of(self, row: Detail) -> frozenset[str]:
        return frozenset(name for name in TEXTS if not store.is_open(row, name))

    @admin.display(description=gettext_lazy("Answer"))
    def shown_answer(self, row: Detail) -> str:
        return _short(store.shown(row)[0])

    @admin.display(description=gettext_lazy("Note"))
    def shown_note(self, row: Detail) -> str:
        return _short(store.shown(row)[1])


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"


def _is_system(row: Detail | None) -> bool:
    return row is not None and row.key is not None and row.key.system
