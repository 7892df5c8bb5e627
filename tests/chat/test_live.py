"""The live stream's own machinery: it ends with its reader, and tells who fell behind."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from django.db import transaction

from chat import live
from chat.models import Conversation
from chat.services import messages
from chat.views import events
from tests.chat.conftest import person, served

NEWS = live.News(1, 2, frozenset({"all"}))
T = TypeVar("T")


def run(scenario: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run it in a thread of its own: the browser tests leave a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(scenario())).result()


def test_a_stream_ends_with_its_reader_even_as_news_arrives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def outlived() -> int:
        count = 0
        for _ in range(300):
            listener = live.Listener(frozenset({"all"}), asyncio.get_running_loop())
            stream = events._written(None, listener)  # type: ignore[arg-type]

            async def read(stream: Any = stream) -> None:
                async for _line in stream:
                    pass

            task = asyncio.create_task(read())
            await asyncio.sleep(0)
            listener.give(NEWS)
            task.cancel()
            _done, pending = await asyncio.wait({task}, timeout=0.05)
            count += len(pending)
            for left in pending:
                left.cancel()
        return count

    assert run(outlived) == 0
    assert not live.hub._listeners


def test_LV5_a_screen_that_falls_behind_is_told_to_fetch_everything() -> None:
    async def told() -> list[bytes]:
        listener = live.Listener(frozenset({"all"}), asyncio.get_running_loop())
        for _ in range(live.MAX_WAITING_NEWS + 5):
            listener.give(NEWS)
        lines = []
        async for line in events._written(None, listener):  # type: ignore[arg-type]
            lines.append(line)
            if len(lines) == 3:
                return lines
        return lines

    first, second, third = run(told)
    assert first == third == b"event: ready\ndata: {}\n\n"
    assert second.startswith(b"event: news")


def test_LV4_news_reach_those_concerned_and_nobody_else() -> None:
    async def heard() -> tuple[int, int]:
        loop = asyncio.get_running_loop()
        ana = live.Listener(frozenset({"user:1"}), loop)
        bruno = live.Listener(frozenset({"user:2"}), loop)
        hub = live.Hub()
        hub.add(ana)
        hub.add(bruno)
        hub.publish(live.News(1, 1, frozenset({"user:1"})))
        await asyncio.sleep(0.01)
        return ana.queue.qsize(), bruno.queue.qsize()

    assert run(heard) == (1, 0)


def test_news_say_a_new_version_and_only_of_what_was_kept(
    house: None, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    conversation, heard = served(), list[live.News]()
    monkeypatch.setattr(live, "_send", heard.append)
    ana, before = person("atendente"), Conversation.objects.get().version
    with django_capture_on_commit_callbacks(execute=True):
        with contextlib.suppress(ValueError), transaction.atomic():
            messages.answer(conversation.pk, "Oi", client_id="taken-back", by=ana)
            raise ValueError
        assert not heard
        messages.answer(conversation.pk, "Oi", client_id="kept", by=ana)
        assert not heard, "not before the commit"
    assert [(news.id, news.version) for news in heard] == [(conversation.pk, before + 1)]
    assert Conversation.objects.get().version == before + 1
