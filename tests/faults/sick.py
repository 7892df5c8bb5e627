"""R12: whatever a sick provider answers, an attempt ends in time and other channels do not wait."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime

import requests

from tests.faults.kills import flat_text
from tests.faults.rows import Outcome, Trial
from tests.processes import free_port, wait_until
from tests.stack import Stack
from tests.stack_clients import Agent, Provider, Sender

KEY, SECRET = "sick", "word-of-the-sick-bot"
AT_ONCE = 4
ATTEMPT_SECONDS = 20.0
WELL_SECONDS = 20.0
BETWEEN_SECONDS = 3.0
HUGE = 100 * 1024 * 1024
# The cap of a body, and what lies in the buffers between the two.
MOST_TAKEN = 8 * 1024 * 1024
LONGEST_PAUSE = 3600.0

Mode = Callable[["Vendor", socket.socket], None]


def _said(status: int, body: object, *headers: str) -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} -", f"Content-Length: {len(raw)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + raw


def _answers(status: int, body: object, *headers: str) -> Mode:
    return lambda _vendor, peer: peer.sendall(_said(status, body, *headers))


def _busy(after: str) -> Mode:
    return _answers(429, {"ok": False, "description": "Too Many Requests"}, f"Retry-After: {after}")


def _broken(status: int) -> Mode:
    return _answers(status, {"ok": False, "description": "a bad day"})


def _silent(vendor: Vendor, _peer: socket.socket) -> None:
    vendor.over.wait(60)


def _drips(vendor: Vendor, peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n")
    while not vendor.over.wait(1):
        peer.sendall(b" ")


def _resets(_vendor: Vendor, peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _floods(vendor: Vendor, peer: socket.socket) -> None:
    peer.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {HUGE}\r\n\r\n".encode())
    for _ in range(HUGE >> 16):
        peer.sendall(b" " * (1 << 16))
        vendor.flooded += 1 << 16


def _deaf(_vendor: Vendor, _peer: socket.socket) -> None:
    """Nobody gets as far as to be heard."""


WELL = _answers(200, {"ok": True, "result": {"message_id": 7, "chat": {"id": 7}}})
# How it answers, and how each attempt must end.
MODES: dict[str, tuple[Mode, str]] = {
    "500": (_broken(500), "retry"),
    "502": (_broken(502), "retry"),
    "503": (_broken(503), "retry"),
    "429 seconds": (_busy("7"), "retry"),
    "429 date": (_busy("Wed, 21 Oct 2099 07:28:00 GMT"), "retry"),
    "429 negative": (_busy("-5"), "retry"),
    "429 10^9": (_busy("1000000000"), "retry"),
    "connect timeout": (_deaf, "retry"),
    "read timeout": (_silent, "unconfirmed"),
    "1 B/s": (_drips, "unconfirmed"),
    "truncated JSON": (_answers(200, b'{"ok": true, "result": {"mess'), "unconfirmed"),
    "HTML": (_answers(200, b"<html>Welcome</html>", "Content-Type: text/html"), "unconfirmed"),
    "no id": (_answers(200, {"ok": True, "result": {}}), "unconfirmed"),
    "302": (_answers(302, b"", "Location: http://127.0.0.1:9/elsewhere"), "unconfirmed"),
    "RST": (_resets, "unconfirmed"),
    "100 MB": (_floods, "unconfirmed"),
}


class Vendor:
    """Telegram's place, taken by somebody who answers as told."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mode = WELL
        self.over = threading.Event()
        self.flooded = 0
        self._crowd: list[socket.socket] = []
        self._listen(128)

    def become(self, mode: Mode) -> None:
        """Answer in another way, from the next request on."""
        self.over.set()
        self._hang_up()
        self.mode, self.over = mode, threading.Event()
        self._listen(0 if mode is _deaf else 128)

    def close(self) -> None:
        self.over.set()
        self._hang_up()

    def _listen(self, backlog: int) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", self.port))
        self._socket.listen(backlog)
        if not backlog:
            self._fill()
            return
        threading.Thread(target=self._serve, args=(self._socket,), daemon=True).start()

    def _fill(self) -> None:
        """A queue that is full and never served: who comes next is not even refused."""
        for _ in range(4):
            waiting = socket.socket()
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(("127.0.0.1", self.port))
            self._crowd.append(waiting)

    def _hang_up(self) -> None:
        for one in (self._socket, *self._crowd):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._crowd.clear()

    def _serve(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it was hung up
            while True:
                peer, _address = listening.accept()
                threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError):
            peer.settimeout(30)
            peer.recv(1 << 16)
            self.mode(self, peer)


