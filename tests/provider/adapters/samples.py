"""What an adapter shows of its provider, so that the contract suite can try it from outside."""

from __future__ import annotations

import hashlib
import hmac
import importlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from isobot import env
from provider.adapter import Adapter
from provider.contracts import (
    Cause,
    Choice,
    Content,
    Credentials,
    EchoMessage,
    Ignored,
    InboundMessage,
    Located,
    Media,
    OutboundFile,
    OutboundTemplate,
    Parsed,
    Person,
    PersonMoved,
    Place,
    Receipt,
    Status,
    StatusReport,
    Watermark,
)
from provider.errors import ProviderError

Answer = tuple[int, Any]  # a status, and JSON or bytes

# What the suite sends, by the names of `Sample.requests`.
TEXT, LINK = "what is said to nobody else", "https://isobot.example/file/1"
REFERENCE = uuid.UUID(int=7)
LINE = "5541999990000"  # the line it leaves by, `message.line.line`
FILE = OutboundFile(Content.IMAGE, "k", "a.jpg", "image/jpeg", 10, LINK)  # with TEXT below it
CHOICES = (Choice("1", "Segunda via"), Choice("2", "Atendente"))
TEMPLATE = OutboundTemplate("boas_vindas", "pt_BR", {"nome": "Ana"})
PLACE = Place(-25.429613, -49.271348, "Matriz", "Praça Tiradentes, 1")
PEOPLE = tuple(
    Person(f"Zé {n}", (f"+55 41 9888{n}-0001", f"+55 41 9888{n}-0002")) for n in range(3)
)


@dataclass(frozen=True)
class Request:
    """What is asked for one send: a path below the vendor's host, and the JSON of the body."""

    path: str
    payload: Any
    method: str = "POST"


@dataclass(frozen=True)
class Sample:
    """See docs/adding-a-provider.md. Names and numbers in it are invented.

    `credentials` are all but the addresses, which are the fake vendor's. `bodies` are webhooks:
    messages of two people, a status where the provider has them, an item of an unknown kind.
    `headers` proves where a body comes from; `signs` where that covers the body. `items` are what
    all bodies say, in order, as (type, id, contact). `taken` answers a send, whose receipt is
    `receipt`; `refusals` are answers that are none, with the class and the cause of their error.

    `facts` are what some of the items say besides, by their id (a watermark's is its contact), as
    attributes and values. `without` are the contents its customers cannot send; each other one is
    shown. `statuses` makes a body that reports one status in the provider's word, and says what
    each word means. `own_line` is what the credentials say of their line. `access` are the headers
    that open a request; `requests` are the requests for what the constants above say, by name:
    "text", "file", "choices", "template", "place", "people", "reply" (which answers the first
    message of the recipient). `media` is a file that came, what is answered when it is looked for,
    and where it is then. "VENDOR" in an answer or a `media` is the vendor's own address.
    """

    credentials: Mapping[str, str]
    bodies: tuple[bytes, ...]
    headers: Callable[[bytes, Credentials], dict[str, str]]
    items: list[tuple[type[Parsed], str, str]]
    recipient: str
    taken: Answer
    receipt: Receipt
    refusals: list[tuple[Answer, type[ProviderError], Cause | None]]
    signs: bool = False
    challenge: tuple[Mapping[str, str], str, str] | None = None  # query, name of its word, echo
    renewed: tuple[Answer, Mapping[str, str]] | None = None
    templates: tuple[Answer, tuple[str, ...]] | None = None
    media: tuple[Media, Answer, Located] | None = None
    hosts: tuple[str, ...] = ()  # the provider's own; ".a.example" is also those below it
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    without: frozenset[Content] = frozenset()
    statuses: tuple[Callable[[str], bytes], Mapping[str, Status]] | None = None
    own_line: tuple[str, str] = ("", "")
    access: Mapping[str, str] = field(default_factory=dict)
    requests: Mapping[str, Request] = field(default_factory=dict)


def sample_of(adapter: Adapter) -> Sample:
    """Raises LookupError, with what to write, where there is none."""
    name = f"tests.provider.adapters.{adapter.slug}.sample"
    try:
        found: Sample = importlib.import_module(name).SAMPLE
    except ModuleNotFoundError:
        raise LookupError(
            f"{adapter.slug} has no sample: write {name.replace('.', '/')}.py, "
            "as docs/adding-a-provider.md tells"
        ) from None
    return found


def is_address(place: str) -> bool:
    return place.startswith(("setting:", "https://"))


def path_of(place: str) -> str:
    """What stands behind the host of the address that is used where nobody sets another."""
    name = place.removeprefix("setting:")
    return urlsplit(env.USUAL_ADDRESSES.get(name, place)).path.rstrip("/")


def told(item: Parsed) -> tuple[type[Parsed], str, str]:
    """An item as a row of `Sample.items`."""
    match item:
        case InboundMessage() | EchoMessage():
            return type(item), item.external_id, item.contact_id
        case PersonMoved():
            return type(item), item.external_id, item.ids[0]
        case StatusReport():
            return type(item), item.ties[0], ""
        case Watermark():
            return type(item), "", item.contact_id
        case Ignored():
            return type(item), item.item, ""
    raise TypeError(f"{item!r} is no item")


def meta_headers(body: bytes, credentials: Credentials) -> dict[str, str]:
    """How Meta signs."""
    made = hmac.new(credentials["app_secret"].encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={made}"}
