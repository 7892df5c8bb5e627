"""R27: a screen whose stream breaks misses nothing and shows nothing twice."""

from __future__ import annotations

import contextlib
import itertools
import random
import re
import threading
import time
from collections.abc import Iterator

import requests

from tests.faults.kills import flat_text
from tests.faults.rows import Outcome, Trial
from tests.processes import wait_until
from tests.stack import Stack
from tests.stack_clients import Agent, Browser, Sender

SCREENS = 5
WRITTEN_EVERY = 0.5  # seconds, by one of the customers in turn
CAUGHT_UP_WITHIN = 3.0
_ITEM = re.compile(r'<li class="msg [^>]*id="m(\d+)"')


def run(trial: Trial) -> Outcome:
    outcome = Outcome()
    with Stack(trial.profile) as stack:
        customers = Customers(stack)
        drops = trial.either(smoke=2, full=20)
        longest = trial.either(smoke=3, full=30)
        screens = [
            Screen(stack, customers.conversations[n], random.Random(f"{trial.seed} {n}"))
            for n in range(SCREENS)
        ]
        customers.start()
        threads = [
            threading.Thread(target=screen.watch, args=(drops, longest)) for screen in screens
        ]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            done = sum(len(screen.caught_up) for screen in screens)
            trial.tell(f"{done} of {drops * SCREENS} drops")
            time.sleep(0.5)
        customers.stop()
        _check(stack, screens, outcome)
        if outcome.misses:
            outcome.misses.append(f"kept in {stack.folder}")
            stack.keep()
    return outcome


class Customers:
    """One for each screen, in a conversation that waits; they write in turn."""

    def __init__(self, stack: Stack) -> None:
        self._sender, self._numbers = Sender(stack), itertools.count(1)
        self._contacts = [f"55415{number:08d}" for number in range(SCREENS)]
        for contact in self._contacts:
            self._write(contact, "atendente")
        supervisor = Agent(stack, "supervisor")
        self.conversations = [
            int(wait_until(lambda c=c: supervisor.conversation(c, "waiting"), "it waits", 60)["id"])
            for c in self._contacts
        ]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._talk)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(60)

    def _talk(self) -> None:
        for contact in itertools.cycle(self._contacts):
            if self._stopping.wait(WRITTEN_EVERY):
                return
            self._write(contact, "Ainda está aí?")

    def _write(self, contact: str, text: str) -> None:
        self._sender.send(flat_text(contact, text, next(self._numbers)))


class Screen:
    """Does what the page does: it fetches when it is told of news, and at every connection."""

    def __init__(self, stack: Stack, conversation: int, chance: random.Random) -> None:
        self.stack, self.conversation, self.chance = stack, conversation, chance
        self.shown: list[int] = []
        self.caught_up: list[float] = []
        self.late: list[int] = []
        self.doubled: list[int] = []
        self._browser = Browser(stack, "supervisor")
        self._base = f"{stack.url}/omnichannel"
        self._version = 0

    def watch(self, drops: int, longest: float) -> None:
        """Keep the stream open, but for as many breaks, the longest of so many seconds."""
        self._listen(2, after_drop=False)
        for _ in range(drops):
            time.sleep(self.chance.uniform(1, longest))
            self._listen(self.chance.uniform(1, 4), after_drop=True)

    def _listen(self, seconds: float, *, after_drop: bool) -> None:
        until = time.monotonic() + seconds
        written = set(self._written()) if after_drop else set()
        began = time.monotonic()
        url = f"{self._base}/eventos/"
        with contextlib.closing(self._browser.get(url, stream=True, timeout=20)) as stream:
            assert stream.status_code == 200, stream.status_code
            for event in _events(stream):
                if event:
                    self._fetch()
                if event == "ready" and after_drop:
                    self.caught_up.append(time.monotonic() - began)
                    self.late += written - set(self.shown)
                    after_drop = False
                if time.monotonic() > until:
                    return

    def _fetch(self) -> None:
        """What is new or changed since the version it holds; a row that is there is replaced."""
        url = f"{self._base}/{self.conversation}/mensagens/?since={self._version}"
        answer = self._browser.get(url, timeout=20)
        assert answer.status_code == 200, answer.status_code
        self._version = max(self._version, int(answer.headers["X-Conversation-Version"]))
        found = [int(number) for number in _ITEM.findall(answer.text)]
        self.doubled += {number for number in found if found.count(number) > 1}
        self.shown += [number for number in found if number not in self.shown]

    def _written(self) -> list[int]:
        sql = "SELECT id FROM chat_message WHERE conversation_id = {} ORDER BY id"
        return [row[0] for row in self.stack.rows(sql.format(self.conversation))]

    def missed(self) -> list[int]:
        """What it does not show after one more connection."""
        self._listen(0, after_drop=False)
        return [number for number in self._written() if number not in self.shown]


def _events(stream: requests.Response) -> Iterator[str]:
    """The names of events as they come; an empty one where there was none for a while."""
    for line in stream.iter_lines(chunk_size=1, decode_unicode=True):
        if line.startswith("event: "):
            yield line[7:]
        elif line.startswith(":"):
            yield ""


def _check(stack: Stack, screens: list[Screen], outcome: Outcome) -> None:
    waiting = "SELECT COUNT(*) FROM provider_webhookevent WHERE state = 'received'"
    wait_until(lambda: stack.rows(waiting)[0][0] == 0, "everything is applied", 120, every=0.5)
    missed = [number for screen in screens for number in screen.missed()]
    late = [number for screen in screens for number in screen.late]
    doubled = [number for screen in screens for number in screen.doubled]
    shown = [number for screen in screens for number in screen.shown]
    seconds = [one for screen in screens for one in screen.caught_up]
    outcome.figures.update(
        {
            "drops": len(seconds),
            "messages": len(shown),
            "missed": len(missed),
            "not there at once": len(late),
            "twice": len(doubled) + len(shown) - len(set(shown)),
            "caught up within s": round(max(seconds), 2),
        }
    )
    outcome.expect(bool(shown), "no screen showed anything")
    outcome.expect(not missed, f"missed: {missed[:5]}")
    outcome.expect(not late, f"written during a drop and not shown after it: {late[:5]}")
    outcome.expect(len(shown) == len(set(shown)) and not doubled, f"twice: {doubled[:5]}")
    outcome.expect(max(seconds) <= CAUGHT_UP_WITHIN, f"caught up after {max(seconds):.1f} s")
