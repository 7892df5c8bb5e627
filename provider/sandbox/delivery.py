"""Carries messages between the company and the phones and reports on them by webhook."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from .customers import Customer
from .fetching import Fetcher, FetchFault
from .identity import new_id, utc_now
from .journal import Journal
from .payloads import envelope_status, message_event, short_status, snapshot_status
from .phones import PROGRESS, Ledger, PhoneMessage, Phones
from .switches import Switches
from .timers import Timers
from .webhooks import Outcome, WebhookSender

# The code the real one gives for a file it could not have.
NOT_FETCHED = "131053.0"


@dataclass(frozen=True)
class Failure:
    """Why an accepted message never reaches the phone."""

    error: str
    reason: str


@dataclass(frozen=True)
class Outgoing:
    """One message the company asked to send."""

    customer: Customer
    text: str
    api: str
    interactive: Mapping[str, object] | None = None
    attachments: Sequence[Mapping[str, object]] = ()
    payload: str | None = None
    intent: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, bool] = field(default_factory=dict)
    tx_id: str = ""


class Delivery:
    """The wire: its lock keeps the order of events and of their webhooks the same."""

    def __init__(
        self,
        *,
        switches: Switches,
        journal: Journal,
        phones: Phones,
        ledger: Ledger,
        timers: Timers,
        webhooks: WebhookSender,
        fetcher: Fetcher,
    ) -> None:
        self._switches = switches
        self._journal = journal
        self._phones = phones
        self._ledger = ledger
        self._timers = timers
        self._webhooks = webhooks
        self._fetcher = fetcher
        self._lock = threading.RLock()

    def accept(self, messages: Sequence[Outgoing], failure: Failure | None = None) -> list[str]:
        """Take messages for sending; returns their ids."""
        with self._lock:
            self._journal.count("sends_accepted")
            return [self._accept_one(message, failure) for message in messages]

    def customer_wrote(self, customer: Customer, message: PhoneMessage) -> PhoneMessage:
        """The customer sends; an id already on the phone is only told about once more."""
        platform = customer.channel.platform
        with self._lock:
            known = self._phones.find(platform, customer.contact_id, message.id)
            if known is None:
                customer.is_active(message.at)
                customer.last_wrote = message.at
                message.status = "sent"
                self._phones.add(platform, customer.contact_id, message)
            told = message if known is None else replace(message, n=known.n, at=known.at)
            shown = message if known is None else known
            self._tell(customer, told, partial(self._phones.set_status, shown))
            return told

    def read_all(self, customer: Customer) -> int:
        """The customer reads what is there; returns how many messages became read."""
        with self._lock:
            platform, contact = customer.channel.platform, customer.contact_id
            unread = [
                message
                for message in self._phones.messages(platform, contact)
                if message.direction == "out" and message.status != "read"
            ]
            for message in unread:
                self._advance(customer, message, "read")
            return len(unread)

    def _accept_one(self, outgoing: Outgoing, failure: Failure | None) -> str:
        customer = outgoing.customer
        customer.is_active(utc_now())
        customer.variables.update(outgoing.variables)
        customer.tags.update(outgoing.tags)
        message = PhoneMessage(
            direction="out",
            text=outgoing.text,
            interactive=outgoing.interactive,
            attachments=outgoing.attachments,
            payload=outgoing.payload,
            from_intent=outgoing.intent is not None,
        )
        # A v1 send knows no notification id: its answer is the message id itself.
        message.tx_id = outgoing.tx_id or message.id
        entry = _ledger_entry(outgoing, message, failure)
        self._ledger.add(entry)
        has_files = any("url" in attachment for attachment in outgoing.attachments)
        if has_files or self._fetcher.is_busy(customer.key):
            bring = partial(self._bring, customer, message, failure, entry)
            self._fetcher.later(customer.key, bring)
        else:
            self._show(customer, message, failure)
        return message.id

    def _bring(
        self,
        customer: Customer,
        message: PhoneMessage,
        failure: Failure | None,
        entry: dict[str, object],
    ) -> None:
        """Fetch the files of a message, then go on with it; what cannot be fetched fails late."""
        brought: list[Mapping[str, object]] = []
        try:
            for attachment in message.attachments:
                brought.append({**attachment, **self._fetched(attachment)})
        except FetchFault as fault:
            self._journal.count("files_not_fetched")
            failure = failure or Failure(NOT_FETCHED, f"the file could not be fetched: {fault}")
            brought = list(message.attachments)
        with self._lock:
            message.attachments = brought
            entry.update(attachments=brought, received=failure is None)
            self._show(customer, message, failure)

    def _fetched(self, attachment: Mapping[str, object]) -> dict[str, object]:
        if "url" not in attachment:
            return {}
        if self._switches["media"] != "ok":
            raise FetchFault("switched off")
        fetched = self._fetcher.fetch(str(attachment["url"]))
        return {
            "file": fetched.id,
            "type": fetched.type,
            "size": fetched.size,
            "sha256": fetched.sha256,
        }

    def _show(self, customer: Customer, message: PhoneMessage, failure: Failure | None) -> None:
        if failure is None:
            self._phones.add(customer.channel.platform, customer.contact_id, message)
        if self._switches["echo"]:
            self._tell(customer, message, None)
        self._plan(customer, message, failure)

    def _plan(self, customer: Customer, message: PhoneMessage, failure: Failure | None) -> None:
        step = self._switches["status_delay_ms"] / 1000
        if failure is not None:
            self._timers.later(step, partial(self._fail, customer, message, failure))
            return
        self._timers.later(step, partial(self._advance, customer, message, "sent"))
        if customer.channel.platform != "whatsapp":
            return
        self._timers.later(2 * step, partial(self._advance, customer, message, "delivered"))
        if self._switches["auto_read"]:
            wait = 2 * step + self._switches["read_delay_ms"] / 1000
            self._timers.later(wait, partial(self._advance, customer, message, "read"))

    def _advance(self, customer: Customer, message: PhoneMessage, target: str) -> None:
        """Move a message forward, never back, telling every step on the way."""
        with self._lock:
            reached = PROGRESS.index(message.status)
            for status in PROGRESS[reached + 1 : PROGRESS.index(target) + 1]:
                self._phones.set_status(message, status)
                if status == "delivered":
                    customer.last_received = utc_now()
                if status == "read":
                    customer.last_read = utc_now()
                if status == "sent" or customer.channel.platform == "whatsapp":
                    self._report(customer, message, status)

    def _report(self, customer: Customer, message: PhoneMessage, status: str) -> None:
        if not self._switches["statuses"]:
            return
        tie = self._switches["tie"]
        note = f"status {status}"
        if tie not in ("snapshot", "short"):
            body = envelope_status(customer, message, status, tie=tie)
            self._webhooks.emit(customer.key, body, note)
        elif status == "sent":
            return  # the older shapes only know delivered and read
        elif tie == "short":
            self._webhooks.emit(customer.key, short_status(customer, message, status), note)
        else:
            self._report_snapshots(customer, message, status)

    def _report_snapshots(self, customer: Customer, message: PhoneMessage, status: str) -> None:
        note = f"snapshot {status}"
        self._webhooks.emit(customer.key, snapshot_status(customer, message, status), note)
        platform, contact = customer.channel.platform, customer.contact_id
        written = [m for m in self._phones.messages(platform, contact) if m.direction == "in"]
        if status == "delivered" and written:
            # The trap of this shape: the last message may be the customer's own.
            body = snapshot_status(customer, written[-1], status)
            self._webhooks.emit(customer.key, body, f"{note} of the customer's message")

    def _fail(self, customer: Customer, message: PhoneMessage, failure: Failure) -> None:
        with self._lock:
            message.status = "failed"
            if not self._switches["statuses"]:
                return
            # The older shapes have no failure, so this one is always in the newer format.
            body = envelope_status(customer, message, "failed", tie=self._switches["tie"])
            body.update(error=failure.error, reason=failure.reason)
            self._webhooks.emit(customer.key, body, "status failed")

    def _tell(self, customer: Customer, message: PhoneMessage, outcome: Outcome | None) -> None:
        style, tie = self._switches["webhook_format"], self._switches["tie"]
        body = message_event(style, customer, message, tie=tie)
        note = "message of the customer" if message.direction == "in" else "echo"
        self._webhooks.emit(customer.key, body, note, outcome)


def new_transaction() -> str:
    """A notification id, the asynchronous job an API v2 send is."""
    return f"wn-{new_id().lower()}"


def _ledger_entry(
    outgoing: Outgoing, message: PhoneMessage, failure: Failure | None
) -> dict[str, object]:
    channel = outgoing.customer.channel
    return {
        "api": outgoing.api,
        "platform": channel.platform,
        "channel_id": channel.id,
        "contact_id": outgoing.customer.contact_id,
        "text": outgoing.text,
        "interactive": outgoing.interactive,
        "attachments": list(outgoing.attachments),
        "intent": outgoing.intent,
        "variables": dict(outgoing.variables),
        "message_id": message.id,
        "tx_id": message.tx_id,
        "webhook_payload": outgoing.payload,
        "received": failure is None,
    }
