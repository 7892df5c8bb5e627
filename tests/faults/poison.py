"""R21: what fails every time is set aside, holds up nobody, and can be replayed once mended."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from django.db import connections

from chat.models import Message
from provider import gateway, inbox
from provider.models import Lane, WebhookEvent
from provider.services import webhooks
from tests.faults import scene
from tests.faults.rows import Outcome, Trial

BREAKS, KILLS, SPINS = "veneno", "mata", "gira"
SPIN_SECONDS = 1.0


def run(trial: Trial) -> Outcome:
    outcome = Outcome()
    sound, poisoned = trial.either(smoke=99, full=990), trial.either(smoke=1, full=10)
    publish = inbox.publish
    inbox.publish = _picky(publish)
    _mixed(sound, poisoned, outcome)
    _killing(outcome)
    _spinning(outcome)
    many = trial.either(smoke=10, full=100)
    posted = [scene.post(scene.said(f"55420{number:08d}", BREAKS)) for number in range(many)]
    tries = _until_dead(posted[0].pk)
    dead = list(WebhookEvent.objects.filter(state="dead"))
    outcome.expect(tries == webhooks.MAX_TRIES, f"dead after {tries} tries")
    inbox.publish = publish
    for event in [*dead, *dead]:  # somebody presses twice
        gateway.replay(event)
    webhooks.drain()
    for event in dead:
        gateway.replay(event)
    webhooks.drain()
    effects = Message.objects.filter(text__in=[BREAKS, KILLS]).count()
    outcome.figures.update({"replayed": len(dead), "effects": effects})
    outcome.expect(effects == len(dead) == poisoned + 1 + many, f"{effects} of {len(dead)} applied")
    return outcome


def _picky(publish: Any) -> Any:
    def handler(item: Any) -> Any:
        match getattr(item, "text", ""):
            case "veneno":
                raise RuntimeError("the handler breaks over it")
            case "mata":
                os.kill(os.getpid(), signal.SIGKILL)
            case "gira":
                end = time.monotonic() + SPIN_SECONDS
                while time.monotonic() < end:
                    pass
        return publish(item)

    return handler


def _mixed(sound: int, poisoned: int, outcome: Outcome) -> None:
    """One in a hundred is poison: the others are applied by the first pass, in their order."""
    step = (sound + poisoned) // poisoned
    for number in range(sound + poisoned):
        text = BREAKS if number % step == step // 2 else f"mensagem {number}"
        scene.post(scene.said(f"55421{number % 50:08d}", text))
    began = time.monotonic()
    webhooks.drain()
    seconds = time.monotonic() - began
    applied = Message.objects.filter(direction="in").order_by("id").values_list("text", flat=True)
    numbers = [int(text.split()[1]) for text in applied]
    outcome.expect(len(numbers) == sound, f"{len(numbers)} of {sound} sound ones applied")
    outcome.expect(numbers == sorted(numbers), "not in the order they were written")
    tries = _until_dead()
    dead = WebhookEvent.objects.filter(state="dead").count()
    outcome.figures.update(
        {"events": sound + poisoned, "poisoned": poisoned, "others applied": len(numbers)}
        | {"in": f"{seconds:.0f} s", "dead": dead, "after tries": tries}
    )
    outcome.expect((dead, tries) == (poisoned, webhooks.MAX_TRIES), f"{dead} dead, {tries} tries")


def _until_dead(since: int = 0) -> int:
    """Try again as often as there is anything to try; how often the newest poison was tried."""
    while WebhookEvent.objects.filter(state="received").exists():
        scene.due_now()
        webhooks.drain()
    dead = WebhookEvent.objects.filter(state="dead", pk__gte=since)
    return max(dead.values_list("tries", flat=True))


def _killing(outcome: Outcome) -> None:
    """One that takes the worker with it is set aside too, and what came after it is applied."""
    killer = scene.post(scene.said("5542200000001", KILLS))
    scene.post(scene.said("5542200000002", "depois"))
    killed = 0
    while WebhookEvent.objects.filter(state="received").exists() and killed < 20:
        Lane.objects.update(lease_until=None, driver="")  # as its lease would end
        scene.due_now()
        killed += _worker() == signal.SIGKILL
    killer.refresh_from_db()
    outcome.figures["workers killed by one event"] = killed
    outcome.expect(killer.state == "dead", f"the killer is {killer.state} after {killed} kills")
    outcome.expect(killed == webhooks.MAX_TRIES, f"it killed {killed} workers")
    outcome.expect(Message.objects.filter(text="depois").count() == 1, "what followed it waits")


def _worker() -> int:
    """Drain in a process of its own; the signal it died of."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        webhooks.drain()
        os._exit(0)
    _pid, status = os.waitpid(pid, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def _spinning(outcome: Outcome) -> None:
    """One that only takes long delays the others by that long."""
    scene.post(scene.said("5542300000001", SPINS))
    scene.post(scene.said("5542300000002", "logo"))
    began = time.monotonic()
    webhooks.drain()
    seconds = time.monotonic() - began
    outcome.figures["behind a slow one"] = f"{seconds:.1f} s"
    outcome.expect(Message.objects.filter(text="logo").count() == 1, "what followed it waits")
