"""A crowd that comes at once waits for a place: the database has so many connections, no more."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from isobot.asgi import Handler

CROWD = 200


class Counting(Handler):
    """Answers slowly, and counts how many it answers at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.lock, self.now, self.most = threading.Lock(), 0, 0

    def get_response(self, request: Any) -> HttpResponse:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.002)
        with self.lock:
            self.now -= 1
        if request.path == "/breaks/":
            raise ValueError
        return HttpResponse()


def test_so_many_are_answered_at_a_time_and_all_in_the_end() -> None:
    handler = Counting()
    ask = RequestFactory().get

    async def crowd() -> list[Any]:
        asked = [handler.run_get_response(ask(f"/{number}/")) for number in range(CROWD)]
        broken = [handler.run_get_response(ask("/breaks/")) for _ in range(CROWD)]
        return await asyncio.gather(*broken, *asked, return_exceptions=True)

    answers = asyncio.run(crowd())
    assert handler.most == Handler.PEOPLE
    assert sum(isinstance(answer, HttpResponse) for answer in answers) == CROWD
    assert sum(isinstance(answer, ValueError) for answer in answers) == CROWD


class Held(Handler):
    """Answers pages once a provider was answered, and not before."""

    def __init__(self) -> None:
        super().__init__()
        self.provider_was_answered = threading.Event()

    def get_response(self, request: Any) -> HttpResponse:
        if request.path.startswith("/omnichannel/"):
            assert self.provider_was_answered.wait(20)
        return HttpResponse()


@pytest.mark.parametrize("path", ["/webhooks/botmaker/", "/health/ready/", "/metrics"])
def test_no_provider_and_no_check_waits_behind_a_crowd_of_people(path: str) -> None:
    ask = RequestFactory().get

    async def crowd() -> None:
        handler = Held()
        asked = [
            asyncio.ensure_future(handler.run_get_response(ask(f"/omnichannel/{number}/")))
            for number in range(CROWD)
        ]
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            await handler.run_get_response(ask(path))
            handler.provider_was_answered.set()
            await asyncio.gather(*asked)

    asyncio.run(crowd())


def test_a_thread_keeps_what_it_opened() -> None:
    class Named(Handler):
        def get_response(self, request: Any) -> HttpResponse:
            return HttpResponse(threading.current_thread().name)

    async def asked() -> list[Any]:
        handler, ask = Named(), RequestFactory().get
        return [await handler.run_get_response(ask("/")) for _ in range(10 * Handler.PEOPLE)]

    names = {answer.content for answer in asyncio.run(asked())}
    # Not one name: a thread may still be putting its last answer away as the next is asked for.
    assert len(names) <= Handler.PEOPLE, "each in a thread of its own opens the database anew"
