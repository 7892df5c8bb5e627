"""The values that cross the border between providers and the rest of the house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

MAX_ID = 255


def storable(text: str) -> str:
    """The text without what no database keeps: NUL and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


class ChannelKind(StrEnum):
    WHATSAPP = "whatsapp"
    MESSENGER = "messenger"
    INSTAGRAM = "instagram"
    TELEGRAM = "telegram"


class Status(StrEnum):
    """What is known of an outgoing message, in the words of the REST contract."""

    QUEUED = "queued"
    UNKNOWN = "unknown"
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    READ = "read"


class Cause(StrEnum):
    """Why a message was not delivered, in the words of the REST contract."""

    AUTHENTICATION = "authentication"
    SERVICE_ACCESS = "service_access"
    TEMPLATE = "template"
    WINDOW = "window"
    CONTENT = "content"
    RECIPIENT = "recipient"
    EXPIRED = "expired"
    OTHER = "other"


class Reason(StrEnum):
    """Why an item of a webhook was not applied. The sentences are in `provider.reasons`."""

    UNREADABLE = "unreadable"
    UNKNOWN_KIND = "unknown_kind"
    UNKNOWN_PLATFORM = "unknown_platform"
    UNKNOWN_STATUS = "unknown_status"
    UNKNOWN_LINE = "unknown_line"
    CHANNEL_INACTIVE = "channel_inactive"
    NO_SENDER = "no_sender"
    OWN_NUMBER = "own_number"
    EMPTY = "empty"
    NO_CONVERSATION = "no_conversation"
    NO_MESSAGE = "no_message"
    INCOMING = "incoming"
    BROKEN = "broken"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Line:
    """Where a message came in or goes out: a provider, a kind of channel and its line.

    `line` is the number, page or bot id in its bare form, empty where the provider does not
    say; `reference` is the provider's own name of the channel, exactly as received.
    """

    adapter: str
    kind: ChannelKind
    line: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A customer wrote. `content` is text, or the kind of attachment that came instead."""

    line: Line
    external_id: str
    contact_id: str
    contact_name: str
    text: str
    sent_at: datetime | None
    content: str = "text"
    button_payload: str = ""


@dataclass(frozen=True, slots=True)
class EchoMessage:
    """Something left towards a customer: ours coming back, or written elsewhere."""

    line: Line
    external_id: str
    contact_id: str
    author: str  # "bot" or "agent"
    author_name: str
    text: str
    sent_at: datetime | None
    content: str = "text"
    ties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What a provider says of one outgoing message; `ties` are the ids that may name it.

    `kind` is None where the provider does not say which channel it speaks of; `message_id` is
    empty where it names only the job, or our own reference.
    """

    adapter: str
    kind: ChannelKind | None
    status: Status
    ties: tuple[str, ...]
    at: datetime | None
    message_id: str = ""
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Watermark:
    """Everything that left for this contact up to `at` has reached this status."""

    adapter: str
    kind: ChannelKind
    contact_id: str
    status: Status
    at: datetime
    line: str = ""


@dataclass(frozen=True, slots=True)
class Ignored:
    """An item that is understood well enough to know that it asks for nothing."""

    reason: Reason
    item: str = ""


Parsed = InboundMessage | EchoMessage | StatusReport | Watermark | Ignored


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """One fact about a send of ours (by `reference`), or about a message known by its id.

    `inferred`: concluded from a watermark; it does not outrank a failure that was reported.
    """

    status: Status
    at: datetime
    adapter: str
    kind: ChannelKind | None = None
    reference: UUID | None = None
    external_id: str = ""
    cause: Cause | None = None
    detail: str = ""
    inferred: bool = False


InboxEvent = InboundMessage | EchoMessage | StatusUpdate


@dataclass(frozen=True, slots=True)
class Applied:
    """The item took effect, now or the first time it came."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The item cannot take effect; kept with the reason."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Waiting:
    """The item needs something that has not come yet, named by any of these ids."""

    ties: tuple[str, ...]


Outcome = Applied | Refused | Waiting


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message to one person. Sends of one `stream` leave in the order they were queued."""

    reference: UUID
    stream: str
    line: Line
    recipient: str
    text: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took a message: the message's id, or the id of the job that will send it."""

    external_id: str = ""
    job_id: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Named secrets and settings of an account; never shown, not even by repr."""

    values: Mapping[str, str] = field(repr=False)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def secrets(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(value for name in names if (value := self[name]))
