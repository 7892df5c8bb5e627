"""Django's own backend, with transactions that begin in the order they were asked for.

SQLite has one writer. Who finds the database taken asks again after pauses that grow to a tenth of
a second, and whoever asks in the right moment gets it: under load some are passed by for seconds.
Here the threads of a process wait in line instead. SQLite's own lock still decides, among
processes too; this only says who asks it next.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any

from django.db.backends.sqlite3 import base

from isobot.sqlite import PATIENCE_SECONDS

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class Line:
    """A lock that is handed to who has waited longest."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Event] = deque()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def enter(self, seconds: float) -> bool:
        """Wait for one's turn; whether it came."""
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            turn = threading.Event()
            self._waiting.append(turn)
        if turn.wait(seconds):
            return True
        with self._guard:
            if turn.is_set():  # it came in the last moment
                return True
            self._waiting.remove(turn)
        return False

    def leave(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False


LINE = Line()


class Cursor(base.SQLiteCursorWrapper):
    """A statement that writes outside a transaction is one of its own, and waits like any."""

    database: DatabaseWrapper

    def execute(self, query: str, params: Any = None) -> Any:
        with self.database.turn_for(query):
            return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        with self.database.turn_for(query):
            return super().executemany(query, param_list)


class DatabaseWrapper(base.DatabaseWrapper):
    """One transaction of this process at a time; whoever ends it lets the next in."""

    _has_turn = False

    def create_cursor(self, name: str | None = None) -> Cursor:
        cursor: Cursor = self.connection.cursor(factory=Cursor)
        cursor.database = self
        return cursor

    @contextlib.contextmanager
    def turn_for(self, query: str) -> Iterator[None]:
        """Wait for the turn of a statement that is not within a transaction that has one."""
        if self._has_turn or self.connection.in_transaction or not query.startswith(WRITES):
            yield
            return
        # Past that it asks SQLite all the same: a line that stands is no reason to fail.
        has_turn = LINE.enter(PATIENCE_SECONDS)
        try:
            yield
        finally:
            if has_turn:
                LINE.leave()

    def _start_transaction_under_autocommit(self) -> None:
        self._has_turn = LINE.enter(PATIENCE_SECONDS)
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._leave()
            raise

    def _commit(self) -> Any:
        try:
            return super()._commit()  # type: ignore[misc]
        finally:
            self._leave()

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            self._leave()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]
        finally:
            self._leave()

    def _leave(self) -> None:
        if self._has_turn:
            self._has_turn = False
            LINE.leave()
