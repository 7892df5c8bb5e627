"""A whole installation in real processes, each known by its pid.

`Stack("embedded")` is one process on SQLite; `Stack("production")` is web, worker and schedule
on a PostgreSQL database and a Redis database of its own. The provider is the bundled sandbox in
a process of its own, so that it survives what a test does to the installation.
"""

from __future__ import annotations

import contextlib
import fcntl
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
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import redis
import requests

from provider.sandbox import issue

if TYPE_CHECKING:
    from tests.servers import PostgresServer, RedisServer

ROOT = Path(__file__).resolve().parent.parent
PROFILES = ("embedded", "production")
PASSWORD = "a-password-of-the-stack-1"
STOP_SECONDS = 30
BASICS = ("migrate -v 0", "demo")
REDIS_MARK = "isobot:stack"
SPARED = "tests.stack_settings"
COLLECT = "from isobot import storage\nstorage.collect()\n"
# Where those who run several starts keep what each begins with, as it takes seconds.
kept: Path | None = None


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
        assert not _ending.is_set(), "everything ends"
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

    With `runs=False` only its database and the provider are there; with `demo=False` it is as
    empty as a first start leaves it, and the provider posts nowhere until it is told. Unless
    `spared=False` a demo begins with what the starts before it made, and hashes no password slowly.
    Servers of its own take the place of those DATABASE_URL and REDIS_URL name, and end with it.
    """

    def __init__(
        self,
        profile: str,
        *,
        runs: bool = True,
        demo: bool = True,
        spared: bool = True,
        own_postgres: PostgresServer | None = None,
        own_redis: RedisServer | None = None,
    ) -> None:
        assert not why_not(profile), why_not(profile)
        self.profile, self.runs, self.demo, self.spared = profile, runs, demo, spared and demo
        self.folder = Path(tempfile.mkdtemp(prefix=f"isobot-{profile}-"))
        self.data = self.folder / "data"
        self.port, self.sandbox_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        self.webhook_token = f"webhook-{secrets.token_hex(8)}"
        self.servers = [server for server in (own_postgres, own_redis) if server is not None]
        self.store: _Sqlite | _Postgres = (
            _Sqlite(self.data) if profile == "embedded" else _Postgres(own_postgres)
        )
        self._shares_redis = profile == "production" and own_redis is None
        self._redis = own_redis.url if own_redis else _own_redis() if self._shares_redis else ""
        self.env = self._environment()
        self._is_kept = False
        self.sandbox = self._proc("sandbox", self._sandbox_command())
        self._programs: list[Proc] = []
        self.parts = {name: self._proc(name, argv) for name, argv in self._commands().items()}

    def _environment(self) -> dict[str, str]:
        """Made from scratch: nothing of the caller's environment gets in."""
        env = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": SPARED if self.spared else "isobot.settings",
            "ISOBOT_DATA": str(self.data),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "ISOBOT_DEMO": "1" if self.demo else "0",
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
        to += ["--webhook-token", self.webhook_token]
        return ["-m", "provider.sandbox", *where, *(to if self.demo else [])]

    def _proc(self, name: str, argv: list[str]) -> Proc:
        return Proc(name, argv, self.env, self.folder / f"{name}.log")

    def __enter__(self) -> Stack:
        RUNNING.append(self)
        try:
            self.start() if self.runs else self.prepare(*self._basics())
        except BaseException:
            self.close(failed=True)
            raise
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.close(failed=kind is not None)

    def start(self) -> None:
        """Prepare the data, start everything, and wait until it says it is ready."""
        alone = self.profile == "embedded"  # it prepares itself
        self.prepare(*([] if alone else [*self._basics(), "collectstatic --noinput -v 0"]))
        for proc in self.parts.values():
            proc.start()
        self.wait_ready()

    def _basics(self) -> tuple[str, ...]:
        return BASICS if self.demo else ("migrate -v 0", "first_start")

    def prepare(self, *commands: str) -> None:
        """A database, a provider that runs, and what these `manage.py` commands make."""
        if kept and self.spared and self.profile == "embedded":
            left_out = shutil.ignore_patterns("keys*")
            shutil.copytree(self._begun(kept), self.data, ignore=left_out, dirs_exist_ok=True)
        else:
            self.data.mkdir(exist_ok=True)
        for server in self.servers:
            server.make()
            server.start()
        self.store.make()
        issue(self.data / "sandbox.json")
        self.sandbox.start()
        if commands:
            self.run("prepare", "-c", _calls(*commands))

    def _begun(self, folder: Path) -> Path:
        """A data folder with a database and static files, made by the first who asks."""
        data = folder / "begun"
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not data.exists():
                draft = folder / "draft"
                own = {"ISOBOT_DATA": str(draft), "DJANGO_SETTINGS_MODULE": SPARED}
                env = {**self.env, **own}
                command = [sys.executable, "-c", _calls("migrate -v 0") + COLLECT]
                subprocess.run(command, cwd=ROOT, env=env, check=True, timeout=120)
                draft.rename(data)
        return data

    def run(self, name: str, *argv: str, seconds: float = 120) -> None:
        """Run a program of the installation to its end; what it says is in its log."""
        program = self._proc(name, list(argv))
        self._programs.append(program)
        try:
            program.start()
            code = program.popen.wait(seconds)
        finally:
            program.end()
            self._programs.remove(program)
        if code:
            raise subprocess.CalledProcessError(code, program.argv)

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
        for proc in [*self._programs, *self.parts.values(), self.sandbox]:
            proc.end()
        is_kept = failed or self._is_kept
        if is_kept:
            (self.folder / "database").write_text(self.store.name)
        else:
            self.store.drop()
            shutil.rmtree(self.folder, ignore_errors=True)
        for server in self.servers:
            server.close(failed=is_kept)
        if self._shares_redis:
            with redis.Redis.from_url(self._redis) as client:
                client.flushdb()


RUNNING: list[Stack] = []
_ending = threading.Event()


def end_everything() -> None:
    """Nothing that was started is left running, and nothing more is started by other threads."""
    _ending.set()
    for stack in list(RUNNING):
        stack.close(failed=True)
    while left := _descendants():  # what was started beside the stacks
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def _descendants() -> list[int]:
    """The processes of this one that live, and theirs."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if fields[0] != "Z":
                parents[int(stat.parent.name)] = int(fields[1])
    found = [os.getpid()]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


def _calls(*commands: str) -> str:
    """A program that runs `manage.py` commands in one process, to spare their starts."""
    calls = "".join(f"management.call_command(*{words.split()!r})\n" for words in commands)
    return f"import django\nfrom django.core import management\ndjango.setup()\n{calls}"


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
