"""Run the rows: SMOKE=1 the brief ones, in short; ONLY=R08 one promise; FAULT_SEED as before."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from tests.faults import (
    backups,
    brokers,
    databases,
    early_statuses,
    everyday,
    full_disks,
    garbage,
    inside,
    kills,
    order,
    retention,
    rolling,
    screens,
    sick,
    stops,
)
from tests.faults.rows import Outcome, Row, Trial
from tests.stack import PROFILES, end_everything, why_not

ROWS = (
    Row(("R01", "R03", "R08"), "kill -9 of every process", kills.run, brief=True),
    Row(("R13",), "order in each conversation", order.run, brief=True),
    Row(("R18",), "one renewal for many senders", partial(inside.run, "tokens"), brief=True),
    Row(("R16",), "one owner of a conversation", partial(inside.run, "races"), brief=True),
    Row(("R14",), "a status never goes back", partial(inside.run, "statuses"), brief=True),
    Row(("R04",), "a burst from somebody new", partial(inside.run, "bursts"), brief=True),
    Row(("R05",), "bad items in a batch", partial(inside.run, "batches")),
    Row(("R10",), "what was taken back", partial(inside.run, "rollbacks")),
    Row(("R11",), "lost answers", partial(inside.run, "lost_replies"), brief=True),
    Row(("R15",), "a status before its send", early_statuses.run, alone=True),
    Row(("R17",), "moves that meet", partial(inside.run, "moves")),
    Row(("R19",), "a dead token is told", partial(inside.run, "dead_token")),
    Row(("R21",), "poison is set aside", partial(inside.run, "poison")),
    Row(("R24",), "garbage is told so and harms nothing", garbage.run),
    Row(("R26",), "machines that answer", partial(inside.run, "loops")),
    Row(("R28", "R03"), "one press, one message", partial(inside.run, "repeats"), brief=True),
    Row(("R22",), "old rows go beside live work", retention.run, alone=True),
    Row(("R31",), "a backup comes back, and nothing goes twice", backups.run),
    Row(("R29",), "restarts behind nginx", rolling.run, alone=True),
    Row(("R02",), "the database dies and comes back", databases.run, alone=True),
    Row(("R07",), "Redis is away or frozen", brokers.away, alone=True),
    Row(("R09",), "Redis forgets", brokers.forgets),
    Row(("R29",), "everything ends and starts again", stops.run),
    Row(("R12",), "a sick provider is contained", sick.run, alone=True),
    Row(("R20",), "once a day whoever asks", partial(inside.run, "schedulers")),
    Row(("R23",), "clocks may lie", partial(inside.run, "clocks")),
    Row(("R25",), "no room on the disk", full_disks.run),
    Row(("R27",), "a live screen heals itself", screens.run, alone=True),
    Row(("R33",), "a full house on SQLite", everyday.run, alone=True),
)
# Most rows wait for leases and pauses to pass, so a few share the machine.
AT_ONCE = 3
TICK_SECONDS = 10.0
MOST_SHOWN = 12


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Print a line for each row and profile; the number of those that missed is the exit code."""
    if sys.argv[1:]:
        sys.stderr.write(f"usage: [NAME=VALUE …] python -m tests.faults\n\n{__doc__}\n")
        return 2
    smoke = os.environ.get("SMOKE", "") not in ("", "0")
    only = {name for name in os.environ.get("ONLY", "").upper().replace(",", " ").split() if name}
    seed = int(os.environ.get("FAULT_SEED") or time.time_ns() % 1_000_000)
    rows = [row for row in ROWS if (only & set(row.promises) if only else row.brief or not smoke)]
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
    jobs = [(row, profile) for row in rows for profile in profiles]
    missed = _run_all([job for job in jobs if not job[0].alone], seed, AT_ONCE, smoke=smoke)
    missed += _run_all([job for job in jobs if job[0].alone], seed, 1, smoke=smoke)
    say(f"{missed} missed, {time.monotonic() - started:.0f} s, seed {seed}")
    return min(missed, 99)


def _give_up(number: int, _frame: object) -> None:
    """Interrupted: nothing that was started is left running."""
    for again in (signal.SIGINT, signal.SIGTERM):
        signal.signal(again, signal.SIG_IGN)
    end_everything()
    os._exit(128 + number)


def _run_all(jobs: list[tuple[Row, str]], seed: int, at_once: int, *, smoke: bool) -> int:
    progress: dict[str, str] = {}
    waiting: dict[Future[Outcome], tuple[str, float]] = {}
    missed = 0
    with ThreadPoolExecutor(at_once) as pool:
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
