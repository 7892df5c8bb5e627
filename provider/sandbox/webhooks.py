"""Posts webhooks to the customer's address: in order, with retries, or as badly as asked."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import requests

from .exchange import JSON_TYPE, dump
from .identity import utc_now
from .journal import Journal
from .switches import Switches

WORKERS = 4
ANSWER_SECONDS = 10.0
GIVE_UP_SECONDS = 600.0
BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0)
# How long reordering holds a webhook back in the hope of one it can let pass.
REORDER_HOLD = 1.5
LONGEST_NAP = 0.5

Outcome = Callable[[str], None]


@dataclass(eq=False)
class _Pending:
    body: bytes
    note: str
    created: float
    due: float
    outcome: Outcome | None
    attempts: int = 0


class WebhookSender:
    """One line of pending webhooks per contact, served by a few threads."""

    def __init__(self, url: str, token: str, journal: Journal, switches: Switches) -> None:
        self.url = url
        self._token = token
        self._journal = journal
        self._switches = switches
        self._wake = threading.Condition()
        self._lines: dict[str, list[_Pending]] = {}
        self._busy: set[str] = set()
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._work, name=f"sandbox-webhooks-{n}", daemon=True)
            for n in range(WORKERS)
        ]

    def configure(self, url: str, token: str) -> None:
        """Post to this address with this token from now on, as its customer asked."""
        self.url, self._token = url, token

    def start(self) -> None:
        """Begin delivering."""
        for thread in self._threads:
            thread.start()

    def stop(self, wait: float) -> None:
        """End the threads; one that waits for an answer is left to die with the process."""
        with self._wake:
            self._stopping = True
            self._lines.clear()
            self._wake.notify_all()
        deadline = time.monotonic() + wait
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))

    def emit(self, line: str, payload: object, note: str, outcome: Outcome | None = None) -> None:
        """Queue a webhook; `outcome` hears "delivered" or "lost" when its fate is known."""
        if self._switches["webhooks_lost"] or not self.url:
            self._journal.count("webhooks_lost")
            self._record(0, 0.0, f"{note}: lost")
            if outcome is not None:
                outcome("lost")
            return
        now = time.monotonic()
        due = now + self._switches["webhook_delay_ms"] / 1000
        body = dump(payload)
        with self._wake:
            pending = self._lines.setdefault(line, [])
            for copy in range(self._switches["webhook_copies"]):
                name = f"{note} (copy)" if copy else note
                pending.append(_Pending(body, name, now, due, None if copy else outcome))
            self._wake.notify_all()

    def post_once(self, body: bytes, note: str) -> int:
        """One attempt, at once; the HTTP status, or 0 when there was no answer."""
        started = time.monotonic()
        try:
            with requests.Session() as session:
                # Without this a proxy or a .netrc of the machine would take part.
                session.trust_env = False
                with session.post(
                    self.url,
                    data=body,
                    headers={"auth-bm-token": self._token, "Content-Type": JSON_TYPE},
                    timeout=ANSWER_SECONDS,
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    status = response.status_code
        except Exception as error:
            # Whatever went wrong, it is one failed attempt and the thread lives on.
            status, note = 0, f"{note}: {type(error).__name__}"
        self._record(status, time.monotonic() - started, note)
        return status

    def pending(self) -> int:
        """How many webhooks wait or are under way."""
        with self._wake:
            return sum(len(line) for line in self._lines.values())

    def clear(self) -> None:
        """Forget what waits."""
        with self._wake:
            self._lines.clear()

    def _work(self) -> None:
        while True:
            chosen = self._next()
            if chosen is None:
                return
            line, pending = chosen
            attempt = f" (attempt {pending.attempts + 1})" if pending.attempts else ""
            status = self.post_once(pending.body, pending.note + attempt)
            self._settle(line, pending, delivered=200 <= status < 300)

    def _next(self) -> tuple[str, _Pending] | None:
        with self._wake:
            while not self._stopping:
                now = time.monotonic()
                reorder = bool(self._switches["webhook_reorder"])
                moments: list[float] = []
                for line, waiting in self._lines.items():
                    if line in self._busy:
                        continue
                    pending, moment = _choose(waiting, now, reorder=reorder)
                    if pending is not None:
                        self._busy.add(line)
                        return line, pending
                    moments.append(moment)
                self._wake.wait(_nap(moments, now))
            return None

    def _settle(self, line: str, pending: _Pending, *, delivered: bool) -> None:
        pending.attempts += 1
        now = time.monotonic()
        expired = not delivered and now - pending.created > GIVE_UP_SECONDS
        with self._wake:
            self._busy.discard(line)
            waiting = self._lines.get(line, [])
            if delivered or expired:
                if pending in waiting:
                    waiting.remove(pending)
                if not waiting:
                    self._lines.pop(line, None)
            else:
                pending.due = now + BACKOFF[min(pending.attempts, len(BACKOFF)) - 1]
            self._wake.notify_all()
        self._count(delivered=delivered, expired=expired)
        if pending.outcome is not None and (delivered or expired):
            pending.outcome("delivered" if delivered else "lost")

    def _count(self, *, delivered: bool, expired: bool) -> None:
        self._journal.count("webhooks_delivered" if delivered else "webhook_attempts_failed")
        if expired:
            self._journal.count("webhooks_expired")

    def _record(self, status: int, seconds: float, note: str) -> None:
        self._journal.record(
            "webhook",
            started=utc_now(),
            method="POST",
            address=_path_of(self.url),
            status=status,
            ms=round(seconds * 1000),
            note=note,
        )


def _nap(moments: list[float], now: float) -> float | None:
    if not moments:
        return None
    # Never long, because a switch may change what may go now.
    return max(0.005, min(LONGEST_NAP, min(moments) - now))


def _choose(waiting: list[_Pending], now: float, *, reorder: bool) -> tuple[_Pending | None, float]:
    """The webhook of a line that may go now, or the moment to look again."""
    if not waiting:
        return None, now + LONGEST_NAP
    if not reorder:
        head = waiting[0]
        return (head if head.due <= now else None), head.due
    ready = [pending for pending in waiting if pending.due <= now]
    held = next((p for p in ready if now - p.created >= REORDER_HOLD), None)
    if held is not None:
        return held, now
    if len(ready) > 1:
        return ready[-1], now
    return None, min(max(p.due, p.created + REORDER_HOLD) for p in waiting)


def _path_of(url: str) -> str:
    path = url.partition("://")[2].partition("/")[2]
    return "/" + path.partition("?")[0]
