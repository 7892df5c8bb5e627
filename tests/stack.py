"""A whole installation in real processes, each known by its pid.

`Stack("embedded")` is one process on SQLite; `Stack("production")` is web, worker and schedule
on a PostgreSQL database and a Redis database of its own. The provider is the bundled sandbox in
a process of its own, so that it survives what a test does to the installation.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import redis
import requests

from provider.sandbox import issue

ROOT = Path(__file__).resolve().parent.parent
PROFILES = ("embedded", "production")
PASSWORD = "a-password-of-the-stack-1"
STOP_SECONDS = 30
BASICS = ("migrate -v 0", "demo")
REDIS_MARK = "isobot:stack"


def why_not(profile: str) -> str:
    """Why a profile cannot run here; empty where it can."""
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)]
    if profile == "production" and missing:
        return f"the production profile needs {' and '.join(missing)}"
    return ""


def wait_until(
    is_so: Callable[[], Any], what: str, seconds: float = 30, every: float = 0.05
) -> Any:
    """Poll until something is true and answer it; fail naming what was waited for."""
    deadline = time.monotonic() + seconds
    while True:
        found = is_so()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(every)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Proc:
    """One process in a group of its own; its output goes to a file."""

    def __init__(self, name: str, argv: list[str], env: dict[str, str], log: Path) -> None:
        self.name, self.argv, self.env, self.log = name, argv, env, log
        self._popen: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as out:
            self._popen = subprocess.Popen(
                [sys.executable, *self.argv],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def popen(self) -> subprocess.Popen[bytes]:
        assert self._popen is not None, f"{self.name} was not started"
        return self._popen

    @property
    def pid(self) -> int:
        return self.popen.pid

    def is_alive(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    def members(self) -> list[int]:
        """The process and everything it started that still lives."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = stat.read_text().rpartition(")")[2].split()
                if fields[0] != "Z" and int(fields[2]) == self.pid:
                    found.append(int(stat.parent.name))
        return found

    def pause(self) -> None:
        """Frozen is not dead: connections stay open and nobody answers."""
        self.popen.send_signal(signal.SIGSTOP)

    def cont(self) -> None:
        self.popen.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        self.popen.terminate()
        return self.popen.wait(STOP_SECONDS)

    def kill9(self) -> None:
        self.popen.kill()
        self.popen.wait()
        self._end_what_it_left()

    def restart(self) -> None:
        if self.is_alive():
            self.stop()
        self.start()

    def end(self) -> None:
        """Whatever state it is in, nothing of it is left afterwards."""
        if self._popen is None:
            return
        if self.is_alive():
            self.cont()
            self.popen.terminate()
            try:
                self.popen.wait(5)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        self._end_what_it_left()

    def _end_what_it_left(self) -> None:
        for pid in self.members():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class Stack:
    """An installation with the demo in it. Use it as a context: everything ends with it.

    With `runs=False` only its database and the provider are there.
    """

    def __init__(self, profile: str, *, runs: bool = True) -> None:
        assert not why_not(profile), why_not(profile)
        self.profile, self.runs = profile, runs
        self.folder = Path(tempfile.mkdtemp(prefix=f"isobot-{profile}-"))
        self.data = self.folder / "data"
        self.port, self.sandbox_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        self.webhook_token = f"webhook-{secrets.token_hex(8)}"
        self.store: _Sqlite | _Postgres = (
            _Sqlite(self.data) if profile == "embedded" else _Postgres()
        )
        self._redis = "" if profile == "embedded" else _own_redis()
        self.env = self._environment()
        self._is_kept = False
        self.sandbox = self._proc("sandbox", self._sandbox_command())
        self.parts = {name: self._proc(name, argv) for name, argv in self._commands().items()}

    def _environment(self) -> dict[str, str]:
        """Made from scratch: nothing of the caller's environment gets in."""
        env = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "isobot.settings",
            "ISOBOT_DATA": str(self.data),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "ISOBOT_DEMO": "1",
            "ISOBOT_DEMO_PASSWORD": PASSWORD,
            "ISOBOT_ADMIN_PASSWORD": PASSWORD,
            "ISOBOT_DEMO_WEBHOOK_TOKEN": self.webhook_token,
            "BOTMAKER_V1_URL": f"{self.sandbox_url}/api/v1.0",
            "BOTMAKER_V2_URL": f"{self.sandbox_url}/v2.0",
        }
        if self._redis:
            env.update(
                DATABASE_URL=self.store.url,
                REDIS_URL=self._redis,
                ISOBOT_SECRET_KEY=secrets.token_urlsafe(40),
                ISOBOT_ENCRYPTION_KEYS=secrets.token_urlsafe(40),
            )
        return env

    def _commands(self) -> dict[str, list[str]]:
        if self.profile == "embedded":
            return {"isobot": ["-m", "isobot"]}
        uvicorn = ["-m", "uvicorn", "isobot.asgi:application", "--no-access-log"]
        uvicorn += ["--timeout-graceful-shutdown", "5"]  # open screens do not hold up a stop
        return {
            "web": [*uvicorn, "--host", "127.0.0.1", "--port", str(self.port)],
            "worker": ["-m", "celery", "-A", "isobot", "worker", "-P", "threads", "-c", "8"],
            "beat": ["-m", "celery", "-A", "isobot", "beat"],
        }

    def _sandbox_command(self) -> list[str]:
        # The same state file the demo reads, so that the tokens it seeds are good ones.
        state = str(self.data / "sandbox.json")
        where = ["--host", "127.0.0.1", "--port", str(self.sandbox_port), "--state", state]
        to = ["--webhook-url", f"{self.url}/webhooks/botmaker/"]
        return ["-m", "provider.sandbox", *where, *to, "--webhook-token", self.webhook_token]

    def _proc(self, name: str, argv: list[str]) -> Proc:
        return Proc(name, argv, self.env, self.folder / f"{name}.log")

    def __enter__(self) -> Stack:
        RUNNING.append(self)
        try:
            self.start() if self.runs else self.prepare(*BASICS)
        except BaseException:
            self.close(failed=True)
            raise
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.close(failed=kind is not None)

    def start(self) -> None:
        """Prepare the data, start everything, and wait until it says it is ready."""
        alone = self.profile == "embedded"  # it prepares itself
        self.prepare(*([] if alone else [*BASICS, "collectstatic --noinput -v 0"]))
        for proc in self.parts.values():
            proc.start()
        self.wait_ready()

    def prepare(self, *commands: str) -> None:
        """A database, a provider that runs, and what these `manage.py` commands make."""
        self.data.mkdir()
        self.store.make()
        issue(self.data / "sandbox.json")
        self.sandbox.start()
        # One process for all of them, to spare their starts.
        calls = "".join(f"management.call_command(*{words.split()!r})\n" for words in commands)
        code = f"import django\nfrom django.core import management\ndjango.setup()\n{calls}"
        if commands:
            self.run("prepare", "-c", code)

    def run(self, name: str, *argv: str, seconds: float = 120) -> None:
        """Run a program of the installation to its end; what it says is in its log."""
        with (self.folder / f"{name}.log").open("ab") as out:
            command = [sys.executable, *argv]
            subprocess.run(
                command,
                cwd=ROOT,
                env=self.env,
                stdout=out,
                stderr=out,
                check=True,
                timeout=seconds,
            )

    def readiness(self) -> tuple[int, dict[str, str]]:
        """The status and the checks of /health/ready/; 0 where nobody answers."""
        try:
            answer = requests.get(f"{self.url}/health/ready/", timeout=5)
            return answer.status_code, answer.json()["checks"]
        except (requests.RequestException, ValueError, KeyError):
            return 0, {}

    def wait_ready(self, seconds: float = 60) -> None:
        def ready() -> bool:
            for proc in self.parts.values():
                assert proc.is_alive(), f"{proc.name} ended by itself; see {proc.log}"
            return self.readiness()[0] == 200

        wait_until(ready, f"{self.profile} is ready; logs in {self.folder}", seconds, every=0.1)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query finds in the installation's own database."""
        return self.store.rows(sql)

    def change(self, sql: str) -> None:
        """Change the installation's own database behind its back."""
        self.store.rows(sql)

    def keep(self) -> None:
        """Leave logs and data behind, for somebody to look at."""
        self._is_kept = True

    def close(self, *, failed: bool = False) -> None:
        """End every process by its pid. The folder stays where something failed."""
        with contextlib.suppress(ValueError):
            RUNNING.remove(self)
        for proc in [*self.parts.values(), self.sandbox]:
            proc.end()
        if failed or self._is_kept:
            (self.folder / "database").write_text(self.store.name)
        else:
            self.store.drop()
            shutil.rmtree(self.folder, ignore_errors=True)
        if self._redis:
            with redis.Redis.from_url(self._redis) as client:
                client.flushdb()


RUNNING: list[Stack] = []


class _Sqlite:
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


class _Postgres:
    """A database of its own in the server of DATABASE_URL."""

    def __init__(self) -> None:
        self.name = f"isobot_stack_{os.getpid()}_{secrets.token_hex(3)}"
        given = os.environ["DATABASE_URL"]
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
        self._on_server(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def _on_server(self, sql: str) -> None:
        with contextlib.closing(psycopg2.connect(self._server)) as connection:
            connection.autocommit = True
            connection.cursor().execute(sql)


def _own_redis() -> str:
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
