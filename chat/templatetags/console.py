"""How a value of a list is written in the console."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.inclusion_tag("console/_cell.html")
def cell(value: dict[str, Any]) -> dict[str, Any]:
    """One cell: its value, by the kind of its column."""
    return {"cell": value}
