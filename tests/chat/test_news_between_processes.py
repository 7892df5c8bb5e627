"""News between the processes of one installation, when what carries them is away."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.db import transaction

from chat import live
from chat.models import Conversation
from tests.conftest import Customer
from tests.processes import wait_until


@pytest.fixture
def silence() -> Iterator[str]:
    """The address of a Redis that is frozen: it takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_a_frozen_redis_holds_up_nobody_who_has_news(
    customer: Customer,
    silence: str,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    customer.says("Oi")
    conversation = Conversation.objects.get()
    settings.ISOBOT_REDIS_URL = silence
    over, client = threading.Event(), redis.Redis.from_url(silence, socket_timeout=0.5)
    # One whose thread has nothing more to do when this is over.
    mine = live.Publisher(lambda message: over.is_set() or client.publish("news", message))
    monkeypatch.setattr(live, "publisher", mine)
    began = time.monotonic()
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        live.announce(conversation)
    took = time.monotonic() - began
    over.set()
    assert took < 0.4


class Server:
    """A Redis that may be away."""

    def __init__(self) -> None:
        self.is_away = False
        self.missed_one = threading.Event()
        self.taken: list[str] = []

    def publish(self, message: str) -> None:
        if self.is_away:
            self.missed_one.set()
            raise redis.ConnectionError
        self.taken.append(message)


def test_news_that_could_not_be_published_become_a_word_that_some_were_missed() -> None:
    server = Server()
    server.is_away = True
    publisher = live.Publisher(server.publish, pause=0.05)
    publisher.give("one")
    assert server.missed_one.wait(5)
    server.is_away = False
    wait_until(lambda: server.taken, "it is heard again")
    publisher.give("two")
    wait_until(lambda: len(server.taken) == 2, "the next is told")
    assert server.taken == [live.MISSED, "two"]


def test_news_are_published_in_their_order() -> None:
    server = Server()
    publisher = live.Publisher(server.publish)
    for number in range(50):
        publisher.give(str(number))
    wait_until(lambda: len(server.taken) == 50, "all are told")
    assert server.taken == [str(number) for number in range(50)]


@pytest.mark.parametrize("message", [live.MISSED, live.MISSED.encode()])
def test_a_process_that_hears_some_were_missed_has_its_screens_fetch_everything(
    message: str | bytes,
) -> None:
    async def lags() -> bool:
        listener = live.Listener(frozenset({"user:1"}), asyncio.get_running_loop())
        live.hub.add(listener)
        try:
            live.hear(message)
            await asyncio.sleep(0)
            return listener.lagging
        finally:
            live.hub.remove(listener)

    assert asyncio.run(lags())
