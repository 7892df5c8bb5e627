"""Reading values out of what Botmaker sends, whatever types they turn out to have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from provider.contracts import storable

Body = dict[str, Any]


def text_of(data: Body, *names: str) -> str:
    """The first of these values that says something, as text; never the repr of a structure."""
    for name in names:
        value = data.get(name)
        if isinstance(value, str) and (text := storable(value)).strip():
            return text if name in ("message", "MESSAGE", "caption") else text.strip()
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30:
            return str(value)
    return ""


def moment_of(value: object) -> datetime | None:
    if not isinstance(value, str) or not value:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if not 2000 < moment.year < 9000:  # no time of a message, and at the edge of what can be told
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
