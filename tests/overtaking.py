"""Have one worker overtaken by another at the one moment that matters, every time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection


@contextlib.contextmanager
def overtaken(table: str, by: Callable[[], object], *, setting: str) -> Iterator[list[str]]:
    """Somebody else does this right before the first UPDATE of a table that sets this column."""
    met: list[str] = []

    def before(execute: Any, sql: str, *rest: Any) -> Any:
        start = f'UPDATE "{table}" SET '
        if not met and sql.startswith(start) and f'"{setting}"' in sql.partition(" WHERE ")[0]:
            met.append(sql)
            by()
        return execute(sql, *rest)

    with connection.execute_wrapper(before):
        yield met
    assert met, f"nobody wrote {setting} of {table}"
