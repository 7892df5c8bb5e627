"""R33: one process on SQLite under a full house, for as long as it takes to trust it."""

from __future__ import annotations

import os
import re
import threading
import time
from pathlib import Path

import requests

from tests.faults import steady
from tests.faults.rows import Outcome, Trial
from tests.faults.steady import Load
from tests.stack import Stack
from tests.stack_clients import Agent, Browser

RATE = 20
AGENTS = 8
MINUTES = float(os.environ.get("FAULT_MINUTES") or 10)
WARM_SECONDS = 20.0
# Besides what people write the provider tells what became of each answer: the process is asked
# twice this often, and has eight agents to serve. How fast it is depends on the machine: times are
# printed and not judged. What it fell behind by, it has to catch up with in the end.
CATCHES_UP_WITHIN = 300 + 90 * MINUTES
GROWTH = 0.25
# What came in and waited for nothing, by how long it was stored and not yet applied.
APPLIED = (
    "SELECT (julianday(processed_at) - julianday(received_at)) * 86400 FROM provider_webhookevent "
    "WHERE waits = 0 AND processed_at IS NOT NULL ORDER BY 1"
)
LOCKED = re.compile(r"database is locked|OperationalError")


def run(trial: Trial) -> Outcome:
    outcome = Outcome()
    if trial.smoke or trial.profile != "embedded":
        outcome.figures["skipped"] = "it takes minutes" if trial.smoke else "it is about SQLite"
        return outcome
    with Stack(trial.profile) as stack:
        load = Load(stack, RATE)
        desks = [Desk(stack, number) for number in range(AGENTS)]
        load.start()
        for desk in desks:
            desk.start()
        time.sleep(WARM_SECONDS)
        before, ends = _resident(stack), time.monotonic() + 60 * MINUTES
        while time.monotonic() < ends:
            left = ends - time.monotonic()
            trial.tell(f"{left:.0f} s to go, {_resident(stack)} MiB")
            time.sleep(min(5.0, max(0.0, left)))
        after = _resident(stack)
        load.stop()
        for desk in desks:
            desk.stop()
        trial.tell("waiting until everything is applied and has left")
        stopped = time.monotonic()
        steady.wait_drained(stack, within=CATCHES_UP_WITHIN)
        outcome.figures["caught up after s"] = round(time.monotonic() - stopped)
        steady.check(stack, load, outcome)
        _check(stack, load, desks, outcome)
        outcome.figures.update({"MiB at the start": before, "MiB at the end": after})
        outcome.expect(after < before * (1 + GROWTH) + 20, f"{before} MiB became {after} MiB")
        if outcome.misses:
            outcome.misses.append(f"kept in {stack.folder}")
            stack.keep()
    return outcome


class Desk:
    """An agent with the screen open who takes what waits and answers it, by the interface too."""

    def __init__(self, stack: Stack, number: int) -> None:
        name = ("atendente", "atendente2")[number % 2]
        self.agent, self.browser = Agent(stack, name), Browser(stack, name)
        self.number, self.base = number, stack.url
        self.failures: list[str] = []
        self.looks = self.answered = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(60)

    def _work(self) -> None:
        while not self._stopping.wait(2):
            try:
                self._turn()
            except (requests.RequestException, ValueError, KeyError) as error:
                self.failures.append(type(error).__name__)

    def _turn(self) -> None:
        self._is_fine(self.browser.get(f"{self.base}/omnichannel/lista/", timeout=30))
        self.looks += 1
        found = self.agent.get("conversations/?status=waiting&page_size=20")
        if not self._is_fine(found):
            return
        rows = found.json()["results"]
        if not rows:
            return
        row = rows[self.number % len(rows)]
        self._is_fine(self.browser.get(f"{self.base}/omnichannel/{row['id']}/", timeout=30))
        answer = self.agent.answer(row["id"], f"Resposta de {self.number}")
        self.answered += answer.status_code == 201
        self._is_fine(answer)

    def _is_fine(self, answer: requests.Response) -> bool:
        """Somebody else may have been first; nothing else may go wrong."""
        if answer.status_code >= 500 or LOCKED.search(answer.text):
            self.failures.append(f"{answer.status_code} {answer.url} {answer.text[:100]}")
        return answer.status_code == 200


def _resident(stack: Stack) -> int:
    """The memory of the process, in MiB."""
    status = Path(f"/proc/{stack.parts['isobot'].pid}/status").read_text()
    found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.M)
    return int(found[1]) // 1024 if found else 0


def _check(stack: Stack, load: Load, desks: list[Desk], outcome: Outcome) -> None:
    failures = [failure for desk in desks for failure in desk.failures]
    others, unsent = steady.others(load.answers, 200), steady.unsent(stack)
    logged = len(LOCKED.findall((stack.folder / "isobot.log").read_text(errors="replace")))
    waited = [seconds for (seconds,) in stack.rows(APPLIED)]
    applied = waited[int(len(waited) * 0.99)]
    p50, p99 = (steady.milliseconds(load.answers, share) for share in (0.5, 0.99))
    outcome.figures.update(
        {
            "looks": sum(desk.looks for desk in desks),
            "agents' answers": sum(desk.answered for desk in desks),
            "p50 ms": p50,
            "p99 ms": p99,
            "applied after s (p99)": round(applied, 1),
            "locked in the log": logged,
        }
    )
    outcome.expect(not failures, f"people saw {len(failures)} failures: {failures[:5]}")
    outcome.expect(not others, f"webhooks answered other than 200: {others}")
    outcome.expect(not logged, f"{logged} lines of the log say the database is locked")
    outcome.expect(not unsent, f"not sent: {unsent}")
