"""R11: a send whose answer was lost is not made again by itself, and says that nobody knows."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from django.utils import timezone

from chat.models import Message
from provider.models import Attempt, Delivery
from provider.services import deliveries
from tests.faults import scene
from tests.faults.rows import Outcome, Trial

UNKNOWN_WITHIN = 60.0
LATER = (timedelta(seconds=61), timedelta(hours=1), timedelta(hours=23))


def run(trial: Trial) -> Outcome:
    sends, outcome = trial.either(smoke=20, full=500), Outcome()
    scene.control("switches", send="drop", echo=False, statuses=False)
    for number in range(sends):
        scene.write(f"55419{number:08d}", "Oi")
        deliveries.drain()
    times = Delivery.objects.values_list("created_at", "settled_at")
    slowest = max((settled - made).total_seconds() for made, settled in times if settled)
    scene.control("switches", send="ok")
    for later in LATER:
        _pass(later)
        deliveries.recover()
        deliveries.drain()
    ledger = Counter(entry["webhook_payload"] for entry in scene.control("ledger")["entries"])
    states = Counter(Delivery.objects.values_list("state", flat=True))
    shown = Counter(Message.objects.filter(direction="out").values_list("status", flat=True))
    outcome.figures.update(
        {
            "sends": sends,
            "at customers": sum(ledger.values()),
            "repeats": sum(count - 1 for count in ledger.values()),
            "attempts": Attempt.objects.count(),
            "shown": dict(shown),
            "slowest": f"{slowest:.1f} s",
        }
    )
    outcome.expect(len(ledger) == sends, f"the provider took {len(ledger)} of {sends}")
    outcome.expect(set(ledger.values()) == {1}, "something was sent again")
    outcome.expect(states == {"unconfirmed": sends}, f"in the outbox: {dict(states)}")
    outcome.expect(shown == {"unknown": sends}, f"shown as {dict(shown)}")
    outcome.expect(slowest <= UNKNOWN_WITHIN, f"it took {slowest:.0f} s to say so")
    return outcome


def _pass(time: timedelta) -> None:
    """As if the sends had been made that much earlier."""
    now = timezone.now()
    Delivery.objects.update(
        created_at=now - time, settled_at=now - time, next_attempt_at=now - time
    )
