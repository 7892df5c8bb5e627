"""Telling open screens that something changed: a wake-up after the commit, never the content.

A hub lives in each web process. Within one process it is called directly; where Redis is
configured every process listens there. What a screen may see it fetches by an authorised GET.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterable
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

    def add(self, listener: Listener) -> None:
        with self._lock:
            self._listeners.add(listener)

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
    if not settings.ISOBOT_REDIS_URL:
        hub.publish(news)
        return
    message = json.dumps([news.id, news.version, sorted(news.topics)])
    try:
        _redis().publish(redis_channel(), message)
    except redis.RedisError as error:
        # Screens fetch by themselves now and then; nothing is lost.
        log.warning("news not published", error=type(error).__name__)


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


def read(message: bytes | str) -> News:
    """News as another process published it."""
    number, version, topics = json.loads(message)
    return News(number, version, frozenset(topics))
