"""The people who write to the demonstration channels, as the provider knows them."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .channels import Channel
from .identity import derived_id, iso, utc_now

SESSION_GAP = timedelta(hours=1)
WINDOW = timedelta(hours=24)


@dataclass
class Customer:
    """One contact on one channel; its id is also the id of the chat."""

    id: str
    channel: Channel
    contact_id: str
    created: datetime
    session_created: datetime
    last_activity: datetime
    first_name: str = ""
    last_name: str = ""
    last_wrote: datetime | None = None
    last_received: datetime | None = None
    last_read: datetime | None = None
    details: dict[str, object] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    tags: dict[str, bool] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What keeps one contact's webhooks in one line."""
        return f"{self.channel.id}:{self.contact_id}"

    @property
    def session_id(self) -> str:
        """The provider's name of the running session."""
        return f"{self.id}_{iso(self.session_created)}"

    @property
    def full_name(self) -> str:
        """First and last name, or the contact id of somebody without a name."""
        return f"{self.first_name} {self.last_name}".strip() or self.contact_id

    def is_active(self, moment: datetime) -> None:
        """Continue the session, or open the next one after an hour of silence."""
        if moment - self.last_activity > SESSION_GAP:
            self.session_created = moment
        self.last_activity = moment

    def rename(self, name: str) -> None:
        """Take the name the phone shows."""
        self.first_name, _, self.last_name = name.strip().partition(" ")

    def as_chat(self, *, window_closed: bool) -> dict[str, object]:
        """The chat as `GET /chats/{reference}` shows it."""
        shown: dict[str, object] = {
            "chat": {
                "chatId": self.id,
                "channelId": self.channel.id,
                "contactId": self.contact_id,
            },
            "creationTime": iso(self.created),
            "lastSessionCreationTime": iso(self.session_created),
            "firstName": self.first_name,
            "lastName": self.last_name,
            "variables": dict(self.variables),
            "tags": sorted(name for name, is_set in self.tags.items() if is_set),
            "queueId": "_default_",
            "isBanned": False,
            "isBotMuted": False,
            **self.details,
        }
        shown.update(self._last_contact(window_closed=window_closed))
        return shown

    def _last_contact(self, *, window_closed: bool) -> dict[str, object]:
        if self.last_wrote is None:
            return {}
        contact: dict[str, object] = {"lastUserMessageDatetime": iso(self.last_wrote)}
        if self.channel.platform == "whatsapp":
            closes = self.last_wrote + WINDOW
            if window_closed:
                closes = min(closes, utc_now() - timedelta(hours=1))
            contact["whatsAppWindowCloseDatetime"] = iso(closes)
        return contact


class Customers:
    """All customers since the start or the last reset."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_id: dict[str, Customer] = {}

    def of(self, channel: Channel, contact_id: str) -> Customer:
        """The contact on a channel, met for the first time if need be."""
        identifier = derived_id(channel.id, contact_id)
        with self._lock:
            customer = self._by_id.get(identifier)
            if customer is None:
                now = utc_now()
                customer = Customer(identifier, channel, contact_id, now, now, now)
                self._by_id[identifier] = customer
            return customer

    def known(self, channel: Channel, contact_id: str) -> Customer | None:
        """The contact only if there was contact before."""
        return self.by_id(derived_id(channel.id, contact_id))

    def by_id(self, identifier: str) -> Customer | None:
        """The customer of a chat id."""
        with self._lock:
            return self._by_id.get(identifier)

    def all(self) -> list[Customer]:
        """Everybody, in order of appearance."""
        with self._lock:
            return list(self._by_id.values())

    def clear(self) -> None:
        """Forget everybody."""
        with self._lock:
            self._by_id.clear()
