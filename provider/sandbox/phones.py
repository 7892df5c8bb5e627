"""What the simulated phones show, and the ledger of what the provider accepted."""

import itertools
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .identity import iso, new_id, utc_now

KEPT_PER_PHONE = 1000
KEPT_IN_LEDGER = 100_000
PROGRESS = ("accepted", "sent", "delivered", "read")


@dataclass
class PhoneMessage:
    """One bubble; `direction` is the company's view: "in" was written by the customer."""

    direction: str
    text: str
    interactive: Mapping[str, object] | None = None
    attachments: Sequence[Mapping[str, object]] = ()
    payload: str | None = None
    id: str = field(default_factory=new_id)
    at: datetime = field(default_factory=utc_now)
    status: str = "accepted"
    tx_id: str = ""
    from_intent: bool = False
    n: int = 0
    version: int = 0

    def shown(self) -> dict[str, object]:
        """The bubble as the control API tells it."""
        return {
            "n": self.n,
            "id": self.id,
            "direction": self.direction,
            "text": self.text,
            "at": iso(self.at),
            "status": self.status,
            "interactive": self.interactive,
            "attachments": list(self.attachments),
        }


class Phones:
    """The messages of every (platform, contact); numbers and versions never start again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._versions = itertools.count(1)
        self._phones: dict[tuple[str, str], deque[PhoneMessage]] = {}

    def add(self, platform: str, contact: str, message: PhoneMessage) -> None:
        """Show a new message."""
        with self._lock:
            phone = self._phones.setdefault((platform, contact), deque(maxlen=KEPT_PER_PHONE))
            message.n = next(self._numbers)
            message.version = next(self._versions)
            phone.append(message)

    def set_status(self, message: PhoneMessage, status: str) -> None:
        """Change a message so that the next poll sees it again."""
        with self._lock:
            message.status = status
            message.version = next(self._versions)

    def find(self, platform: str, contact: str, message_id: str) -> PhoneMessage | None:
        """A message on this phone by its id."""
        shown = self.messages(platform, contact)
        return next((message for message in shown if message.id == message_id), None)

    def messages(self, platform: str, contact: str) -> list[PhoneMessage]:
        """Everything on a phone, oldest first."""
        with self._lock:
            return list(self._phones.get((platform, contact), ()))

    def since(self, platform: str, contact: str, after: int) -> dict[str, object]:
        """The messages that are new or changed since a version."""
        with self._lock:
            phone = self._phones.get((platform, contact), ())
            return {
                "version": max((message.version for message in phone), default=0),
                "messages": [message.shown() for message in phone if message.version > after],
            }

    def clear(self) -> None:
        """Empty all phones."""
        with self._lock:
            self._phones.clear()


class Ledger:
    """Ground truth for tests: every accepted send, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict[str, object]] = deque(maxlen=KEPT_IN_LEDGER)
        self._last = 0

    def add(self, entry: dict[str, object]) -> None:
        """Write one accepted message; what is learned of its files later shows here, too."""
        with self._lock:
            self._last += 1
            entry.update(n=self._last, at=iso(utc_now()))
            self._entries.append(entry)

    def after(self, n: int) -> list[dict[str, object]]:
        """The entries newer than number n, oldest first."""
        with self._lock:
            return [entry for entry in self._entries if int(str(entry["n"])) > n]

    def clear(self) -> None:
        """Forget the entries; numbering goes on."""
        with self._lock:
            self._entries.clear()
