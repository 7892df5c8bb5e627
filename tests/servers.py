"""Servers of a test's own, which it may kill, freeze and fill: a PostgreSQL and a Redis.

A `Stack` that is given one starts it, and ends it as it ends everything else.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg2
import redis

from tests.processes import Proc, free_port, wait_until

OWNER = "postgres"  # PostgreSQL refuses to be run by root
# Becomes the program in its place, so that its pid is the one that is known.
BECOME = """\
import os, pwd, sys
owner, *argv = sys.argv[1:]
os.chdir("/")
if owner and os.getuid() == 0:
    user = pwd.getpwnam(owner)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
os.execv(argv[0], argv)
"""


def why_not() -> str:
    """Why no such server can run here; empty where both can."""
    needed = {
        "initdb": _binaries(),
        "redis-server": _redis(),
        "prlimit": shutil.which("prlimit"),
    }
    missing = [name for name, found in needed.items() if not found]
    return f"it needs {' and '.join(missing)}" if missing else ""


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _redis() -> str | None:
    return shutil.which("redis-server", path="/usr/bin:/usr/local/bin:/usr/sbin")


class Server:
    """A program that listens on a port of 127.0.0.1 and keeps what it has in a folder."""

    name = owner = ""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"isobot-{self.name}-"))
        self.port = free_port()
        argv = ["-c", BECOME, self.owner, *self._command()]
        env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        self.proc = Proc(self.name, argv, env, self.folder / "server.log")

    def _command(self) -> list[str]:
        raise NotImplementedError

    def make(self) -> None:
        """What must be there before the first start."""

    def answers(self) -> bool:
        raise NotImplementedError

    def start(self, seconds: float = 60) -> None:
        """Start it and wait until it answers; one that finds a leftover of a kill tries again."""

        def is_up() -> bool:
            if not self.proc.is_alive():
                self.proc.start()
            return self.answers()

        wait_until(is_up, f"{self.name} answers; see {self.proc.log}", seconds)

    def close(self, *, failed: bool = False) -> None:
        self.proc.end()
        if not failed:
            shutil.rmtree(self.folder, ignore_errors=True)


class PostgresServer(Server):
    name, owner = "postgres", OWNER

    def __init__(self) -> None:
        self._bin = _binaries()
        super().__init__()
        self.data = self.folder / "data"
        self.url = f"postgres://{OWNER}@127.0.0.1:{self.port}/{OWNER}"

    def _command(self) -> list[str]:
        data, port = str(self.folder / "data"), str(self.port)
        listen = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        return [f"{self._bin}/postgres", "-D", data, "-p", port, *listen]

    def make(self) -> None:
        if os.getuid() == 0:
            shutil.chown(self.folder, OWNER)
        initdb = [f"{self._bin}/initdb", "-D", str(self.data), "-A", "trust", "-U", OWNER, "-N"]
        # Small pieces of its journal, so that a limit on the size of its files can be small.
        argv = ["-c", BECOME, self.owner, *initdb, "--wal-segsize=1"]
        making = Proc("initdb", argv, self.proc.env, self.proc.log)
        making.start()
        assert making.popen.wait(120) == 0, f"initdb failed; see {self.proc.log}"

    def answers(self) -> bool:
        with contextlib.suppress(psycopg2.OperationalError):
            psycopg2.connect(self.url.replace("postgres:", "postgresql:", 1)).close()
            return True
        return False

    def limit_files(self, size: int | None) -> None:
        """The largest a file may become, or any, for connections made from now on."""
        limit = f"--fsize={'unlimited' if size is None else size}:unlimited"
        # Its owner may, and root of a container may not.
        argv = [str(shutil.which("prlimit")), "--pid", str(self.proc.pid), limit]
        subprocess.run([sys.executable, "-c", BECOME, self.owner, *argv], check=True)


class RedisServer(Server):
    """With its stock settings: snapshots now and then, and nothing between them."""

    name = "redis"

    def __init__(self) -> None:
        super().__init__()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def _command(self) -> list[str]:
        where = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        return [str(_redis()), *where]

    def answers(self) -> bool:
        with contextlib.suppress(redis.RedisError), self.client() as client:
            return bool(client.ping())
        return False

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2)
