"""What every page of Django's administration keeps to: who is told, what is only looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DataError, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# SQLite counts how deep a condition is nested; nobody types more than this to find a row.
LONGEST_SEARCH = 200


@dataclass(frozen=True)
class Change:
    """What a person did to a row: `values` maps a field's label to its values before and after.

    The labels in `secrets` hold what may be told as a fingerprint only.
    """

    by: User
    what: str
    row: Model
    values: Mapping[str, tuple[object, object]] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()


# Told of every change, in its transaction; the app that keeps the audit puts itself here.
listeners: list[Callable[[Change], None]] = []


def tell(change: Change) -> None:
    for listener in listeners:
        listener(change)


def name_fields(model: type[Model], **labels: Promise | str) -> None:
    """How fields read on the pages, for models whose rows people otherwise never see as such.

    Given here and not in the model, a label asks for no migration.
    """
    for name, label in labels.items():
        model._meta.get_field(name).verbose_name = label  # type: ignore[union-attr]


class Form(forms.ModelForm):  # type: ignore[type-arg]
    """Every rule of the model is asked, also of fields that are not on the form, and in words."""

    def validate_unique(self) -> None:
        super().validate_unique()
        if not self.errors:
            try:
                self.instance.validate_constraints()
            except ValidationError as error:
                self.add_error(None, error)

    def add_error(self, field: str | None, error: Any) -> None:
        for problem in getattr(error, "error_dict", {}).get(NON_FIELD_ERRORS, ()):
            if any(rule.name in str(problem.message) for rule in self.instance._meta.constraints):
                problem.message = _("There is already one with these values.")
        super().add_error(field, error)


class Admin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = Form
    list_per_page = 50
    show_full_result_count = False

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """A filter by a value no column holds is a wrong filter, not an error of ours."""
        try:
            with transaction.atomic():
                return super().get_changelist_instance(request)
        except (ValueError, OverflowError, DataError) as error:
            raise IncorrectLookupParameters(str(error)) from error

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, search_term[:LONGEST_SEARCH])

    def secrets_of(self, row: Any) -> frozenset[str]:
        """The fields of this row that hold a secret."""
        return frozenset()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        before = type(obj)._default_manager.get(pk=obj.pk) if change else None
        names = [name for name in form.changed_data if name in form.cleaned_data]
        kept = {name: "" if before is None else _shown(before, name) for name in names}
        # A text may have held a secret before, or hold one now.
        hidden = self.secrets_of(obj) | (frozenset() if before is None else self.secrets_of(before))
        super().save_model(request, obj, form, change)
        self._tell(request, "changed" if change else "added", obj, form, kept, hidden)

    def _tell(
        self,
        request: HttpRequest,
        what: str,
        row: Any,
        form: Any,
        before: dict[str, str],
        hidden: frozenset[str],
    ) -> None:
        assert isinstance(request.user, User)
        label = {name: str(form.fields[name].label or name) for name in before}
        values = {label[n]: (before[n], _shown_new(form.cleaned_data[n])) for n in before}
        secrets = frozenset(label[name] for name in before if name in hidden)
        tell(Change(request.user, what, row, values, secrets))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        assert isinstance(request.user, User)
        changed = [row for row, _names in formset.changed_objects]
        for what, rows in (
            ("added", formset.new_objects),
            ("changed", changed),
            ("removed", formset.deleted_objects),
        ):
            for row in rows:
                tell(Change(request.user, what, row))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        assert isinstance(request.user, User)
        tell(Change(request.user, "removed", obj))
        super().delete_model(request, obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.delete_model(request, row)


def _shown(row: Any, name: str) -> str:
    value = getattr(row, name, "")
    return _shown_new(value.all() if hasattr(value, "all") else value)


def _shown_new(value: Any) -> str:
    if isinstance(value, QuerySet):
        return ", ".join(sorted(map(str, value)))
    return "" if value is None else str(value)


class ReadOnly(Admin):
    """Rows the system writes: looked at, never touched."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
