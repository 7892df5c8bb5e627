"""Where a stack of processes keeps its data: a database of its own, and one of Redis."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import redis

if TYPE_CHECKING:
    from tests.servers import PostgresServer

REDIS_MARK = "isobot:stack"


class Sqlite:
    """The file in ISOBOT_DATA."""

    url = ""

    def __init__(self, data: Path) -> None:
        self.path = data / "isobot.sqlite3"
        self.name = str(self.path)

    def make(self) -> None:
        """The installation makes its own."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self.path, timeout=20)) as connection, connection:
            return connection.execute(sql).fetchall()

    def drop(self) -> None:
        """It goes with its folder."""


class Postgres:
    """A database of its own in the server of DATABASE_URL, or in one of the stack's own."""

    def __init__(self, own: PostgresServer | None = None) -> None:
        self.name = f"isobot_stack_{os.getpid()}_{secrets.token_hex(3)}"
        self._is_servers = own is not None
        given = own.url if own else os.environ["DATABASE_URL"]
        self._server = re.sub(r"^postgres\w*://", "postgresql://", given)
        self.url = urlunsplit(urlsplit(given)._replace(path=f"/{self.name}"))
        self._own = urlunsplit(urlsplit(self._server)._replace(path=f"/{self.name}"))

    def make(self) -> None:
        self._on_server(f"CREATE DATABASE {self.name}")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(psycopg2.connect(self._own)) as connection, connection:
            cursor = connection.cursor()
            cursor.execute(sql)
            found: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
            return found

    def drop(self) -> None:
        if not self._is_servers:  # it goes with its server
            self._on_server(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def _on_server(self, sql: str) -> None:
        with contextlib.closing(psycopg2.connect(self._server)) as connection:
            connection.autocommit = True
            connection.cursor().execute(sql)


def unused_redis() -> str:
    """An unused database number of REDIS_URL's server, marked as taken by this process."""
    for number in range(9, 16):
        url = urlunsplit(urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}"))
        with redis.Redis.from_url(url, decode_responses=True) as client:
            mark = client.get(REDIS_MARK)
            # One left behind by a run that was killed is taken over; anybody else's is not.
            if mark and not Path(f"/proc/{mark}").exists():
                client.flushdb()
            if client.dbsize() == 0 and client.set(REDIS_MARK, os.getpid(), nx=True):
                return url
    raise RuntimeError("no database of REDIS_URL between 9 and 15 is unused")
