"""Processes that check one account at once: run inside an installation, ends badly if they err."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import django
import time_machine
from django.db import connections

WORKERS, THREADS = 2, 4
SCHEDULERS, SLOTS = 3, 20


def workers() -> None:
    """Two workers of four threads find one check due."""
    tokens.verified(hours_ago=25)
    _together()
    assert tokens.asked(Control()) == 1, f"{tokens.asked(Control())} checks"
    assert tokens.renewals(Control()) == 0


def renewers() -> None:
    """The same with a refused token: one renewal, and one probe of what it brought."""
    tokens.verified(hours_ago=25)
    scene.control("switches", token="expired")
    _together()
    assert tokens.renewals(Control()) == 1, f"{tokens.renewals(Control())} renewals"
    assert tokens.asked(Control()) == 2, f"{tokens.asked(Control())} checks"
    assert tokens.open_kinds() == []


def people() -> None:
    """Eight people press the button while the provider takes its time."""
    scene.control("switches", refresh="slow", slow_seconds=2)
    _together("press")
    assert tokens.renewals(Control()) == 1, f"{tokens.renewals(Control())} renewals"


def schedulers() -> None:
    """Three schedulers live through twenty days, in step: twenty checks."""
    tokens.verified(hours_ago=0)
    command = [sys.executable, "-m", "tests.provider.schedulers", "days"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    started = [subprocess.Popen(command, **pipes) for _ in range(SCHEDULERS)]
    for slot in range(SLOTS):
        for process in started:
            process.stdin.write(f"{slot}\n")
        assert [process.stdout.readline() for process in started] == [f"{slot}\n"] * SCHEDULERS
    for process in started:
        process.stdin.close()
        assert process.wait(30) == 0
    assert tokens.asked(Control()) == SLOTS, f"{tokens.asked(Control())} checks"
    assert tokens.renewals(Control()) == 0


def _together(what: str = "once") -> None:
    at = str(time.time() + 4)
    command = [sys.executable, "-m", "tests.provider.schedulers", what, at]
    started = [subprocess.Popen(command, env=dict(os.environ)) for _ in range(WORKERS)]
    assert [process.wait(120) for process in started] == [0] * WORKERS


class Control:
    """The provider's control interface, as the tests' own provider offers it."""

    def get(self, what: str) -> object:
        return scene.control(what)


def once(at: float) -> None:
    _threads(at, checks.run_due)


def press(at: float) -> None:
    told: list[str] = []
    _threads(at, lambda: told.append(gateway.refresh_token().kind))
    assert told == ["renewed"] * THREADS, told


def _threads(at: float, work: Callable[[], object]) -> None:
    barrier = threading.Barrier(THREADS)

    def at_once() -> None:
        barrier.wait()
        work()
        connections.close_all()

    threads = [threading.Thread(target=at_once) for _ in range(THREADS)]
    time.sleep(max(0.0, at - time.time()))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def days() -> None:
    travel.follow()
    for line in sys.stdin:
        # A little more than a day each, so that none is a moment short of due.
        day = timedelta(days=int(line) + 1, minutes=int(line) + 1)
        with time_machine.travel(timezone.now() + day, tick=True):
            checks.run_due()
        sys.stdout.write(line)
        sys.stdout.flush()


if __name__ == "__main__":
    django.setup()

from django.utils import timezone  # noqa: E402 - models exist once Django is set up

from provider import gateway  # noqa: E402
from provider.services import checks  # noqa: E402
from tests import travel  # noqa: E402
from tests.faults import scene  # noqa: E402
from tests.provider import tokens  # noqa: E402

if __name__ == "__main__":
    name, *when = sys.argv[1:]
    globals()[name](*(float(word) for word in when))
