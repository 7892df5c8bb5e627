"""Customers who write at a steady pace whatever the answers, and what became of each message."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import requests

from tests.faults.kills import flat_text
from tests.faults.rows import Outcome
from tests.processes import wait_until
from tests.stack import Stack
from tests.stack_clients import Provider

# The hand-off is asked for at once, so that each customer is sent two messages and no more.
WRITTEN = ("Oi", "2")
THREADS = 8
DRAINED_WITHIN = 300


class Answer(NamedTuple):
    """What a webhook was told, when, and after how long; `number` is its message's."""

    at: float
    told: int | str
    seconds: float
    number: str


class Load:
    """Each message is posted once: what was not taken is not repeated."""

    def __init__(self, stack: Stack, rate: float) -> None:
        self.url = f"{stack.url}/webhooks/botmaker/"
        self.headers = {"auth-bm-token": stack.webhook_token, "Content-Type": "application/json"}
        self.rate = rate
        self.answers: list[Answer] = []
        self._numbers = itertools.count(1)
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._post, args=(n,)) for n in range(THREADS)]

    def start(self) -> None:
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)
        self.seconds = time.monotonic() - self._began

    @property
    def taken(self) -> list[str]:
        """The numbers of the messages whose webhooks were answered 200."""
        return [answer.number for answer in self.answers if answer.told == 200]

    def between(self, begin: float, end: float) -> list[Answer]:
        """Those that were posted in this time."""
        return [one for one in self.answers if begin <= one.at - one.seconds <= end]

    def _post(self, number: int) -> None:
        for turn in itertools.count():
            due = self._began + (turn * THREADS + number) / self.rate
            if self._stopping.wait(max(0.0, due - time.monotonic())):
                return
            # A customer belongs to one thread, so that what they write comes in order.
            customer, nth = divmod(turn, 10)
            contact = f"55418{number:02d}{customer:06d}"
            text = WRITTEN[nth] if nth < len(WRITTEN) else f"Mensagem {nth}"
            body = flat_text(contact, text, next(self._numbers))
            began = time.monotonic()
            try:
                answer = requests.post(
                    self.url, data=json.dumps(body), headers=self.headers, timeout=30
                )
                told: int | str = answer.status_code
            except requests.RequestException as error:
                told = type(error).__name__
            seconds = time.monotonic() - began
            self.answers.append(Answer(time.time(), told, seconds, body["_id_"]))


def others(answers: Iterable[Answer], *allowed: int) -> dict[int | str, int]:
    """Answers that are none of these, counted."""
    return dict(Counter(answer.told for answer in answers if answer.told not in allowed))


def milliseconds(answers: Sequence[Answer], share: float) -> int:
    """The time within which this share of them was answered."""
    times = sorted(answer.seconds for answer in answers)
    return round(times[min(int(len(times) * share), len(times) - 1)] * 1000) if times else 0


def wait_drained(stack: Stack, *, sends: bool = True, within: float = DRAINED_WITHIN) -> None:
    """Until everything is applied and, if asked, has left: what a process was sending when it
    lost its database is given up only after a minute."""

    def drained() -> bool:
        ((events,),) = stack.rows(
            "SELECT COUNT(*) FROM provider_webhookevent WHERE state = 'received'"
        )
        ((open_,),) = stack.rows(
            "SELECT COUNT(*) FROM provider_delivery WHERE state IN ('queued', 'leased')"
        )
        return not events and not (sends and open_)

    wait_until(drained, "everything is applied and has left", within, every=1)


def check(stack: Stack, load: Load, outcome: Outcome) -> None:
    """What was taken is there once, and nothing left twice."""
    kept = Counter(
        row[0] for row in stack.rows("SELECT external_id FROM chat_message WHERE direction = 'in'")
    )
    lost = [number for number in load.taken if kept[number] == 0]
    doubled = [number for number, count in kept.items() if count > 1]
    ((dead,),) = stack.rows("SELECT COUNT(*) FROM provider_webhookevent WHERE state = 'dead'")
    ledger = Counter(str(entry["webhook_payload"]) for entry in Provider(stack).ledger())
    repeated = [reference for reference, count in ledger.items() if count > 1]
    outcome.figures.update(
        {
            "webhooks": len(load.answers),
            "a second": round(len(load.answers) / load.seconds, 1),
            "taken": len(load.taken),
            "lost": len(lost),
            "doubled": len(doubled),
            "sent": sum(ledger.values()),
            "sent twice": len(repeated),
        }
    )
    outcome.expect(bool(load.taken), "no webhook was taken at all")
    outcome.expect(not lost, f"taken and lost: {lost[:5]}")
    outcome.expect(not doubled, f"stored twice: {doubled[:5]}")
    outcome.expect(not repeated, f"sent twice: {repeated[:5]}")
    outcome.expect(not dead, f"{dead} events were set aside")


def unsent(stack: Stack) -> dict[str, int]:
    """Messages that should have left and did not, by how they are shown."""
    return dict(
        stack.rows(
            "SELECT status, COUNT(*) FROM chat_message WHERE direction = 'out' "
            "AND status NOT IN ('sent', 'delivered', 'read') GROUP BY status"
        )
    )