def run(trial: Trial) -> Outcome:
    outcome = Outcome()
    if trial.smoke:
        outcome.figures["skipped"] = "it waits for time-outs, a minute and a half of them"
        return outcome
    vendor, stack = Vendor(), Stack(trial.profile)
    stack.env["TELEGRAM_API_URL"] = f"http://127.0.0.1:{vendor.port}"
    with contextlib.closing(vendor), stack:
        Provider(stack).switch(echo=False, statuses=False)  # less to do for a busy machine
        patients, others = Patients(stack), Others(stack)
        others.start()
        trial.tell("measuring while everybody is well")
        patients.thrive(WELL_SECONDS)
        fell_ill = time.time()
        longest = {}
        for name, (mode, end) in MODES.items():
            trial.tell(name)
            vendor.become(mode)
            longest[name] = patients.suffer(name, end, outcome)
        recovered = time.time()
        vendor.become(WELL)
        outcome.expect(patients.are_served(), "nobody is served once it is well again")
        trial.tell("measuring once more while everybody is well")
        patients.thrive(WELL_SECONDS)
        others.stop()
        _check(vendor, longest, others.waits(), (fell_ill, recovered), outcome)
        if outcome.misses:
            outcome.misses.append(f"kept in {stack.folder}")
            stack.keep()
    return outcome


class Patients:
    """Customers of the channel whose provider is sick, and what became of answers to them."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._url = f"{stack.url}/webhooks/telegram/{KEY}/"
        self._numbers = itertools.count(350_000_001)
        channel = {
            "kind": "telegram", "adapter": "telegram", "key": KEY, "line": "",
            "credentials": {"bot_token": "700000077:AAH-invented", "secret_token": SECRET},
        }  # fmt: skip
        made = Agent(stack, "supervisor").post("channels/", channel)
        assert made.status_code == 201, made.text

    def thrive(self, seconds: float) -> None:
        """As many write as while it is sick: what is compared is the sickness, not the load."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            for _ in range(AT_ONCE):
                self._write()
            time.sleep(BETWEEN_SECONDS)

    def suffer(self, name: str, end: str, outcome: Outcome) -> float:
        """Some write at once; how long the longest attempt to answer them took."""
        ((before,),) = self.stack.rows("SELECT COALESCE(MAX(id), 0) FROM provider_attempt")
        for _ in range(AT_ONCE):
            self._write()
        tries = (
            "SELECT a.outcome, a.started_at, a.finished_at FROM provider_attempt a "
            "JOIN provider_delivery d ON d.id = a.delivery_id "
            f"WHERE d.adapter = 'telegram' AND a.id > {before}"
        )

        def ended() -> list[tuple[str, object, object]]:
            rows = self.stack.rows(tries)
            # A pause that was asked for holds back those who have not been tried.
            wanted = 1 if name.startswith("429") else AT_ONCE
            return rows if len(rows) >= wanted and all(row[0] for row in rows) else []

        rows = wait_until(ended, f"attempts end when it answers {name}", 90, every=0.2)
        outcomes = {row[0] for row in rows}
        outcome.expect(outcomes == {end}, f"{name}: attempts ended as {outcomes}, not {end}")
        self._check_pause(name, outcome)
        self._forget()
        return max(_moment(row[2]) - _moment(row[1]) for row in rows)

    def are_served(self) -> bool:
        self._forget()
        self._write()
        sql = "SELECT COUNT(*) FROM provider_delivery WHERE adapter='telegram' AND state='accepted'"
        with contextlib.suppress(AssertionError):
            return bool(wait_until(lambda: self.stack.rows(sql)[0][0], "served", 30, every=0.2))
        return False

    def _write(self) -> None:
        number = next(self._numbers)
        person = {"id": number, "first_name": "Ana", "type": "private", "is_bot": False}
        message = {
            "message_id": 1, "from": person, "chat": person, "date": int(time.time()), "text": "Oi",
        }  # fmt: skip
        headers = {"x-telegram-bot-api-secret-token": SECRET}
        update = {"update_id": number, "message": message}
        requests.post(self._url, json=update, headers=headers, timeout=30).raise_for_status()

    def _check_pause(self, name: str, outcome: Outcome) -> None:
        ((until,),) = self.stack.rows(
            f"SELECT paused_until FROM provider_account WHERE channel_key = '{KEY}'"
        )
        pause = _moment(until) - time.time() if until else 0.0
        outcome.expect(pause <= LONGEST_PAUSE, f"{name}: it pauses for {pause:.0f} s")
        if name.startswith("429"):
            outcome.expect(until is not None, f"{name}: it does not pause")

    def _forget(self) -> None:
        """The next sickness finds nothing of the one before."""
        self.stack.change(
            "UPDATE provider_delivery SET state = 'failed' "
            "WHERE adapter = 'telegram' AND state = 'queued'"
        )
        self.stack.change(
            f"UPDATE provider_account SET paused_until = NULL WHERE channel_key = '{KEY}'"
        )


