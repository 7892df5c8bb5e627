"""R23: clocks may lie: a provider's that is ahead, and that of one of our own processes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise

import django
from django.utils import timezone

AHEAD = timedelta(minutes=10)
SENDS, EACH = 8, 4
WITHIN_SECONDS = 60
# By how much machines that share a database server disagree about the time.
OFF = (0, 90, -90)
LANE, LANE_WITHIN_SECONDS = "of-a-driver-that-lives", 20
# The lease of a send and the sweep that finds it over, less the end of the process that took it.
EARLIEST_SECONDS, LATEST_SECONDS = 54.0, 65.0


def run(trial: Trial) -> Outcome:
    outcome = Outcome()
    outcome.figures["future statuses kept as of now"] = _future_statuses(outcome)
    _a_process_ahead(trial, outcome)
    if trial.profile == "production":  # the processes on an SQLite file have one clock
        _machines_that_disagree(trial, outcome)
    return outcome


def _future_statuses(outcome: Outcome) -> str:
    """A provider whose clock is ahead, by a little and by decades."""
    scene.control("switches", echo=False, statuses=False)
    kept = 0
    times = ("2099-01-01T00:00:00Z", "in ten minutes", "9999-12-31T23:59:59Z")
    for number, said in enumerate(times):
        if said == "in ten minutes":
            said = (timezone.now() + AHEAD).isoformat()
        contact = f"55413{number:08d}"
        scene.write(contact, "Oi")
        deliveries.drain()
        entry = scene.control("ledger")["entries"][-1]
        body = {
            "type": "status",
            "status": "read",
            "contactId": contact,
            "messageId": entry["message_id"],
            "intentTxId": entry["tx_id"],
            "date": said,
        }
        scene.receive(body)
        found = MessageFact.objects.filter(
            message__reference=entry["webhook_payload"], status="read"
        ).first()
        is_kept = found is not None and found.at <= timezone.now()
        outcome.expect(is_kept, f"a status of {said} is kept as of {found and found.at}")
        kept += is_kept
    return f"{kept}/{len(times)}"


def _a_process_ahead(trial: Trial, outcome: Outcome) -> None:
    """One of two workers is ten minutes ahead, and looks for leases that are over meanwhile."""
    scene.control("switches", send="slow", slow_seconds=0.3, echo=False, statuses=False)
    ours = set(Message.objects.values_list("reference", flat=True))
    contacts = [f"55412{number:08d}" for number in range(SENDS)]
    for text in ("Oi", "3", "Oi", "3")[:EACH]:
        for contact in contacts:
            scene.write(contact, text)
    ahead = _process("sweep", AHEAD.total_seconds())
    threads = [threading.Thread(target=_drain_until_empty) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _kill(ahead)
    sent = [entry["webhook_payload"] for entry in scene.control("ledger")["entries"]]
    order: dict[int, list[int]] = defaultdict(list)
    messages = Message.objects.filter(direction="out").exclude(reference__in=ours)
    by_reference = {str(message.reference): message for message in messages}
    doubted = messages.filter(facts__status="unknown").distinct().count()
    for reference in sent:
        if reference in by_reference:
            message = by_reference[reference]
            order[message.conversation_id].append(message.pk)
    inversions = sum(a > b for pks in order.values() for a, b in pairwise(pks))
    twice = [reference for reference, count in Counter(sent).items() if count > 1]
    ends = Counter(message.status for message in messages)
    outcome.figures.update(
        {
            "sends beside a clock 10 min ahead": len(by_reference),
            "of those doubted": doubted,
            "sent twice": len(twice),
            "inversions": inversions,
            "shown as": dict(ends),
        }
    )
    outcome.expect(not twice, f"sent twice: {twice[:5]}")
    outcome.expect(not inversions, f"{inversions} inversions")
    outcome.expect(set(ends) == {"sent"}, f"ended as {dict(ends)}")
    if trial.profile == "production":
        outcome.expect(not doubted, f"{doubted} leases were taken from who was sending")


def _drain_until_empty() -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    is_open = Delivery.objects.filter(state__in=["queued", "leased"])
    while is_open.exists() and time.monotonic() < deadline:
        deliveries.drain()
        time.sleep(0.05)
    connections.close_all()


def _machines_that_disagree(trial: Trial, outcome: Outcome) -> None:
    """Sends whose workers died, and a lane whose driver lives, beside clocks that are wrong."""
    scene.control("switches", send="ok")
    drive = lanes.Drive(LANE)
    # Its last driver was ten minutes ahead when it was killed, a moment ago.
    wait_until(drive.take, "the lane of a driver that died is free", LANE_WITHIN_SECONDS)
    dead = {by: _left_by_a_dead_worker(number, by) for number, by in enumerate(OFF)}
    sweepers = [_process("sweep", by) for by in OFF[1:]]
    kept, began, over = True, time.monotonic(), dict[int, float]()
    while len(over) < len(dead) and time.monotonic() - began < 2 * LATEST_SECONDS:
        kept &= drive.keep()
        trial.tell(f"{len(over)} of {len(dead)} leases over")
        if time.monotonic() - began > EARLIEST_SECONDS - 9:
            _kill(sweepers[0])  # the one that is behind must see by itself that they are over
        for by, (pk, since) in dead.items():
            if by not in over and not Delivery.objects.filter(pk=pk, state="leased").exists():
                over[by] = time.monotonic() - since
        time.sleep(0.2)
    for sweeper in sweepers:
        _kill(sweeper)
    drive.leave()
    for by in dead:
        seconds = over.get(by, float("inf"))
        outcome.figures[f"a lease taken {by:+d} s was over after s"] = round(seconds, 1)
        is_so = EARLIEST_SECONDS <= seconds <= LATEST_SECONDS
        outcome.expect(is_so, f"a lease taken by a clock off by {by} s lasted {seconds:.0f} s")
    outcome.figures["lane kept"] = kept
    outcome.expect(kept, "the lane was taken from a driver that lives")
    states = set(
        Delivery.objects.filter(pk__in=[pk for pk, _ in dead.values()]).values_list("state")
    )
    outcome.expect(states == {("unconfirmed",)}, f"sends of dead workers ended as {states}")


def _left_by_a_dead_worker(number: int, by: int) -> tuple[int, float]:
    """A send that a process whose clock is off claimed before it died, and when that was."""
    scene.write(f"55411{number:08d}", "Oi")
    queued = Delivery.objects.get(state="queued")
    assert _process("claim", by).wait(60) == 0
    assert Delivery.objects.get(pk=queued.pk).state == "leased", f"not due by a clock {by:+d} s off"
    return queued.pk, time.monotonic()


def _process(what: str, by: float) -> subprocess.Popen[bytes]:
    """Another process of the installation, whose clock is off by so many seconds."""
    command = [sys.executable, "-m", "tests.faults.clocks", what, str(by)]
    return subprocess.Popen(command, env=dict(os.environ))


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _be(what: str, by: float) -> None:
    now, parent = timezone.now, os.getppid()
    timezone.now = lambda: now() + timedelta(seconds=by)
    if what == "claim":
        deliveries._claim(registry.get("botmaker"), "")
        return
    while os.getppid() == parent:
        deliveries.recover()
        deliveries.drain()
        lanes.Drive(LANE).take()
        time.sleep(0.05)


if __name__ == "__main__":
    django.setup()

from django.db import connections  # noqa: E402

from chat.models import Message, MessageFact  # noqa: E402 - models exist once Django is set up
from provider import registry  # noqa: E402
from provider.models import Delivery  # noqa: E402
from provider.services import deliveries, lanes  # noqa: E402
from tests.faults import scene  # noqa: E402
from tests.faults.rows import Outcome, Trial  # noqa: E402
from tests.processes import wait_until  # noqa: E402

if __name__ == "__main__":
    _be(sys.argv[1], float(sys.argv[2]))
