"""Reading one value of the environment: what is legal, and what to write instead of nonsense."""

from __future__ import annotations

import os
import zoneinfo
from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured

MAX_DAYS = 36_500
_YES, _NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def verbatim(name: str) -> str:
    """A password or token: every character counts."""
    return os.environ.get(name, "")


def flag(name: str, *, default: bool = False) -> bool:
    value = text(name, "1" if default else "0").lower()
    if value not in _YES + _NO:
        raise ImproperlyConfigured(f"{name} is 1 or 0, not {value!r}")
    return value in _YES


def port(name: str, default: int) -> int:
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit() or not 0 < int(value) < 65_536:
        raise ImproperlyConfigured(f"{name} is a number from 1 to 65535, not {value!r}")
    return int(value)


def days(name: str, default: int | None) -> timedelta | None:
    """A time to keep something; empty is for ever."""
    value = text(name, "" if default is None else str(default))
    if not value:
        return None
    if not value.isascii() or not value.isdigit() or not 0 < int(value) <= MAX_DAYS:
        raise ImproperlyConfigured(f"{name} is a number of days, not {value!r}; empty keeps all")
    return timedelta(days=int(value))


def address(name: str, default: str, *schemes: str) -> str:
    """An address with one of these schemes, without a slash at its end; empty where none is."""
    value = text(name, default).rstrip("/")
    if value and not value.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        known = " or ".join(f"{scheme}://…" for scheme in schemes)
        raise ImproperlyConfigured(f"{name} starts with {known}, unlike {value[:20]!r}")
    return value


def zone(name: str, default: str) -> str:
    value = text(name) or default
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        raise ImproperlyConfigured(f"{name} is a time zone like {default}, not {value!r}") from None
    return value


def listing(name: str) -> list[str]:
    """The parts of a comma list."""
    return [part.strip() for part in text(name).split(",") if part.strip()]
