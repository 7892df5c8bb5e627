"""LV5: a full house of open screens, and one that reads nothing, against the running processes."""

from __future__ import annotations

import contextlib
import json
import re
import selectors
import socket
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from chat.live import MAX_SCREENS
from isobot.readers import PATIENCE
from tests.flows.conftest import PROFILES
from tests.processes import wait_until
from tests.stack import Stack, why_not
from tests.stack_clients import Provider

pytestmark = [pytest.mark.flow, pytest.mark.full]

MANY = 500
PEOPLE = MANY // MAX_SCREENS
# An idle screen costs about 300 KiB, some of which is the process growing warm.
MOST_OF_EACH = 1024 * 1024
PATH = "/omnichannel/eventos/"
# In the installation, as people who are signed in: supervisors hear everything.
MAKE = """
import django; django.setup()
import json, sys
from django.contrib.auth.models import User
from django.test import Client
from chat import permissions
cookies = []
for number in range(int(sys.argv[2])):
    user = User.objects.create_user(f"screens{number}")
    permissions.make_supervisor(user)
    client = Client()
    client.force_login(user)
    cookies.append(client.cookies["sessionid"].value)
open(sys.argv[1], "w").write(json.dumps(cookies))
"""


class Screen:
    """An open stream, read no further than it is looked at."""

    def __init__(self, stack: Stack, cookie: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", stack.port), timeout=60)
        head = f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={cookie}\r\n\r\n"
        self.socket.sendall(head.encode())
        self.heard = b""

    @property
    def status(self) -> int:
        found = re.match(rb"HTTP/1.1 (\d+)", self.heard)
        return int(found[1]) if found else 0

    def read(self) -> None:
        self.heard += self.socket.recv(65536)


def listen(screens: Iterable[Screen], word: bytes, seconds: float = 120) -> None:
    """Until each has heard a word; those that do not are counted."""
    waiting = {screen for screen in screens if word not in screen.heard}
    with selectors.DefaultSelector() as selector:
        for screen in waiting:
            selector.register(screen.socket, selectors.EVENT_READ, screen)

        def everybody() -> bool:
            for key, _events in selector.select(0.05):
                key.data.read()
                if word in key.data.heard:
                    waiting.discard(key.data)
                    selector.unregister(key.fileobj)
            return not waiting

        wait_until(everybody, f"{word!r} is heard by all", seconds, every=0)


@pytest.fixture(params=PROFILES)
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    if why_not(request.param):
        pytest.skip(why_not(request.param))
    with Stack(request.param) as stack:
        yield stack


def memory(stack: Stack) -> int:
    """What the process that serves the streams holds, in bytes."""
    web = stack.parts.get("web") or stack.parts["isobot"]
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{web.pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


def test_LV5_five_hundred_screens_are_live_and_one_more_of_a_person_is_refused(
    stack: Stack, phone: str
) -> None:
    kept = stack.folder / "cookies.json"
    stack.run("people", "-c", MAKE, str(kept), str(PEOPLE + 1))
    *crowd, newcomer = json.loads(kept.read_text())
    with contextlib.ExitStack() as ends:

        def opened(cookie: str) -> Screen:
            screen = Screen(stack, cookie)
            ends.callback(screen.socket.close)
            return screen

        first = opened(newcomer)
        listen([first], b"event: ready")
        before = memory(stack)
        screens = [opened(cookie) for cookie in crowd for _ in range(MAX_SCREENS)]
        listen(screens, b"event: ready")
        assert {screen.status for screen in screens} == {200}
        grown = memory(stack) - before
        assert grown < MANY * MOST_OF_EACH, f"{grown // MANY} bytes for each"

        refused = opened(crowd[0])
        listen([refused], b"\r\n\r\n")
        assert refused.status == 429
        listen([opened(newcomer)], b"event: ready")
        assert stack.readiness()[0] == 200

        for screen in screens:
            screen.heard = b""
        Provider(stack).customer_writes(phone, "Oi")
        listen([*screens, first], b"event: news")

        for screen in screens:
            screen.socket.close()
        for cookie in crowd:
            wait_until(lambda at=cookie: is_let_in(opened(at)), "who left may come back", every=0.2)
        again = memory(stack) - before
        assert again < MANY * MOST_OF_EACH, f"{again} bytes are held after they left"


@pytest.mark.parametrize("stack", ["production"], indirect=True)
def test_LV5_a_screen_that_reads_nothing_is_closed_and_another_hears_on(
    stack: Stack, phone: str
) -> None:
    kept = stack.folder / "cookies.json"
    stack.run("people", "-c", MAKE, str(kept), "2")
    with contextlib.ExitStack() as ends:
        idle, live = (Screen(stack, cookie) for cookie in json.loads(kept.read_text()))
        ends.callback(idle.socket.close)
        ends.callback(live.socket.close)
        idle.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listen([idle, live], b"event: ready")
        at, deadline = server_end(idle), time.monotonic() + PATIENCE + 60
        channel = f"isobot:{urlsplit(stack.env['REDIS_URL']).path.strip('/')}:news"
        news = json.dumps([1, 1, ["all"]])
        with redis.Redis.from_url(stack.env["REDIS_URL"]) as server:
            # What the system keeps for a reader is some MiB, and has to be full first.
            while at in Path("/proc/net/tcp").read_text():
                assert time.monotonic() < deadline, "who reads nothing is given up"
                with server.pipeline(transaction=False) as many:
                    for _ in range(150):
                        many.publish(channel, news)
                    many.execute()
                live.read()
                time.sleep(0.02)
        Provider(stack).customer_writes(phone, "Oi")
        live.heard = b""
        listen([live], b"event: news")


def server_end(screen: Screen) -> str:
    """How the system lists the server's end of a stream, as long as the server holds it."""
    here, there = screen.socket.getsockname(), screen.socket.getpeername()
    return f"0100007F:{there[1]:04X} 0100007F:{here[1]:04X} 01"


def is_let_in(screen: Screen) -> bool:
    listen([screen], b"\r\n\r\n")
    return screen.status == 200
