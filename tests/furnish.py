"""What many tests begin with, made once per process and put back from its rows after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, models

from isobot import demo, first_start

Table = dict[object, tuple[object, ...]]
Tables = dict[type[models.Model], Table]


class Rows:
    """What a piece of work added to the database, to be put there again without the work."""

    def __init__(self) -> None:
        self._before: Tables = {}
        self._added: dict[type[models.Model], list[models.Model]] = {}
        self._statements: list[tuple[str, Any]] = []
        self._is_kept = False

    def __bool__(self) -> bool:
        return self._is_kept

    def begin(self) -> None:
        self._before = tables()

    def keep(self) -> None:
        """Remember what is there since `begin`; that was there already has to be as it was."""
        for model, after in tables().items():
            before = self._before[model]
            assert {pk: after.get(pk) for pk in before} == before, f"a row of {model} was changed"
            made = model._base_manager.filter(pk__in=after.keys() - before.keys())
            if rows := list(made.order_by("pk")):
                self._added[model] = rows
        self._is_kept = True

    def put_back(self) -> None:
        """By the statements of the first time: to write them anew takes longer than to run them."""
        if self._statements:
            with connection.cursor() as cursor:
                for sql, values in self._statements:
                    cursor.execute(sql, values)
            return
        with connection.execute_wrapper(self._note):
            for model, rows in self._added.items():
                model._base_manager.bulk_create(rows)

    def _note(self, execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT"):
            self._statements.append((sql, values))
        return execute(sql, values, many, context)


_demo = Rows()
_files: dict[str, bytes] = {}


def furnish(data: Path, password: str, webhook_token: str) -> None:
    """Give an empty database the demo environment, and its data directory the sandbox's keys."""
    if _demo:
        _demo.put_back()
        for name, content in _files.items():
            (data / name).write_bytes(content)
        return
    _demo.begin()
    first_start.prepare(password)
    demo.load(password, webhook_token)
    _demo.keep()
    _files.update({path.name: path.read_bytes() for path in data.iterdir() if path.is_file()})


def tables() -> Tables:
    """Every row of every table, by its key."""
    found: Tables = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed:
            names = [field.attname for field in model._meta.concrete_fields]
            rows = model._base_manager.values_list("pk", *names)
            found[model] = {row[0]: row[1:] for row in rows}
    return found
