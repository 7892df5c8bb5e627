"""The fault suite, interrupted: whatever it started ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT, wait_until

pytestmark = [pytest.mark.flow, pytest.mark.full]

# A row that runs inside an installation, with processes of its own.
ROW = {"ONLY": "R18", "SMOKE": "1"}


def env(folder: Path) -> dict[str, str]:
    """Of a run whose installations lie in this folder: all it starts has it in its environment."""
    return {"PATH": os.environ["PATH"], "TMPDIR": str(folder), **ROW}


def running(folder: Path, doing: str = "") -> list[int]:
    """The processes that were started for an installation in this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            around, words = (process / "environ").read_bytes(), (process / "cmdline").read_bytes()
        except OSError:
            continue
        if f"HOME={folder}/".encode() in around and doing.encode() in words:
            found.append(int(process.name))
    return found


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.faults"]
    with subprocess.Popen(command, cwd=ROOT, env=env(tmp_path), start_new_session=True) as started:
        yield started
        started.kill()
    for pid in running(tmp_path):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("doing", "number"),
    [
        ("call_command", signal.SIGTERM),
        ("tests.faults.inside", signal.SIGINT),
        ("tests.faults.tokens", signal.SIGTERM),
    ],
    ids=["while it prepares", "inside an installation", "with processes of a row"],
)
def test_nothing_is_left_of_a_run_that_is_interrupted(
    suite: subprocess.Popen[bytes], tmp_path: Path, doing: str, number: signal.Signals
) -> None:
    wait_until(lambda: running(tmp_path, doing), f"something runs {doing}", 120)
    suite.send_signal(number)
    assert suite.wait(60) == 128 + number
    assert running(tmp_path) == []


@pytest.mark.parametrize("word", ["--help", "R18"])
def test_words_after_the_command_are_answered_with_its_usage(tmp_path: Path, word: str) -> None:
    command = [sys.executable, "-m", "tests.faults", word]
    done = subprocess.run(command, cwd=ROOT, env=env(tmp_path), capture_output=True, timeout=120)
    assert done.returncode == 2
    assert b"ONLY=R08" in done.stderr
    assert list(tmp_path.iterdir()) == [], "no installation was made"
