"""Processes of a test, each in a group of its own and known by its pid."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 30
# Set once nothing more may be started: everything ends.
ending = threading.Event()


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
        assert not ending.is_set(), "everything ends"
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


def descendants() -> list[int]:
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
