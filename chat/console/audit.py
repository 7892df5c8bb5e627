"""Supervisor > Auditoria: who changed what, and what it was before."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from chat import audit
from chat.console.base import Column, Filter, Section
from chat.models import AuditEntry


def _people() -> list[tuple[str, str]]:
    names = AuditEntry.objects.order_by("by_name").values_list("by_name", flat=True).distinct()
    return [(name, name) for name in names]


class Audit(Section):
    slug = "auditoria"
    title = _("Audit")
    path = ("Supervisor",)
    lead = _("Who changed what, and what it was before. Nothing here can be changed or removed.")
    model = AuditEntry
    columns = (
        Column(_("When"), "at", "moment"),
        Column(_("Who"), "by_name"),
        Column(_("What"), lambda row: audit.line(row).what),
        Column(_("About"), "about", "main"),
        Column(_("Changes"), lambda row: audit.line(row).changes, "changes"),
    )
    search = ("about", "by_name")
    search_label = _("About what, or who")
    filters = (
        Filter("quem", _("Who"), _people, "by_name"),
        Filter("que", _("What"), lambda: list(audit.WHAT.items()), "what"),
    )
    dates = "at"
    ordering = ("-pk",)
    empty = _("Nothing has been changed yet.")
    can_add = False

    @classmethod
    def rows(cls, parent: Any = None) -> QuerySet[Any]:
        return AuditEntry.objects.order_by("-pk")
