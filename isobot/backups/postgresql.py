"""PostgreSQL's own programs, which know best what is in its databases.

They are told where the database is by the environment: arguments are for everybody to see.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from django.db import connection

from isobot.backups import Refused
from isobot.backups.archive import PIECE, Tell

_NAMES = {"dbname": "PGDATABASE"} | {
    name: f"PG{name.upper()}"
    for name in (
        *("database", "host", "port", "user", "password", "passfile", "service", "options"),
        *("sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout"),
    )
}


def major() -> int:
    """The server's version."""
    connection.ensure_connection()
    return int(connection.pg_version) // 10000  # type: ignore[attr-defined]


def dump(to: Path, snapshot: str, tell: Tell) -> None:
    """Write the database as this exported snapshot sees it, in the custom format."""
    argv = [_tool("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", "--no-password"]
    with tempfile.TemporaryFile() as said, to.open("xb") as out:
        with _started([*argv, f"--snapshot={snapshot}"], said, stdout=subprocess.PIPE) as program:
            assert program.stdout is not None
            done = 0
            while piece := program.stdout.read(PIECE):
                done += len(piece)
                out.write(piece)
                tell("database", done, None)
        _refuse_failed(program, "pg_dump", said)


def load(part: Path, statements: Iterable[str], tell: Tell) -> None:
    """Bring it in and run these statements, in one transaction of psql.

    That ends by a COMMIT that is only said once pg_restore has come to its end: where anything
    breaks before, this process included, nothing of it stays.
    """
    reading = [_tool("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(part)]
    writing = [_tool("psql"), "--no-psqlrc", "--quiet", "--no-password"]
    writing += ["--set=ON_ERROR_STOP=1", "--file=-"]
    nowhere = {"stdout": subprocess.DEVNULL, "stdin": subprocess.PIPE}
    with tempfile.TemporaryFile() as read, tempfile.TemporaryFile() as written:
        # Where psql has ended nobody reads, and what it said is what is told.
        with (
            contextlib.suppress(BrokenPipeError),
            _started(writing, written, **nowhere) as target,
            _started(reading, read, stdout=subprocess.PIPE) as source,
        ):
            try:
                _relay(source, target, statements, tell)
            finally:
                source.kill()
        _refuse_failed(target, "psql", written)
        _refuse_failed(source, "pg_restore", read)


def _relay(source: Any, target: Any, statements: Iterable[str], tell: Tell) -> None:
    done = 0
    target.stdin.write(b"BEGIN;\n")
    while piece := source.stdout.read(PIECE):
        target.stdin.write(piece)
        done += len(piece)
        tell("database", done, None)
    if source.wait() != 0:
        return
    ends = ["RESET search_path", *statements, "COMMIT"]
    target.stdin.write("".join(f"{statement};\n" for statement in ends).encode())
    target.stdin.close()


def _tool(name: str) -> str:
    """Where it is. Of another version than the server it may leave out what it does not know."""
    path = shutil.which(name)
    if path is None:
        raise Refused(f"{name} is not installed: it comes with the client of PostgreSQL {major()}.")
    said = subprocess.run(  # noqa: S603 - a program of PATH
        [path, "--version"], capture_output=True, text=True, check=False
    ).stdout
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    if found is None or int(found[1]) != major():
        raise Refused(
            f"{name} is of version {found[1] if found else '?'}, the server of {major()}: "
            f"put the client of PostgreSQL {major()} first in PATH."
        )
    return path


def _started(argv: list[str], said: IO[bytes], **pipes: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(argv, env=_environment(), stderr=said, **pipes)  # noqa: S603 - ours


def _environment() -> dict[str, str]:
    """The connection's own parameters, and nothing of what this process knows besides."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in ("PATH", "HOME", "LANG") or name.startswith("PG")
    }
    given = connection.get_connection_params()
    return kept | {_NAMES[name]: str(given[name]) for name in _NAMES if given.get(name)}


def _refuse_failed(program: subprocess.Popen[bytes], name: str, said: IO[bytes]) -> None:
    if program.wait() == 0:
        return
    said.seek(0)
    lines = said.read(PIECE).decode(errors="replace").strip().splitlines()
    raise Refused(f"{name} failed: {' '.join(lines[-3:]) or program.returncode}")
