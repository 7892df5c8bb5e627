"""Writers of one process wait in line for SQLite, which has one."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.utils import DEFAULT_DB_ALIAS, ConnectionHandler

from isobot import env
from isobot.sqlite.base import LINE, DatabaseWrapper, Line
from tests.processes import wait_until

INSERT = "INSERT INTO noted VALUES (1)"
Connect = Callable[[], DatabaseWrapper]


@pytest.fixture
def connect(tmp_path: Path, django_db_blocker: Any) -> Iterator[Connect]:
    """Connections to one file, as the threads of an installation have them."""
    database = {"ENGINE": env.SQLITE, "OPTIONS": env.SQLITE_OPTIONS, "NAME": tmp_path / "a.sqlite3"}

    def fresh() -> DatabaseWrapper:
        found = ConnectionHandler({DEFAULT_DB_ALIAS: database})[DEFAULT_DB_ALIAS]
        assert isinstance(found, DatabaseWrapper)
        return found

    with django_db_blocker.unblock():
        with contextlib.closing(fresh()) as one, one.cursor() as cursor:
            cursor.execute("CREATE TABLE noted (number INTEGER)")
        yield fresh
    assert LINE.enter(0), "nobody kept a turn"
    LINE.leave()


def begin(one: DatabaseWrapper) -> None:
    one.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def alone(one: DatabaseWrapper) -> None:
    one.cursor().execute(INSERT)


def in_a_transaction(one: DatabaseWrapper) -> None:
    begin(one)
    one.cursor().execute(INSERT)
    one.commit()


def test_who_asked_first_is_first() -> None:
    line, came = Line(), []
    assert line.enter(1)
    for number in range(5):
        threading.Thread(target=lambda n=number: (line.enter(30), came.append(n))).start()
        wait_until(lambda n=number: len(line) == n + 1, f"{number} waits")
    for number in range(5):
        line.leave()
        wait_until(lambda n=number: came == [*range(n + 1)], f"{number} has its turn")


def test_a_turn_that_does_not_come_is_no_reason_to_fail() -> None:
    line = Line()
    assert line.enter(1)
    assert not line.enter(0.01)
    line.leave()
    assert line.enter(0.01)


@pytest.mark.parametrize("how", [alone, in_a_transaction])
@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
def test_a_writer_waits_until_the_one_before_has_ended_however_that_ends(
    connect: Connect, how: Callable[[DatabaseWrapper], None], end: str
) -> None:
    def write() -> None:
        one = connect()
        how(one)
        one.close()

    holder, other = connect(), threading.Thread(target=write)
    begin(holder)
    other.start()
    wait_until(lambda: len(LINE) == 1, "the other waits in line")
    getattr(holder, end)()
    other.join(10)
    assert not other.is_alive()
    holder.close()
    with contextlib.closing(connect()) as one, one.cursor() as cursor:
        assert cursor.execute("SELECT COUNT(*) FROM noted").fetchone()[0] == 1


def test_a_statement_that_fails_keeps_no_turn(connect: Connect) -> None:
    with (
        contextlib.closing(connect()) as one,
        pytest.raises(OperationalError, match="no such table"),
    ):
        one.cursor().execute("INSERT INTO nowhere VALUES (1)")


def test_who_reads_does_not_wait(connect: Connect) -> None:
    assert LINE.enter(0)
    try:
        with contextlib.closing(connect()) as one, one.cursor() as cursor:
            assert cursor.execute("SELECT COUNT(*) FROM noted").fetchone()[0] == 0
    finally:
        LINE.leave()
