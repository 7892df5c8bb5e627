"""R18: many senders with one dead token renew it once, and everything leaves once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter

import django
from django.db import connections

SENDS = 64
PROCESSES, THREADS = 4, 2
WITHIN_SECONDS = 60


def run(trial: Trial) -> Outcome:
    outcome = Outcome()
    for number in range(SENDS):
        scene.write(f"55414{number:08d}", "Oi")
    scene.control("switches", token="expired")
    before = scene.control("counters")["calls"]
    # Long enough for all of them to have started, so that they begin together.
    at = str(time.time() + 5)
    command = [sys.executable, "-m", "tests.faults.tokens", at]
    drainers = [subprocess.Popen(command, env=dict(os.environ)) for _ in range(PROCESSES)]
    for drainer in drainers:
        outcome.expect(drainer.wait(WITHIN_SECONDS + 30) == 0, "a sender ended badly")
    counters = scene.control("counters")
    ledger = Counter(entry["webhook_payload"] for entry in scene.control("ledger")["entries"])
    left = Counter(Delivery.objects.values_list("state", flat=True))
    refused = Attempt.objects.filter(outcome="unauthorized").count()
    outcome.figures.update(
        {
            "sends": SENDS,
            "senders": PROCESSES * THREADS,
            "renewals": counters["refresh_calls"],
            "delivered": sum(ledger.values()),
            "refused with the dead token": refused,
            "calls": counters["calls"] - before,
        }
    )
    outcome.expect(counters["refresh_calls"] == 1, f"{counters['refresh_calls']} renewals")
    outcome.expect(len(ledger) == SENDS and set(ledger.values()) == {1}, "not each exactly once")
    outcome.expect(left == {"accepted": SENDS}, f"left in the outbox: {dict(left)}")
    outcome.expect(refused > 0, "the token was never refused, so nothing was tried")
    return outcome


def _drain_until_empty() -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    is_open = Delivery.objects.filter(state__in=["queued", "leased"])
    while is_open.exists() and time.monotonic() < deadline:
        deliveries.drain()
        time.sleep(0.05)
    connections.close_all()


if __name__ == "__main__":
    django.setup()

from provider.models import Attempt, Delivery  # noqa: E402 - models exist once Django is set up
from provider.services import deliveries  # noqa: E402
from tests.faults import scene  # noqa: E402
from tests.faults.rows import Outcome, Trial  # noqa: E402

if __name__ == "__main__":
    time.sleep(max(0.0, float(sys.argv[1]) - time.time()))
    threads = [threading.Thread(target=_drain_until_empty) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
