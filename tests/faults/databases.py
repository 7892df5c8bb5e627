"""R02: the database is killed and comes back while people write."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from tests import servers
from tests.faults import steady
from tests.faults.rows import Outcome, Trial
from tests.faults.steady import Load
from tests.processes import wait_until
from tests.servers import PostgresServer
from tests.stack import Stack

RECOVERED_WITHIN = 10.0
# What is looked at to see the installation work again, each with the moment of a row of it.
AGAIN = {
    "applied again": "SELECT MIN(processed_at) FROM provider_webhookevent "
    "WHERE processed_at > '{}'",
    "sent again": "SELECT MIN(finished_at) FROM provider_attempt "
    "WHERE started_at > '{}' AND outcome = 'accepted'",
}


def run(trial: Trial) -> Outcome:
    outcome = Outcome()
    if trial.profile != "production" or servers.why_not():
        outcome.figures["skipped"] = servers.why_not() or "its database is a file"
        return outcome
    postgres = PostgresServer()
    with Stack(trial.profile, own_postgres=postgres) as stack:
        load = Load(stack, rate=trial.either(smoke=5, full=10))
        load.start()
        times = trial.either(smoke=2, full=10)
        outages = [_outage(stack, postgres, trial, f"{n + 1} of {times}") for n in range(times)]
        load.stop()
        trial.tell("waiting until everything is applied and has left")
        steady.wait_drained(stack, sends=not trial.smoke)
        outcome.figures["kills"] = times
        steady.check(stack, load, outcome)
        _check_outages(load, outages, outcome)
        _check_recovery(stack, load, outages, outcome)
        if outcome.misses:
            outcome.misses.append(f"kept in {stack.folder} and {postgres.folder}")
            stack.keep()
    return outcome


def _outage(
    stack: Stack, postgres: PostgresServer, trial: Trial, which: str
) -> tuple[float, float]:
    """From when to when the database did not answer."""
    time.sleep(trial.random.uniform(1, 3))
    trial.tell(f"kill {which}")
    down = time.time()
    postgres.proc.kill9()
    time.sleep(trial.random.uniform(0.5, 3))
    postgres.start()
    up = time.time()
    seen = _moment(up)
    wait_until(
        lambda: all(stack.rows(sql.format(seen))[0][0] for sql in AGAIN.values()),
        "it works again",
        RECOVERED_WITHIN * 6,
        every=0.5,
    )
    return down, up


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def _check_outages(load: Load, outages: list[tuple[float, float]], outcome: Outcome) -> None:
    """While it is away, webhooks are refused so that they are repeated; and only then."""
    during = {
        answer
        for down, up in outages
        for answer in load.between(down - 1, up + RECOVERED_WITHIN)
        if answer.told != 200
    }
    everywhere = steady.others(load.answers, 200)
    wrong = steady.others(during, 503)
    outcome.figures["answered 503"] = everywhere.get(503, 0)
    outcome.figures["longest ms"] = steady.milliseconds(load.answers, 1)
    outcome.expect(not wrong, f"answered other than 200 and 503: {wrong}")
    outcome.expect(
        sum(everywhere.values()) == len(during), f"refused while it was there: {everywhere}"
    )
    outcome.expect(bool(during), "nothing was refused, so the database was never missed")


def _check_recovery(
    stack: Stack, load: Load, outages: list[tuple[float, float]], outcome: Outcome
) -> None:
    found: dict[str, list[float]] = {"taken again": []}
    for _down, up in outages:
        posted = [answer for answer in load.answers if answer.at > up and answer.told == 200]
        found["taken again"].append(min(answer.at for answer in posted) - up)
        for what, sql in AGAIN.items():
            ((at,),) = stack.rows(sql.format(_moment(up)))
            found.setdefault(what, []).append(at.timestamp() - up)
    for what, seconds in found.items():
        outcome.figures[f"{what} within s"] = round(max(seconds), 1)
        outcome.expect(max(seconds) <= RECOVERED_WITHIN, f"{what} only after {max(seconds):.1f} s")
