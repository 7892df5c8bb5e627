"""The database's part of a backup: out of a database in use, and into an empty one."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection, transaction

from isobot.backups import Refused, postgresql
from isobot.backups.archive import Tell

PAGES = 2000


class Facts(NamedTuple):
    """What is in a part, of the very moment it is of."""

    migrations: list[str]
    counts: dict[str, int]


def engine() -> tuple[str, int]:
    """The kind of database, and its version where a part of another does not fit."""
    if connection.vendor == "postgresql":
        return "postgresql", postgresql.major()
    return connection.vendor, 0


def is_empty() -> bool:
    return not connection.introspection.table_names()


def dump(to: Path, tell: Tell) -> Facts:
    """Write the whole database as it is at one moment, while others go on changing it."""
    tables = connection.introspection.table_names()
    if "django_migrations" not in tables:
        raise Refused("There is nothing to back up: the database is empty.")
    return _DUMPS[connection.vendor](to, tables, tell)


def load(part: Path, statements: Iterable[str], tell: Tell) -> None:
    """Bring it into the empty database and run these statements, all in one commit."""
    _LOADS[connection.vendor](part, statements, tell)
    connection.close()


def _facts(tables: Iterable[str], ask: Callable[[str], list[Any]]) -> Facts:
    done = ask("SELECT app, name FROM django_migrations ORDER BY app, name")
    return Facts(
        [f"{app}.{name}" for app, name in done],
        {table: ask(f'SELECT COUNT(*) FROM "{table}"')[0][0] for table in sorted(tables)},  # noqa: S608 - names of tables that are there
    )


def _dump_sqlite(to: Path, tables: list[str], tell: Tell) -> Facts:
    with _sqlite(connection.settings_dict["NAME"]) as source, _sqlite(to) as copy:
        # An open read keeps to one moment: a copy in steps begins anew with each change else.
        source.execute("BEGIN")
        source.execute("SELECT 1 FROM django_migrations").fetchone()
        _copy(source, copy, tell)
        copy.execute("PRAGMA journal_mode=DELETE")  # in one file, for who opens it by hand
        return _facts(tables, lambda sql: copy.execute(sql).fetchall())


def _load_sqlite(part: Path, statements: Iterable[str], tell: Tell) -> None:
    with _sqlite(part) as source, _sqlite(connection.settings_dict["NAME"]) as target:
        for statement in statements:
            source.execute(statement)
        target.execute("PRAGMA synchronous=FULL")
        # The copy is one transaction of the target: others see none of it, or all.
        _copy(source, target, tell)


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, tell: Tell) -> None:
    size = source.execute("PRAGMA page_size").fetchone()[0]

    def progress(_status: int, left: int, total: int) -> None:
        tell("database", (total - left) * size, total * size)

    source.backup(target, pages=PAGES, progress=progress)


@contextlib.contextmanager
def _sqlite(path: Any) -> Any:
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as found:
            yield found
    except sqlite3.Error as error:
        raise Refused(f"SQLite failed: {error}.") from error


def _dump_postgresql(to: Path, tables: list[str], tell: Tell) -> Facts:
    with transaction.atomic(), connection.cursor() as cursor:

        def ask(sql: str) -> list[Any]:
            cursor.execute(sql)
            return list(cursor.fetchall())

        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # What is counted here and what is written there are of one moment.
        [[snapshot]] = ask("SELECT pg_export_snapshot()")
        facts = _facts(tables, ask)
        postgresql.dump(to, snapshot, tell)
    return facts


_DUMPS = {"sqlite": _dump_sqlite, "postgresql": _dump_postgresql}
_LOADS = {"sqlite": _load_sqlite, "postgresql": postgresql.load}
