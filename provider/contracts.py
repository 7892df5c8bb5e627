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


class Content(StrEnum):
    """What a message is made of. Its words in the REST contract are text and attachments."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    DOCUMENT = "document"
    LOCATION = "location"
    CONTACTS = "contacts"
    UNSUPPORTED = "unsupported"


class Extra(StrEnum):
    """What a message may bring besides text and files, in the words of the REST contract."""

    REPLY = "reply_to"
    LOCATION = "location"
    CONTACTS = "contacts"


FILES = (Content.IMAGE, Content.AUDIO, Content.VIDEO, Content.DOCUMENT)


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
    EDITED = "edited"
    REACTION = "reaction"
    NOTICE = "notice"
    BROKEN = "broken"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Line:
    """Where a message came in or goes out: a provider, a kind of channel and its line.

    `line` is the number, page or bot id in its bare form, empty where the provider does not
    say; `reference` is the provider's own name of the channel, exactly as received.
    `channel_key` is the channel whose own webhook address the message came to, or whose own
    credentials send it; empty where one account serves all channels.
    """

    adapter: str
    kind: ChannelKind
    line: str = ""
    reference: str = ""
    channel_key: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """A file that came with a message.

    `source` is where its provider keeps it: an address, or an id that `Adapter.locate` turns
    into one. `type` and `size` (bytes) are what the provider claims; the file may be otherwise.
    """

    content: Content
    source: str = field(repr=False)
    name: str = ""
    type: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Located:
    """An address a file can be fetched from now, with the headers it asks for. Holds secrets."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """A location in degrees (WGS 84), with what it is called where that was said."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""

    @classmethod
    def at(
        cls, latitude: object, longitude: object, name: str = "", address: str = ""
    ) -> Place | None:
        """What a payload says it is; None where these numbers are no place on earth."""
        degrees = _degrees(latitude, 90), _degrees(longitude, 180)
        if degrees[0] is None or degrees[1] is None:
            return None
        return cls(degrees[0], degrees[1], name, address)


def _degrees(value: object, limit: int) -> float | None:
    # Compared first: a whole number may be too large to become a float.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= limit:
        return None
    return float(value)


@dataclass(frozen=True, slots=True)
class Person:
    """A card out of somebody's address book."""

    name: str
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A customer wrote. `text` is the caption where the content is a file.

    `contact_id` is the id that is written to; `aliases` are others of the same person.
    A message may bring several files; `content` is then that of the first. `reply_to` is the
    provider's id of the message it answers, `button_payload` our id of the tapped button or row.
    """

    line: Line
    external_id: str
    contact_id: str
    contact_name: str
    text: str
    sent_at: datetime | None
    content: Content = Content.TEXT
    button_payload: str = ""
    media: tuple[Media, ...] = ()
    place: Place | None = None
    people: tuple[Person, ...] = ()
    reply_to: str = ""
    aliases: tuple[str, ...] = ()


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
    content: Content = Content.TEXT
    ties: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    place: Place | None = None
    people: tuple[Person, ...] = ()
    reply_to: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonMoved:
    """A customer lost the ids in `gone` and has `ids` now, the one that is written to first."""

    line: Line
    external_id: str
    gone: tuple[str, ...]
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What a provider says of one outgoing message; `ties` are the ids that may name it.

    `kind` is None where the provider does not say which channel it speaks of; `message_id` is
    empty where it names only the job, or our own reference. `cause` is only of failures.
    `line_reference` is the provider's name of the line it speaks of, empty where it says none.
    """

    adapter: str
    kind: ChannelKind | None
    status: Status
    ties: tuple[str, ...]
    at: datetime | None
    message_id: str = ""
    code: str = ""
    detail: str = ""
    cause: Cause | None = None
    line_reference: str = ""


@dataclass(frozen=True, slots=True)
class Watermark:
    """Everything that left for this contact up to `at` has reached this status.

    `line_reference` is as in `StatusReport`.
    """

    adapter: str
    kind: ChannelKind
    contact_id: str
    status: Status
    at: datetime
    line: str = ""
    line_reference: str = ""


@dataclass(frozen=True, slots=True)
class Ignored:
    """An item that is understood well enough to know that it asks for nothing."""

    reason: Reason
    item: str = ""


Parsed = InboundMessage | EchoMessage | PersonMoved | StatusReport | Watermark | Ignored


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """One fact about a send of ours (by `reference`), or about a message known by its id.

    `inferred`: concluded from a watermark; it does not outrank a failure that was reported.
    `channel_key`: said at the address of this channel, so it speaks of no other's messages.
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
    channel_key: str = ""


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
class OutboundFile:
    """A file to send. `key` names it here; `url` is a link the provider can fetch it from.

    The link is made anew for each attempt and ends after half an hour; it is empty before.
    """

    content: Content
    key: str
    name: str
    type: str
    size: int
    url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """A button, or a row of a list. Its `id` comes back as `InboundMessage.button_payload`.

    It goes beside a text that names it too, and is sent only where the channel has such things.
    """

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class OutboundTemplate:
    """A template the provider knows by name and language, and the values of its variables."""

    name: str
    language: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message to one person. Sends of one `stream` leave in the order they were queued.

    `text` is the caption where there is a file, and the words above where there are choices; a
    place and people go without one. `reply_to` is the provider's id of the message answered.
    """

    reference: UUID
    stream: str
    line: Line
    recipient: str
    text: str
    file: OutboundFile | None = None
    template: OutboundTemplate | None = None
    choices: tuple[Choice, ...] = ()
    place: Place | None = None
    people: tuple[Person, ...] = ()
    reply_to: str = ""


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

    def every(self, name: str) -> tuple[str, ...]:
        """The values of a name that may hold two, with a comma between, while one replaces one."""
        return tuple(value for piece in self[name].split(",") if (value := piece.strip()))

    def secrets(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(v for name in names for v in (self[name], *self.every(name)) if v)
