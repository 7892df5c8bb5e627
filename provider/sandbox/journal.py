"""Remembers what happened, without bodies or tokens: a bounded log and the counters."""

import re
import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass
from datetime import datetime

from .identity import iso

KEPT = 2000
# JSON web tokens and bot tokens, also with a percent-encoded colon, can be part of a path.
_SECRETS = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*|\d{6,}(?::|%3[Aa])[A-Za-z][\w-]{15,}")


@dataclass(frozen=True)
class Entry:
    """One call we answered or one webhook we tried to deliver."""

    n: int
    kind: str
    at: str
    method: str
    address: str
    status: int
    ms: int
    note: str


class Journal:
    """The log and the counters, safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._counters: Counter[str] = Counter()
        self._last = 0

    def record(
        self,
        kind: str,
        *,
        started: datetime,
        method: str,
        address: str,
        status: int,
        ms: int,
        note: str,
    ) -> None:
        """Add a line; status 0 means there was no HTTP answer."""
        with self._lock:
            self._last += 1
            self._entries.append(
                Entry(
                    n=self._last,
                    kind=kind,
                    at=iso(started),
                    method=method[:20],
                    address=redacted(address)[:300],
                    status=status,
                    ms=ms,
                    note=redacted(note)[:200],
                )
            )

    def after(self, n: int) -> list[dict[str, object]]:
        """The kept lines newer than number n, oldest first."""
        with self._lock:
            return [asdict(entry) for entry in self._entries if entry.n > n]

    def count(self, name: str) -> None:
        """Add one to a counter."""
        with self._lock:
            self._counters[name] += 1

    def counters(self) -> dict[str, int]:
        """A copy of the counters."""
        with self._lock:
            return dict(self._counters)

    def clear(self) -> None:
        """Forget lines and counts; numbering goes on, so that a poller misses nothing."""
        with self._lock:
            self._entries.clear()
            self._counters.clear()


def redacted(text: str) -> str:
    """The text with anything that looks like a token blanked."""
    return _SECRETS.sub("***", text)
