"""R19: a token that cannot be renewed is told within a minute, and nothing is lost by it."""

from __future__ import annotations

import itertools
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connections

from chat.models import Message
from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider import gateway, sandbox
from provider.models import Account, Delivery, Incident
from provider.services import deliveries, pairs
from tests.faults import scene
from tests.faults.rows import Outcome, Trial

WAITING = 4  # sends
TOLD_WITHIN, APART = 60.0, 30.0
_contacts = itertools.count(1)


def run(trial: Trial) -> Outcome:
    outcome = Outcome()
    scene.control("switches", echo=False, statuses=False)
    # The whole time only in the full run: what is refused is refused at once.
    seconds = trial.either(smoke=5, full=75)
    _case("refused", {"refresh": "refused"}, seconds, outcome)
    if not trial.smoke:
        _case("no answer", {"refresh": "server_error"}, seconds, outcome)
        # The pair has changed when the answer comes too late: only a person can help.
        _case("too late", {"refresh": "slow", "slow_seconds": 15}, seconds, outcome)
        _case("killed after the answer", {}, seconds, outcome, first=_killed)
    return outcome


def _case(
    name: str,
    switches: dict[str, Any],
    seconds: float,
    outcome: Outcome,
    first: Callable[[], None] = deliveries.drain,  # type: ignore[assignment]
) -> None:
    with _asked() as asked:
        scene.control("switches", token="expired", **switches)
        began = time.monotonic()
        mine = [_waits() for _ in range(WAITING)]
        first()
        told: float | None = None
        while time.monotonic() - began < seconds:
            deliveries.drain()
            deliveries.recover()
            if told is None and Incident.objects.filter(closed_at=None).exists():
                told = time.monotonic() - began
            shown = set(Message.objects.filter(pk__in=mine).values_list("status", flat=True))
            outcome.expect(shown == {"queued"}, f"{name}: shown as {shown}")
            time.sleep(1)
        gaps = [later - earlier for earlier, later in itertools.pairwise(asked())]
    _again(mine, name, outcome)
    said = "never" if told is None else f"{told:.0f} s"
    nearest = f"{min(gaps):.0f} s apart" if gaps else "one renewal"
    outcome.figures[name] = f"told after {said}, {nearest}"
    outcome.expect(told is not None and told <= TOLD_WITHIN, f"{name}: told {said}")
    outcome.expect(min(gaps, default=APART) >= APART - 0.5, f"{name}: renewals {gaps} s apart")


def _waits() -> int:
    """One more message in the outbox."""
    contact = f"55426{next(_contacts):08d}"
    scene.write(contact, "Oi")
    found = Message.objects.get(direction="out", conversation__identity__external_id=contact)
    return found.pk


def _killed() -> None:
    """A worker renews, and dies between the provider's answer and its own writing of it."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        pairs.store = lambda *_: os._exit(9)  # type: ignore[assignment]
        deliveries.drain()
        os._exit(0)
    _pid, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 9, "no renewal was under way"


@contextmanager
def _asked() -> Iterator[Callable[[], list[float]]]:
    """The moments at which the provider was asked for a new pair in here."""
    entries = scene.control("log")["entries"]
    last = entries[-1]["n"] if entries else 0

    def moments() -> list[float]:
        found = scene.control(f"log?after={last}")["entries"]
        return [
            datetime.fromisoformat(entry["at"]).timestamp()
            for entry in found
            if "auth/credentials" in entry["address"]
        ]

    yield moments


def _again(mine: list[int], name: str, outcome: Outcome) -> None:
    """A person types credentials that work and has them renewed: everything leaves once."""
    scene.control("switches", token="ok", refresh="ok")
    good = sandbox.issue(settings.ISOBOT_DATA / "sandbox.json")
    store.write(ISOCHATBOT.PROVEDOR_TOKEN, answer="", note=good.access_token)
    store.write(ISOCHATBOT.PROVEDOR_REFRESHTOKEN, answer="", note=good.refresh_token)
    # The provider may never have changed the pair: pressing the button brings another.
    gateway.refresh_token()
    deadline = time.monotonic() + 60
    is_open = Delivery.objects.filter(state__in=["queued", "leased"])
    while is_open.exists() and time.monotonic() < deadline:
        deliveries.drain()
        time.sleep(1)
    references = Message.objects.filter(pk__in=mine).values_list("reference", flat=True)
    taken = Counter(entry["webhook_payload"] for entry in scene.control("ledger")["entries"])
    times = [taken[str(reference)] for reference in references]
    outcome.expect(times == [1] * WAITING, f"{name}: after the credentials each left {times} times")
    still = list(Incident.objects.filter(closed_at=None).values_list("kind", flat=True))
    outcome.expect(not still, f"{name}: still told: {still}")
    scene.control("switches", token="ok")
    Account.objects.update(renewal_tries=0, renew_after=None, refused_refresh="", renewer="")
