"""R07, R09: Redis dies, freezes or forgets, and those who write do not notice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import requests

from tests import servers
from tests.faults import steady
from tests.faults.rows import Outcome, Trial
from tests.faults.steady import Answer, Load
from tests.processes import wait_until
from tests.servers import RedisServer
from tests.stack import Stack
from tests.stack_clients import Browser

RATE = 5
P99_MS = 1000
PROCESSED_WITHIN = 30.0
# Nobody works with a screen that takes longer.
SCREEN_MS = 3000


def away(trial: Trial) -> Outcome:
    """R07: it is away, or there and silent."""
    if why := _why_not(trial):
        return Outcome({"skipped": why})
    outcome, server = Outcome(), RedisServer()
    with Stack(trial.profile, own_redis=server) as stack:
        load, screen = Load(stack, RATE), Screen(stack)
        load.start()
        screen.start()
        time.sleep(2)
        seconds = trial.either(smoke=6, full=60)
        outages = {
            "killed": _outage(trial, "killed", seconds, server.proc.kill9, server.start),
            "frozen": _outage(trial, "frozen", seconds, server.proc.pause, server.proc.cont),
        }
        load.stop()
        screen.stop()
        trial.tell("waiting until everything is applied and has left")
        steady.wait_drained(stack)
        outcome.figures["seconds each"] = seconds
        steady.check(stack, load, outcome)
        _check_answers(load, screen, outages, outcome)
        for what, (_gone, back) in outages.items():
            _check_work(stack, what, back, outcome)
        unsent = steady.unsent(stack)
        outcome.expect(not unsent, f"not sent: {unsent}")
        if outcome.misses:
            outcome.misses.append(f"kept in {stack.folder} and {server.folder}")
            stack.keep()
    return outcome


def _why_not(trial: Trial) -> str:
    return "this profile has no Redis" if trial.profile == "embedded" else servers.why_not()


def _outage(
    trial: Trial, what: str, seconds: float, go: Callable[[], None], come: Callable[[], None]
) -> tuple[float, float]:
    """From when to when it was away; afterwards there is time to catch up."""
    trial.tell(f"Redis is {what}")
    gone = time.time()
    go()
    time.sleep(seconds)
    come()
    back = time.time()
    trial.tell(f"Redis was {what}")
    time.sleep(trial.either(smoke=4, full=20))
    return gone, back


class Screen:
    """An agent's browser that asks for the list of conversations twice a second."""

    def __init__(self, stack: Stack) -> None:
        self.answers: list[Answer] = []
        self._browser = Browser(stack, "atendente")
        self._url = f"{stack.url}/omnichannel/"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(60)

    def _look(self) -> None:
        while not self._stopping.wait(0.5):
            began = time.monotonic()
            try:
                told: int | str = self._browser.get(self._url, timeout=30).status_code
            except requests.RequestException as error:
                told = type(error).__name__
            self.answers.append(Answer(time.time(), told, time.monotonic() - began, ""))


def _check_answers(
    load: Load, screen: Screen, outages: dict[str, tuple[float, float]], outcome: Outcome
) -> None:
    others = steady.others(load.answers, 200)
    outcome.figures["other answers"] = sum(others.values())
    outcome.expect(not others, f"webhooks answered other than 200: {others}")
    failed = steady.others(screen.answers, 200)
    outcome.expect(not failed, f"screens answered other than 200: {failed}")
    for what, (gone, back) in outages.items():
        p99 = steady.milliseconds(load.between(gone, back), 0.99)
        looks = [one for one in screen.answers if gone <= one.at <= back]
        p95 = steady.milliseconds(looks, 0.95)
        outcome.figures[f"{what}: webhooks p99 ms"] = p99
        outcome.figures["screens p95 ms"] = p95
        outcome.expect(p99 <= P99_MS, f"while it was {what} webhooks took {p99} ms (p99)")
        outcome.expect(p95 <= SCREEN_MS, f"while it was {what} screens took {p95} ms (p95)")


def _check_work(stack: Stack, what: str, back: float, outcome: Outcome) -> None:
    """What came before it was back is done soon after."""
    at = datetime.fromtimestamp(back, UTC).isoformat()
    done = {
        "applied": "SELECT MAX(processed_at) FROM provider_webhookevent WHERE received_at < '{}'",
        "sent": "SELECT MAX(settled_at) FROM provider_delivery WHERE created_at < '{}'",
    }
    for how, sql in done.items():
        ((last,),) = stack.rows(sql.format(at))
        seconds = max(0.0, last.timestamp() - back)
        outcome.figures[f"{what}: all {how} after s"] = round(seconds, 1)
        outcome.expect(seconds <= PROCESSED_WITHIN, f"{what}: all {how} only after {seconds:.0f} s")


def forgets(trial: Trial) -> Outcome:
    """R09: everything in it is gone, from one moment to the next."""
    if why := _why_not(trial):
        return Outcome({"skipped": why})
    outcome, server = Outcome(), RedisServer()
    with Stack(trial.profile, own_redis=server) as stack:
        load = Load(stack, RATE)
        load.start()
        moments, chance = trial.either(smoke=4, full=40), trial.random
        for number in range(moments):
            trial.tell(f"{number + 1} of {moments}")
            time.sleep(chance.uniform(0.5, 3))
            if number % 2:  # back with what its last snapshot held, if there was one
                server.proc.kill9()
                server.start()
            else:
                with server.client() as client:
                    client.flushall()
        outcome.figures["workers take tasks again after s"] = _tasks_run(stack)
        load.stop()
        trial.tell("waiting until everything is applied and has left")
        steady.wait_drained(stack)
        outcome.figures.update({"forgotten": moments, "of those restarts": moments // 2})
        steady.check(stack, load, outcome)
        others, unsent = steady.others(load.answers, 200), steady.unsent(stack)
        outcome.expect(not others, f"answers other than 200: {others}")
        outcome.expect(not unsent, f"not sent: {unsent}")
        if outcome.misses:
            outcome.misses.append(f"kept in {stack.folder} and {server.folder}")
            stack.keep()
    return outcome


def _tasks_run(stack: Stack) -> float:
    """How long until a worker ran a task sent now: one may be connected and take none."""
    began, since = time.monotonic(), datetime.now(UTC)
    sql = "SELECT COUNT(*) FROM isobot_heartbeat WHERE part = 'schedule' AND at > '{}'"
    seen = sql.format(since.isoformat())
    wait_until(lambda: stack.rows(seen)[0][0], "a task runs after the last restart", 60, every=0.5)
    return round(time.monotonic() - began, 1)
