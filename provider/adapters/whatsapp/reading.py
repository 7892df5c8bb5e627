"""Parts of a webhook, or nothing where they are of another shape."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from provider.contracts import storable

Body = dict[str, Any]


def dicts(value: object) -> list[Body]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def part(data: Body, name: str) -> Body:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def text(data: Body, name: str) -> str:
    value = data.get(name)
    found = storable(value) if isinstance(value, str) else ""
    return found if found.strip() else ""


def id_of(data: Body, name: str) -> str:
    value = data.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30:
        return str(value)
    return text(data, name).strip()


def moment(value: object) -> datetime | None:
    """Seconds, which come as text."""
    seconds = value if isinstance(value, str) and len(value) < 12 and value.isascii() else ""
    if not seconds.isdigit() or not 10**9 <= int(seconds) < 10**11:
        return None
    return datetime.fromtimestamp(int(seconds), UTC)