class Others:
    """Customers of another channel, who write once a second."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self._sender = stack, Sender(stack)
        self.posted: dict[str, float] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(60)

    def _write(self) -> None:
        for number in itertools.count(1):
            if self._stopping.wait(1):
                return
            contact = f"55419{number:08d}"
            self.posted[contact] = time.time()
            self._sender.send(flat_text(contact, "Oi", number))

    def waits(self) -> dict[float, float]:
        """For each moment somebody wrote: until the answer had left."""

        def left() -> dict[str, float]:
            rows = self.stack.rows(
                "SELECT recipient, settled_at FROM provider_delivery "
                "WHERE adapter = 'botmaker' AND state = 'accepted'"
            )
            found = {who: _moment(at) for who, at in rows if who in self.posted}
            return found if len(found) == len(self.posted) else {}

        at = wait_until(left, "everybody else is answered", 60, every=0.5)
        return {posted: at[who] - posted for who, posted in self.posted.items()}


def _moment(value: object) -> float:
    """SQLite keeps times as text, in UTC."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _check(
    vendor: Vendor,
    longest: dict[str, float],
    waits: dict[float, float],
    ill: tuple[float, float],
    outcome: Outcome,
) -> None:
    groups: dict[bool, list[float]] = defaultdict(list)
    for posted, wait in waits.items():
        groups[ill[0] <= posted <= ill[1]].append(wait)
    well, sick = _p95(groups[False]), _p95(groups[True])
    slowest = max(longest, key=lambda name: longest[name])
    taken = vendor.flooded / AT_ONCE
    outcome.figures.update(
        {
            "sicknesses": len(longest),
            "longest attempt s": f"{longest[slowest]:.1f} ({slowest})",
            "of 100 MB taken KiB": round(taken / 1024),
            "others p95 ms": round(well * 1000),
            "while it is sick": round(sick * 1000),
            "ratio": round(sick / well, 2),
        }
    )
    outcome.expect(longest[slowest] <= ATTEMPT_SECONDS, f"{longest} s")
    outcome.expect(taken <= MOST_TAKEN, f"{taken} bytes of an endless answer were taken")
    outcome.expect(sick < 2 * well, "others wait twice as long while one provider is sick")


def _p95(waits: list[float]) -> float:
    return sorted(waits)[int(len(waits) * 0.95)]
