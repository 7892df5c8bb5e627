"""A whole installation in real processes, each known by its pid.

`Stack("embedded")` is one process on SQLite; `Stack("production")` is web, worker and schedule
on a PostgreSQL database and a Redis database of its own. The provider is the bundled sandbox in
a process of its own, so that it survives what a test does to the installation.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import redis
import requests

from provider.sandbox import issue
from tests.processes import ROOT, Proc, descendants, ending, free_port, wait_until
from tests.stack_stores import Postgres, Sqlite, unused_redis

if TYPE_CHECKING:
    from tests.servers import PostgresServer, RedisServer

PROFILES = ("embedded", "production")
PASSWORD = "a-password-of-the-stack-1"
BASICS = ("migrate -v 0", "demo")
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
        self.store: Sqlite | Postgres = (
            Sqlite(self.data) if profile == "embedded" else Postgres(own_postgres)
        )
        self._shares_redis = profile == "production" and own_redis is None
        self._redis = own_redis.url if own_redis else unused_redis() if self._shares_redis else ""
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


def end_everything() -> None:
    """Nothing that was started is left running, and nothing more is started by other threads."""
    ending.set()
    for stack in list(RUNNING):
        stack.close(failed=True)
    while left := descendants():  # what was started beside the stacks
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def _calls(*commands: str) -> str:
    """A program that runs `manage.py` commands in one process, to spare their starts."""
    calls = "".join(f"management.call_command(*{words.split()!r})\n" for words in commands)
    return f"import django\nfrom django.core import management\ndjango.setup()\n{calls}"
