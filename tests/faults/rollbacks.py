"""R10: what is not committed tells no screen, queues nothing and sends nothing."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import redis
from django.conf import settings
from django.db import connections, transaction

from chat import live
from chat.models import Conversation, ConversationEvent, Message
from chat.services import desk, messages
from provider.models import Attempt, Delivery
from provider.services import deliveries, webhooks
from tests.faults import scene
from tests.faults.rows import Outcome, Trial

HEARD_WITHIN = 2.0


class TakenBack(Exception):
    """The database gave up at the last moment."""


def run(trial: Trial) -> Outcome:
    rounds, kept, outcome = trial.either(30, 500), trial.either(5, 50), Outcome()
    served = scene.waiting("5541600000001")
    messages.assume(served.pk, by=scene.person("atendente"))
    waits = scene.waiting("5541600000002")
    deliveries.drain()
    screen = Screen()
    before = _rows()
    for number in range(rounds):
        acts = _changes(served.pk, waits.pk, f"r{number}")
        with contextlib.suppress(TakenBack), transaction.atomic():
            acts[number % len(acts)]()
            raise TakenBack
    sent = deliveries.drain()
    screen.settle()
    left = {name: count - before[name] for name, count in _rows().items() if count != before[name]}
    outcome.figures.update(
        {"rollbacks": rounds, "news of them": screen.heard, "rows of them": left, "sends": sent}
    )
    outcome.expect((screen.heard, left, sent) == (0, {}, 0), "something of it got out")
    _commit(served, screen, kept, outcome)
    screen.close()
    _kill_between(trial.either(3, 100), outcome)
    return outcome


def _changes(served: int, waits: int, name: str) -> list[Callable[[], Any]]:
    """What people and customers do, each ending in news, in rows, or in a send."""
    ana, bruno = scene.person("atendente"), scene.person("atendente2")
    return [
        partial(messages.answer, served, name, client_id=name, by=ana),
        partial(messages.assume, waits, by=bruno),
        partial(desk.hold, served, by=ana),
        partial(desk.transfer, served, by=ana, agent="atendente2"),
        partial(messages.close, served, by=ana),
        partial(scene.write, f"55416{name[1:]:>08}".replace(" ", "1"), "Oi"),
    ]


def _rows() -> dict[str, int]:
    kinds: tuple[Any, ...] = (Message, Conversation, ConversationEvent, Delivery, Attempt)
    return {kind.__name__: kind.objects.count() for kind in kinds}


def _commit(served: Conversation, screen: Screen, rounds: int, outcome: Outcome) -> None:
    """The same, kept: each piece of news can be fetched at the moment it is heard."""
    ana = scene.person("atendente")
    for number in range(rounds):
        messages.answer(served.pk, f"k{number}", client_id=f"k{number}", by=ana)
    screen.settle()
    outcome.figures.update({"kept": rounds, "news": screen.heard, "fetched": screen.fetched})
    outcome.expect(screen.heard == rounds, f"{screen.heard} news of {rounds} changes")
    outcome.expect(not screen.missed, f"not there when it was told: {screen.missed[:3]}")


def _kill_between(kills: int, outcome: Outcome) -> None:
    """A worker that dies between the conversation and its first message leaves neither."""
    opened = Conversation.objects.count()
    for number in range(kills):
        event = scene.post(scene.said(f"55417{number:08d}", "Oi"))
        connections.close_all()
        pid = os.fork()
        if pid == 0:
            messages.store_inbound = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
            webhooks.process(event)
            os._exit(0)
        _pid, status = os.waitpid(pid, 0)
        outcome.expect(os.WIFSIGNALED(status), "it did not get that far")
    halves = Conversation.objects.count() - opened
    scene.due_now()
    webhooks.drain()
    whole = Conversation.objects.filter(messages__direction="in").distinct().count()
    outcome.figures.update({"killed between two writes": kills, "half made": halves})
    outcome.expect(halves == 0, f"{halves} conversations without their message")
    outcome.expect(whole == Conversation.objects.count() == opened + kills, "not all came later")


class Screen:
    """An open screen that fetches what each piece of news names, the moment it hears it."""

    def __init__(self) -> None:
        self.heard = self.fetched = 0
        self.missed: list[str] = []
        self._news: queue.Queue[live.News | None] = queue.Queue()
        # Its own loop would hand the news to a queue too; this one belongs to a thread.
        self._listener = live.Listener(frozenset({live.EVERYTHING}), self)  # type: ignore[arg-type]
        live.hub.add(self._listener)
        self._pubsub = self._subscribed()
        threading.Thread(target=self._fetch, daemon=True).start()

    def call_soon_threadsafe(self, _give: object, news: live.News) -> None:
        self.heard += 1
        self._news.put(news)

    def _subscribed(self) -> Any:
        """As a web process does where there are several."""
        if not settings.ISOBOT_REDIS_URL:
            return None
        pubsub = redis.Redis.from_url(settings.ISOBOT_REDIS_URL).pubsub()
        pubsub.subscribe(**{live.redis_channel(): lambda message: live.hear(message["data"])})
        pubsub.get_message(timeout=HEARD_WITHIN)
        return pubsub.run_in_thread(sleep_time=0.01, daemon=True)

    def _fetch(self) -> None:
        client = scene.rest("supervisor")
        while (news := self._news.get()) is not None:
            answer = client.get(f"/api/v1/conversations/{news.id}/")
            known = Conversation.objects.get(pk=news.id).version
            if answer.status_code == 200 and known >= news.version:
                self.fetched += 1
            else:
                self.missed.append(f"{news}: {answer.status_code}, version {known}")
        connections.close_all()

    def settle(self) -> None:
        """Wait until nothing more is heard."""
        deadline = time.monotonic() + HEARD_WITHIN
        while time.monotonic() < deadline or self.fetched + len(self.missed) < self.heard:
            time.sleep(0.05)

    def close(self) -> None:
        live.hub.remove(self._listener)
        self._news.put(None)
        if self._pubsub is not None:
            self._pubsub.stop()
            self._pubsub.join()
