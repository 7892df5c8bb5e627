"""Run the rows: SMOKE=1 is short, ONLY=R08 is one promise, FAULT_SEED repeats a run."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from tests.faults import inside, kills, order
from tests.faults.rows import Outcome, Row, Trial
from tests.stack import PROFILES, RUNNING, why_not

ROWS = (
    Row(("R01", "R03", "R08"), "kill -9 of every process", kills.run),
    Row(("R13",), "order in each conversation", order.run),
    Row(("R18",), "one renewal for many senders", partial(inside.run, "tokens")),
    Row(("R16",), "one owner of a conversation", partial(inside.run, "races")),
    Row(("R14",), "a status never goes back", partial(inside.run, "statuses")),
)
# Rows mostly wait for leases and pauses to pass, so a few share the machine.
AT_ONCE = 3
TICK_SECONDS = 10.0
MOST_SHOWN = 12


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Print a line for each row and profile; the number of those that missed is the exit code."""
    smoke = os.environ.get("SMOKE", "") not in ("", "0")
    only = {name for name in os.environ.get("ONLY", "").upper().replace(",", " ").split() if name}
    seed = int(os.environ.get("FAULT_SEED") or time.time_ns() % 1_000_000)
    rows = [row for row in ROWS if not only or only & set(row.promises)]
    if not rows:
        say(f"ONLY knows {', '.join(name for row in ROWS for name in row.promises)}")
        return 2
    say(f"seed {seed} (FAULT_SEED={seed} repeats this run){', smoke' if smoke else ''}")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _give_up)
    profiles = [profile for profile in PROFILES if not why_not(profile)]
    for profile in PROFILES:
        if why_not(profile):
            say(f"{profile}: skipped, {why_not(profile)}")
    started = time.monotonic()
    missed = _run_all([(row, profile) for row in rows for profile in profiles], seed, smoke=smoke)
    say(f"{missed} missed, {time.monotonic() - started:.0f} s, seed {seed}")
    return min(missed, 99)


def _give_up(number: int, _frame: object) -> None:
    """Interrupted: nothing that was started is left running."""
    for stack in list(RUNNING):
        stack.close(failed=True)
    os._exit(128 + number)


def _run_all(jobs: list[tuple[Row, str]], seed: int, *, smoke: bool) -> int:
    progress: dict[str, str] = {}
    waiting: dict[Future[Outcome], tuple[str, float]] = {}
    missed = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for row, profile in jobs:
            name = f"{'/'.join(row.promises)} {row.title}, {profile}"
            tell = partial(progress.__setitem__, name)
            trial = Trial(profile, smoke, seed, tell)
            waiting[pool.submit(_timed, row, trial)] = (name, 0.0)
        told = time.monotonic()
        while waiting:
            for future in [future for future in waiting if future.done()]:
                name, _ = waiting.pop(future)
                progress.pop(name, None)
                missed += not _report(name, future.result())
            if time.monotonic() - told > TICK_SECONDS:
                told = time.monotonic()
                say("  … " + "; ".join(f"{name}: {how}" for name, how in progress.items()))
            time.sleep(0.1)
    return missed


def _timed(row: Row, trial: Trial) -> Outcome:
    started = time.monotonic()
    trial.tell("starting")
    try:
        outcome = row.run(trial)
    except Exception:
        outcome = Outcome(misses=[traceback.format_exc()])
    outcome.figures["seconds"] = round(time.monotonic() - started)
    return outcome


def _report(name: str, outcome: Outcome) -> bool:
    figures = ", ".join(f"{what} {figure}" for what, figure in outcome.figures.items())
    say(f"{'MISS' if outcome.misses else 'ok  '} {name}: {figures}")
    shown = outcome.misses if len(outcome.misses) < MOST_SHOWN else outcome.misses[: MOST_SHOWN - 2]
    for miss in shown:
        say(f"       {miss}")
    if len(shown) < len(outcome.misses):
        say(f"       and {len(outcome.misses) - len(shown) - 1} more; {outcome.misses[-1]}")
    return not outcome.misses


if __name__ == "__main__":
    sys.exit(main())
