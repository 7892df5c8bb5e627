"""The one base of the console's screens: a list, a form, tabs and a question before removing.

A screen is a `Section`: what it lists, which form edits it, and who may. Its addresses, its
filter, its paging, its empty page, the refusal of a form sent twice and the audit come from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.models import User
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chat import permissions
from chat.services import audit

Text = str | Promise


@dataclass(frozen=True)
class Column:
    """One column of a list. `kind` decides how the value is written.

    `text`, `main` (the name people look for), `code` (monospace with a copy button),
    `number`, `moment` (a time), `state` (a `State`), `lines` (several values) or `changes`
    (field, before, after).
    """

    label: Text
    value: str | Callable[[Any], Any]
    kind: str = "text"

    def of(self, row: Any) -> Any:
        if callable(self.value):
            return self.value(row)
        found = row
        for name in self.value.split("."):
            found = getattr(found, name, "")
        return found() if callable(found) else found


@dataclass(frozen=True)
class State:
    """A state in words with a shape and a tone: good, warn, bad or quiet."""

    label: Text
    tone: str
    icon: str


def active_state(row: Any) -> State:
    if row.active:
        return State(_("Active"), "good", "circle-check")
    return State(_("Inactive"), "quiet", "player-pause")


ACTIVE = Column(_("Situation"), active_state, "state")


@dataclass(frozen=True)
class Filter:
    """A choice above a list; `lookup` is the field it narrows by."""

    name: str
    label: Text
    choices: Callable[[], Sequence[tuple[str, Text]]]
    lookup: str


def _midnight(text: str, days: int = 0) -> datetime | None:
    """When this day began for the reader, or so many days later."""
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return timezone.make_aware(datetime.combine(day, time.min)) if day.year > 1 else None


BY_ACTIVE = Filter(
    "ativo", _("Situation"), lambda: [("1", _("Active")), ("0", _("Inactive"))], "active"
)


@dataclass(frozen=True)
class Tab:
    label: Text
    url: str
    active: bool = False


def said(field: forms.Field, value: Any) -> str:
    """A value of a form as people read it: the chosen row or word, not its code."""
    if isinstance(value, Model):
        return str(value)
    if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
        return str(field.queryset.filter(pk=value).first() or "") if value else ""
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        words = {str(code): str(word) for code, word in choices}
        return words.get(str(value), str(value))
    return str(value)


class Section:
    """One kind of row the console shows. Subclasses say what; the base knows how.

    `slug` names its address and the names of its addresses (`console-<slug>`, `-add`, `-edit`,
    `-remove`). `path` is where it stands in the menu, as people say it.
    """

    slug: ClassVar[str]
    title: ClassVar[Text]
    path: ClassVar[tuple[Text, ...]] = ()
    lead: ClassVar[Text] = ""
    model: ClassVar[type[Model]]
    form: ClassVar[type[forms.BaseForm] | None] = None
    columns: ClassVar[Sequence[Column]]
    search: ClassVar[Sequence[str]] = ()
    search_label: ClassVar[Text] = _("Filter")
    filters: ClassVar[Sequence[Filter]] = ()
    dates: ClassVar[str] = ""  # the time a list is narrowed by, from one day to another
    ordering: ClassVar[Sequence[str]] = ("pk",)
    related: ClassVar[Sequence[str]] = ()
    add_label: ClassVar[Text] = _("Include")
    new_title: ClassVar[Text] = _("Include")
    save_label: ClassVar[Text] = _("Insert")
    saved: ClassVar[Text] = _("Saved.")
    empty: ClassVar[Text] = _("Nothing here yet.")
    empty_action: ClassVar[Text] = _("Include the first one")
    open_label: ClassVar[Text] = _("Open")
    open_icon: ClassVar[str] = "search"
    after_save: ClassVar[str] = "edit"  # or "list", or "parent": the page of the row above
    can_add: ClassVar[bool] = True
    can_remove: ClassVar[bool] = False
    list_template: ClassVar[str] = "console/list.html"
    form_template: ClassVar[str] = "console/form.html"
    page_template: ClassVar[str] = ""  # of a row that is shown and not edited
    parent: ClassVar[type[Section] | None] = None
    parent_field: ClassVar[str] = ""

    # Who may, beyond the supervisors who may look.
    @classmethod
    def may_see(cls, user: User) -> bool:
        return permissions.is_supervisor(user)

    @classmethod
    def may_change(cls, user: User) -> bool:
        return cls.may_see(user)

    @classmethod
    def may_edit(cls, user: User, row: Any) -> bool:
        """Where some rows are only to be read."""
        return cls.may_change(user)

    # What is shown.
    @classmethod
    def rows(cls, parent: Any = None) -> QuerySet[Any]:
        rows: QuerySet[Any] = cls.model._default_manager.all()
        if parent is not None:
            rows = rows.filter(**{cls.parent_field: parent})
        return rows.select_related(*cls.related).order_by(*cls.ordering)

    @classmethod
    def matching(cls, rows: QuerySet[Any], query: Mapping[str, str]) -> QuerySet[Any]:
        """The rows the filter above the list leaves."""
        text = query.get("q", "").replace("\x00", "").strip()[:200]
        if text:
            condition = Q()
            for lookup in cls.search:
                if not lookup.endswith("__exact_number"):
                    condition |= Q(**{f"{lookup}__icontains": text})
                elif text.isascii() and text.isdigit() and len(text) < 18:
                    condition |= Q(**{lookup.removesuffix("__exact_number"): int(text)})
            rows = rows.filter(condition)
        for item in cls.filters:
            wanted = query.get(item.name, "")
            if wanted in {str(value) for value, _label in item.choices()}:
                rows = rows.filter(**{item.lookup: wanted})
        return cls._between(rows, query) if cls.dates else rows

    @classmethod
    def completed(cls, rows: Sequence[Any]) -> Sequence[Any]:
        """The rows of one page with what their columns need besides, asked once for all."""
        return rows

    @classmethod
    def _between(cls, rows: QuerySet[Any], query: Mapping[str, str]) -> QuerySet[Any]:
        """The rows of some days, in the reader's zone; what is no day narrows nothing."""
        first, last = _midnight(query.get("de", "")), _midnight(query.get("ate", ""), days=1)
        if first is not None:
            rows = rows.filter(**{f"{cls.dates}__gte": first})
        return rows if last is None else rows.filter(**{f"{cls.dates}__lt": last})

    @classmethod
    def owner(cls, row: Any) -> Any:
        """The row of the parent's section this one belongs to; None at the top."""
        return getattr(row, cls.parent_field) if cls.parent is not None else None

    @classmethod
    def heading(cls, row: Any) -> str:
        return str(row)

    @classmethod
    def tabs(cls, row: Any) -> list[Tab]:
        """The tabs of a row's page, this section's own first; none where there is only one."""
        return []

    @classmethod
    def above(cls, request: HttpRequest, parent: Any = None) -> dict[str, Any]:
        """What the list's page shows above the list."""
        return {}

    @classmethod
    def beside(cls, request: HttpRequest, row: Any, parent: Any = None) -> dict[str, Any]:
        """What the form's page shows beside the form."""
        return {}

    # What is done.
    @classmethod
    def make_form(cls, *args: Any, user: User, row: Any, parent: Any, **options: Any) -> Any:
        assert cls.form is not None
        if issubclass(cls.form, forms.BaseModelForm):
            options["instance"] = row if row is not None else cls._new(parent)
        return cls.form(*args, **options)

    @classmethod
    def asked(cls, request: HttpRequest) -> dict[str, Any]:
        """What the address of the empty form asks of it."""
        return {}

    @classmethod
    def _new(cls, parent: Any) -> Any:
        return cls.model(**({cls.parent_field: parent} if cls.parent_field else {}))

    @classmethod
    def save(cls, form: Any, *, by: User, row: Any, parent: Any = None) -> Any:
        """Write what the form holds; raises BadInput or BadValue where a rule refuses it."""
        before = {name: form.initial.get(name, "") for name in form.changed_data}
        saved = cls.write(form, row)
        changes = {
            str(form.fields[name].label or name): (
                said(form.fields[name], before[name]),
                said(form.fields[name], form.cleaned_data[name]),
            )
            for name in form.changed_data
        }
        audit.record(
            by, "added" if row is None else "changed", cls.audit_name(saved), changes=changes
        )
        return saved

    @classmethod
    def write(cls, form: Any, row: Any) -> Any:
        """The row with what the form holds; the audit is `save`'s."""
        return form.save()

    @classmethod
    def done(cls, form: Any, saved: Any) -> Text:
        """What is said once it is saved."""
        return cls.saved

    @classmethod
    def remove(cls, row: Any, *, by: User) -> None:
        audit.record(by, "removed", cls.audit_name(row))
        row.delete()

    @classmethod
    def loss(cls, row: Any) -> Text:
        """What removing this row loses, said before it is done."""
        return _("This cannot be undone.")

    @classmethod
    def obstacle(cls, row: Any) -> Text:
        """Why this row cannot be removed, where it cannot."""
        return ""

    @classmethod
    def audit_name(cls, row: Any) -> str:
        return f"{cls.model._meta.verbose_name}: {row}"

    # Where it is.
    @classmethod
    def url(cls, name: str = "", row: Any = None, parent: Any = None) -> str:
        parent = parent if parent is not None or row is None else cls.owner(row)
        args = [parent.pk] if cls.parent is not None else []
        if row is not None:
            args.append(row.pk)
        return reverse(f"console-{cls.slug}{f'-{name}' if name else ''}", args=args)

    @classmethod
    def open_url(cls, row: Any, parent: Any = None) -> str:
        """Where one row is shown, if it has a page."""
        if cls.form is not None:
            return cls.url("edit", row, parent)
        return cls.url("view", row, parent) if cls.page_template else ""

    @classmethod
    def prefix(cls) -> str:
        if cls.parent is None:
            return f"{cls.slug}/"
        return f"{cls.parent.slug}/<int:parent>/{cls.slug.rsplit('-', 1)[-1]}/"

    @classmethod
    def urls(cls, **views: Any) -> list[URLPattern]:
        """Its addresses. That of a row ends in a comma and its code (guide, PASSO 3)."""
        found = [path(cls.prefix(), views["list"].as_view(section=cls), name=f"console-{cls.slug}")]
        if cls.form is not None:
            edit = views["edit"].as_view(section=cls)
            found.append(path(f"{cls.prefix()}ver,<int:pk>", edit, name=f"console-{cls.slug}-edit"))
        elif cls.page_template:
            view = views["view"].as_view(section=cls)
            found.append(path(f"{cls.prefix()}ver,<int:pk>", view, name=f"console-{cls.slug}-view"))
        if cls.form is not None and cls.can_add:
            add = views["add"].as_view(section=cls)
            found.append(path(f"{cls.prefix()}incluir/", add, name=f"console-{cls.slug}-add"))
        if cls.can_remove:
            remove = views["remove"].as_view(section=cls)
            found.append(
                path(f"{cls.prefix()}excluir,<int:pk>", remove, name=f"console-{cls.slug}-remove")
            )
        return found
