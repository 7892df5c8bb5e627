"""The stream of news of an open screen (server-sent events)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.parse import urlsplit

import redis.asyncio
import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _

from chat import live, permissions
from chat.models import Membership

log = structlog.get_logger(__name__)

RIGHTS_SECONDS = 4.0
# However many screens are open, so few ask the database at a time whether they still may be.
_asking = ThreadPoolExecutor(8, "asking")
_tasks: dict[asyncio.AbstractEventLoop, asyncio.Task[None]] = {}


async def stream(request: HttpRequest) -> HttpResponseBase:
    """ "There is news of conversation n": what it is, the screen fetches as any other page."""
    if request.method != "GET":
        return HttpResponse(status=405, headers={"Allow": "GET"})
    if _is_foreign(request):
        return HttpResponse(status=403)
    allowed = await _allowed(request)
    if allowed is None:
        return HttpResponse(status=401)
    if live.hub.is_full(allowed.user):
        said = _("Too many screens are open. Close one of them and try again.")
        return HttpResponse(said, status=429, content_type="text/plain; charset=utf-8")
    _listen_to_other_processes()
    loop = asyncio.get_running_loop()
    listener = live.Listener(allowed.topics, loop, user=allowed.user)
    response = StreamingHttpResponse(_written(request, listener), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _is_foreign(request: HttpRequest) -> bool:
    """Whether a page of another site asks: one of ours says nothing, or our own name."""
    origin = request.headers.get("Origin")
    try:
        return origin is not None and urlsplit(origin).netloc != request.get_host()
    except ValueError:  # no address at all
        return True


class Allowed(NamedTuple):
    user: int
    topics: frozenset[str]


async def _allowed(request: HttpRequest) -> Allowed | None:
    """What this screen may hear of; None for somebody who is not signed in, or no longer."""
    return await sync_to_async(_looked_up, thread_sensitive=False, executor=_asking)(request)


def _looked_up(request: HttpRequest) -> Allowed | None:
    close_old_connections()
    try:
        # Read again each time: a session that ended must not live on in this request's memory.
        request.session = type(request.session)(request.session.session_key)
        user = get_user(request)
        return Allowed(user.pk, _topics(user)) if permissions.is_person(user) else None
    finally:
        close_old_connections()


def _topics(user: User) -> frozenset[str]:
    if permissions.is_supervisor(user):
        return frozenset({live.EVERYTHING})
    codes = Membership.objects.filter(user=user).values_list("classification_id", flat=True)
    return frozenset({f"user:{user.pk}", *(f"classification:{code}" for code in codes)})


async def _written(request: HttpRequest, listener: live.Listener) -> AsyncIterator[bytes]:
    if not live.hub.add(listener):
        return
    checked_at = time.monotonic()
    try:
        yield b"event: ready\ndata: {}\n\n"
        while True:
            news = await _next(listener)
            # Rights may have changed since; a stream that lost them ends, busy or not. A timer
            # may ring a moment early: where there is no news the time is over, whatever the clock.
            if news is None or time.monotonic() - checked_at >= RIGHTS_SECONDS:
                allowed = await _allowed(request)
                if allowed is None:
                    return
                if allowed.topics != listener.topics:
                    listener.lagging = True  # what is shown may be in this person's sight no more
                listener.topics, checked_at = allowed.topics, time.monotonic()
            yield _line(news)
            if listener.lagging:
                listener.lagging = False
                yield b"event: ready\ndata: {}\n\n"
    finally:
        live.hub.remove(listener)


async def _next(listener: live.Listener) -> live.News | None:
    """The next news, or None after a while without any."""
    try:
        # Not wait_for: on Python 3.11 it swallows a cancellation that meets a result, and the
        # stream would outlive its reader.
        async with asyncio.timeout(RIGHTS_SECONDS):
            return await listener.queue.get()
    except TimeoutError:
        return None


def _line(news: live.News | None) -> bytes:
    """The news as an event; a comment where there is none, so that proxies keep the stream."""
    if news is None:
        return b": still here\n\n"
    data = json.dumps({"conversation": news.id, "version": news.version})
    return f"event: news\ndata: {data}\n\n".encode()


def _listen_to_other_processes() -> None:
    """Start, once per event loop, the task that hears what other processes publish."""
    loop = asyncio.get_running_loop()
    task = _tasks.get(loop)
    if settings.ISOBOT_REDIS_URL and (task is None or task.done()):
        _tasks[loop] = loop.create_task(_hear())


async def _hear() -> None:
    while True:
        try:
            client = redis.asyncio.Redis.from_url(
                settings.ISOBOT_REDIS_URL, socket_connect_timeout=2, health_check_interval=10
            )
            async with client, client.pubsub() as pubsub:
                await pubsub.subscribe(live.redis_channel())
                live.hub.resynchronise()
                async for message in pubsub.listen():
                    if message["type"] == "message":
                        live.hear(message["data"])
        except (redis.RedisError, OSError) as error:
            log.warning("news not heard", error=type(error).__name__)
        await asyncio.sleep(1)
