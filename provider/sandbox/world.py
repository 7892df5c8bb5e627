"""Holds the parts of one sandbox together."""

import threading
from pathlib import Path

from .channels import Channels
from .credentials import BUSINESS_ID, CredentialStore
from .customers import Customer, Customers
from .delivery import Delivery
from .fetching import Fetcher
from .journal import Journal
from .media import Storage
from .phones import Ledger, Phones
from .switches import EXPIRED, Switches
from .templates import Templates
from .timers import Timers
from .webhooks import WebhookSender

THREAD_WAIT = 0.8


class World:
    """Everything the APIs work on."""

    def __init__(self, state_path: str | Path, webhook_url: str, webhook_token: str) -> None:
        self.stopping = threading.Event()
        self.credentials = CredentialStore(state_path)
        self.switches = Switches()
        self.journal = Journal()
        self.channels = Channels(BUSINESS_ID)
        self.customers = Customers()
        self.phones = Phones()
        self.ledger = Ledger()
        self.templates = Templates()
        self.timers = Timers()
        self.storage = Storage()
        self.webhooks = WebhookSender(webhook_url, webhook_token, self.journal, self.switches)
        self.fetcher = Fetcher()
        self.delivery = Delivery(
            switches=self.switches,
            journal=self.journal,
            phones=self.phones,
            ledger=self.ledger,
            timers=self.timers,
            webhooks=self.webhooks,
            fetcher=self.fetcher,
        )

    def start(self) -> None:
        """Start the background threads, with credentials in place."""
        self.credentials.current()
        self.timers.start()
        self.webhooks.start()
        self.fetcher.start()

    def stop(self) -> None:
        """Stop the background threads and whoever waits."""
        self.stopping.set()
        self.timers.stop(THREAD_WAIT)
        self.webhooks.stop(THREAD_WAIT)
        self.fetcher.stop(THREAD_WAIT)

    def reset(self) -> None:
        """Forget people, phones, ledger, log and what waits; keep tokens and switches."""
        for part in (
            self.timers,
            self.webhooks,
            self.phones,
            self.ledger,
            self.customers,
            self.storage,
        ):
            part.clear()
        self.journal.clear()

    def accepts_access(self, token: str) -> bool:
        """Whether a call with this access token may pass."""
        if self.switches["token"] == EXPIRED and self.credentials.is_of_current_pair(token):
            return False
        old_too = bool(self.switches["old_access_survives"])
        return self.credentials.accepts_access(token, old_too=old_too)

    def chat(self, reference: str) -> Customer | None:
        """A known chat by chat id, or by `channel:contact` with any name of the channel."""
        name, _, contact = reference.rpartition(":")
        channel = self.channels.find(name)
        if channel is not None:
            return self.customers.known(channel, contact)
        return self.customers.by_id(reference)
