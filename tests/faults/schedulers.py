"""R20: several schedulers ask for the daily check of the token, and each day it is made once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from datetime import timedelta

import django
from django.utils import timezone

SCHEDULERS = 3
# The lease of a check whose process was killed, and what a busy machine needs besides.
WITHIN_SECONDS = 240
EVERY_SECONDS = 0.02


def run(trial: Trial) -> Outcome:
    outcome, slots = Outcome(), trial.either(smoke=10, full=100)
    chance = trial.random
    killed_in = chance.randrange(slots // 4, slots)
    house = [_scheduler() for _ in range(SCHEDULERS)]
    try:
        doubles, late = 0, 0
        _make_due()
        before, rounds = _settled(), _rounds()
        for slot in range(slots):
            _make_due()
            is_killed = slot == killed_in
            if is_killed:
                time.sleep(0 if trial.smoke else chance.uniform(0, 0.1))
                _kill_one(house, chance)
            began = time.monotonic()
            asked = _settled()
            late += time.monotonic() - began > WITHIN_SECONDS
            # One that was killed while it asked is asked for once more.
            doubles += max(0, asked - before - 1 - is_killed)
            before = asked
    finally:
        for scheduler in house:
            scheduler.kill()
            scheduler.wait()
    outcome.figures.update(
        {
            "schedulers": SCHEDULERS,
            "killed": 1,
            "slots": slots,
            "runs": _rounds() - rounds,
            "doubles": doubles,
            "skipped": late,
        }
    )
    outcome.expect(not doubles, f"{doubles} checks too many")
    outcome.expect(not late, f"{late} days without a check")
    return outcome


def _scheduler() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.faults.schedulers"], env=dict(os.environ))


def _kill_one(house: list[subprocess.Popen[bytes]], chance: random.Random) -> None:
    number = chance.randrange(len(house))
    house[number].kill()
    house[number].wait()
    house[number] = _scheduler()


def _make_due() -> None:
    """Another day begins: the last check is more than one ago."""
    day_before = timezone.localtime() - timedelta(hours=24.1)
    store.write(ISOCHATBOT.PROVEDOR_DATE, answer=day_before.isoformat(timespec="seconds"))


def _settled() -> int:
    """Wait until the check is made and nobody makes it; how often the provider was asked so far."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < deadline:
        at = store.read(ISOCHATBOT.PROVEDOR_DATE)
        is_fresh = at is not None and timezone.now() - at < timedelta(hours=1)
        if is_fresh and not Account.objects.exclude(check_lease_until=None).exists():
            break
        time.sleep(EVERY_SECONDS)
    time.sleep(5 * EVERY_SECONDS)  # for who came too late, and must find nothing to do
    entries = scene.control("counters")
    return int(entries["calls"])


def _rounds() -> int:
    """How many checks came to an end: each counts when it begins, too."""
    return int(Account.objects.get(adapter="botmaker").check_round) // 2


def _ask_for_ever() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        tasks.check_token()
        time.sleep(EVERY_SECONDS)


if __name__ == "__main__":
    django.setup()

from parameters import store  # noqa: E402 - models exist once Django is set up
from parameters.catalogue import ISOCHATBOT  # noqa: E402
from provider import tasks  # noqa: E402
from provider.models import Account  # noqa: E402
from tests.faults import scene  # noqa: E402
from tests.faults.rows import Outcome, Trial  # noqa: E402

if __name__ == "__main__":
    _ask_for_ever()
