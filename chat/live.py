"""Telling open screens that something changed: a wake-up after the commit, never the content.

A hub lives in each web process. Within one process it is called directly; where Redis is
configured every process listens there. What a screen may see it fetches by an authorised GET.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import redis
import structlog
from django.conf import settings
from django.db import transaction

from chat.models import Conversation

log = structlog.get_logger(__name__)

EVERYTHING = "all"
MAX_WAITING_NEWS = 200
# Of one person, in one web process: each tab is one.
MAX_SCREENS = 20
# Published in place of news that could not be.
MISSED = "missed"
PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class News:
    """Conversation `id` is now at `version`; `topics` are those who may be concerned."""

    id: int
    version: int
    topics: frozenset[str]


@dataclass(eq=False)
class Listener:
    """One open screen. `lagging` says that news were dropped, so everything must be fetched."""

    topics: frozenset[str]
    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue[News] = field(default_factory=lambda: asyncio.Queue(MAX_WAITING_NEWS))
    lagging: bool = False
    user: int = 0

    def give(self, news: News) -> None:
        """Called in the loop's thread."""
        if self.queue.full():
            self.lagging = True
            return
        self.queue.put_nowait(news)

    def fall_behind(self) -> None:
        self.lagging = True


class Hub:
    """The listeners of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()

    def add(self, listener: Listener) -> bool:
        """False where this person has as many screens already as anybody may."""
        with self._lock:
            if self._count(listener.user) >= MAX_SCREENS:
                return False
            self._listeners.add(listener)
            return True

    def is_full(self, user: int) -> bool:
        with self._lock:
            return self._count(user) >= MAX_SCREENS

    def _count(self, user: int) -> int:
        return sum(1 for listener in self._listeners if listener.user == user)

    def remove(self, listener: Listener) -> None:
        with self._lock:
            self._listeners.discard(listener)

    def publish(self, news: News) -> None:
        """Wake the listeners concerned; may be called from any thread."""
        with self._lock:
            concerned = [item for item in self._listeners if item.topics & news.topics]
        for listener in concerned:
            try:
                listener.loop.call_soon_threadsafe(listener.give, news)
            except RuntimeError:  # the loop ended with its process
                self.remove(listener)

    def resynchronise(self) -> None:
        """News may have been missed: every screen of this process fetches everything."""
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener.loop.call_soon_threadsafe(listener.fall_behind)


hub = Hub()


def topics_of(conversation: Conversation) -> set[str]:
    """Who is concerned by a conversation as it is now."""
    topics = {EVERYTHING, f"conversation:{conversation.pk}"}
    if conversation.agent_id:
        topics.add(f"user:{conversation.agent_id}")
    if conversation.classification_id:
        topics.add(f"classification:{conversation.classification_id}")
    return topics


def announce(conversation: Conversation, also: Iterable[str] = ()) -> None:
    """Tell screens after the commit; `also` are topics it has just left."""
    news = News(conversation.pk, conversation.version, frozenset({*topics_of(conversation), *also}))
    transaction.on_commit(lambda: _send(news), robust=True)


def _send(news: News) -> None:
    if settings.ISOBOT_REDIS_URL:
        publisher.give(json.dumps([news.id, news.version, sorted(news.topics)]))
    else:
        hub.publish(news)


class Publisher:
    """Tells the other processes, from a thread of its own: a Redis that is dead or frozen delays
    that thread and nobody else.

    What it could not tell is made up for: once it is heard again, screens fetch everything.
    """

    def __init__(self, publish: Callable[[str], object], pause: float = PAUSE_SECONDS) -> None:
        self._publish, self._pause = publish, pause
        self._waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def give(self, message: str) -> None:
        self._waiting.put(message)
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="news", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            message = self._waiting.get()
            while not self._is_told(message):
                time.sleep(self._pause)
                self._forget()
                message = MISSED

    def _is_told(self, message: str) -> bool:
        try:
            self._publish(message)
        except redis.RedisError as error:
            log.warning("news not published", error=type(error).__name__)
            return False
        return True

    def _forget(self) -> None:
        """What waits is part of what was missed."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._waiting.get_nowait()


_client: redis.Redis | None = None


def redis_channel() -> str:
    """Where processes of one installation hear each other; a server may serve several."""
    database = urlsplit(settings.ISOBOT_REDIS_URL).path.strip("/") or "0"
    return f"isobot:{database}:news"


def _redis() -> redis.Redis:
    global _client
    if _client is None:
        _client = redis.Redis.from_url(
            settings.ISOBOT_REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5
        )
    return _client


def hear(message: bytes | str) -> None:
    """Take in what a process published, this one too."""
    if message in (MISSED, MISSED.encode()):
        hub.resynchronise()
        return
    number, version, topics = json.loads(message)
    hub.publish(News(number, version, frozenset(topics)))


publisher = Publisher(lambda message: _redis().publish(redis_channel(), message))
