"""Every process of the production profile restarts, one after the other, while people write."""

from __future__ import annotations

import signal
import time

import requests

from tests.faults import steady
from tests.faults.rows import Outcome, Trial
from tests.faults.steady import Load
from tests.fleet import Fleet, why_not
from tests.processes import wait_until


def run(trial: Trial) -> Outcome:
    outcome = Outcome()
    if trial.profile != "production" or why_not():
        outcome.figures["skipped"] = why_not() or "this profile is one process"
        return outcome
    with Fleet() as fleet:
        load = Load(fleet, rate=trial.either(smoke=20, full=50))
        load.start()
        outcome.figures["restarts"] = _restart_in_turn(fleet, trial)
        load.stop()
        trial.tell("waiting until everything is applied and has left")
        steady.wait_drained(fleet)
        _check(fleet, load, outcome)
        if outcome.misses:
            outcome.misses.append(f"kept in {fleet.folder}")
            fleet.keep()
    return outcome


def _restart_in_turn(fleet: Fleet, trial: Trial) -> int:
    """By SIGTERM, as a service manager does; nginx reads its rules again."""
    time.sleep(2)
    rounds = trial.either(smoke=1, full=3)
    for turn in range(rounds):
        for name, proc in fleet.parts.items():
            trial.tell(f"round {turn + 1} of {rounds}: {name}")
            proc.restart()
            if name.startswith("isobot-web"):
                _answers(int(proc.argv[proc.argv.index("--port") + 1]))
            time.sleep(2)
        fleet.nginx.popen.send_signal(signal.SIGHUP)
        time.sleep(2)
    return rounds * (len(fleet.parts) + 1)


def _answers(port: int) -> None:
    """Only what answers again lets the next one go."""

    def live() -> bool:
        try:
            url = f"http://127.0.0.1:{port}/health/live/"
            return requests.get(url, timeout=5).status_code == 200
        except requests.RequestException:
            return False

    wait_until(live, f"the web process on {port} answers again", 60)


def _check(fleet: Fleet, load: Load, outcome: Outcome) -> None:
    steady.check(fleet, load, outcome)
    others, unsent = steady.others(load.answers, 200), steady.unsent(fleet)
    outcome.figures.update(
        {
            "other answers": sum(others.values()),
            "p50 ms": steady.milliseconds(load.answers, 0.5),
            "p99 ms": steady.milliseconds(load.answers, 0.99),
            "longest ms": steady.milliseconds(load.answers, 1),
        }
    )
    outcome.expect(not others, f"answers other than 200: {others}")
    outcome.expect(not unsent, f"not sent: {unsent}")
