"""Reading single values of a body nobody promised the shape of."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

from provider.contracts import storable

Body = dict[str, Any]

# A time in milliseconds is above this, one in seconds below it, for the next thousand years.
_FIRST_IN_MILLISECONDS = 10**11
_EARLIEST, _LATEST = 978_307_200, 7_258_118_400  # 2001 and 2200, in seconds


def inside(body: object, name: str) -> Body:
    """The object of this name; an empty one where there is none."""
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, dict) else {}


def listed(body: Body, name: str) -> list[Any]:
    """The list of this name; an empty one where there is none."""
    value = body.get(name)
    return value if isinstance(value, list) else []


def written(body: Body, name: str) -> str:
    """What somebody wrote, with its spaces and lines; empty where there is nothing but those."""
    value = body.get(name)
    text = storable(value) if isinstance(value, str) else ""
    return text if text.strip() else ""


def word(body: Body, name: str) -> str:
    """An id, name or address, without spaces around it. Ids are numbers at times."""
    value = body.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30:
        return str(value)
    return written(body, name).strip()


def moment(value: object) -> datetime | None:
    """A time in milliseconds, or in seconds as some events and all test events write it."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    seconds = value / 1000 if _FIRST_IN_MILLISECONDS <= value < 10**20 else value
    return datetime.fromtimestamp(seconds, UTC) if _EARLIEST <= seconds < _LATEST else None


def digest(body: object) -> str:
    """A stand-in for an id that is missing: the same event gives the same one."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def is_digest(text: str) -> bool:
    """Whether an id was made here, of what a webhook says."""
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None
