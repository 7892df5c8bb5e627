"""What a sample does not show yet of what its adapter does, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provider.adapter import Adapter
from provider.contracts import (
    Cause,
    Content,
    EchoMessage,
    Ignored,
    InboundMessage,
    Parsed,
    PersonMoved,
    StatusReport,
    Watermark,
)
from provider.errors import (
    AmbiguousError,
    CredentialsError,
    RejectedError,
    TemporaryError,
)
from tests.provider.adapters.samples import Sample, told

# What is looked at of each kind of item, wherever it says something.
_OF_MESSAGES = (
    "line", "text", "sent_at", "content", "media", "place", "people", "reply_to", "aliases",
)  # fmt: skip
ATTRIBUTES: dict[type[Parsed], tuple[str, ...]] = {
    InboundMessage: (*_OF_MESSAGES, "contact_name", "button_payload"),
    EchoMessage: (*_OF_MESSAGES, "author", "author_name", "ties"),
    PersonMoved: ("line", "gone", "ids"),
    StatusReport: (
        "status", "kind", "ties", "at", "message_id", "code", "cause", "line_reference",
    ),
    Watermark: ("status", "kind", "at", "line", "line_reference"),
}  # fmt: skip
SHORTEST = 5  # characters of a recipient that are not found by chance


def name_of(item: Parsed) -> str:
    """The name of an item in `Sample.facts`."""
    _type, external_id, contact = told(item)
    return external_id or contact


def items_of(adapter: Adapter, sample: Sample) -> list[Parsed]:
    return [item for body in sample.bodies for item in adapter.parse(body)]


def lacking(adapter: Adapter, sample: Sample) -> Iterator[str]:
    """What is to be added, a sentence each."""
    items = items_of(adapter, sample)
    if len({contact for _type, _id, contact in sample.items if contact}) < 2:
        yield "bodies: show messages of two people, so that mixing them up is noticed"
    if not any(kind is Ignored for kind, *_ in sample.items):
        yield "bodies: show an item of a kind nobody knows"
    if len(sample.recipient) < SHORTEST:
        yield f"recipient: give one of {SHORTEST} characters or more; it is looked for in errors"
    yield from _kinds(adapter, items)
    yield from _contents(sample, items)
    yield from _facts(sample, items)
    if sample.statuses is None and any(isinstance(i, StatusReport | Watermark) for i in items):
        yield "statuses: show a body for each word of a status, and what it means"
    shown = {kind for _answer, kind, _cause in sample.refusals}
    for kind in {CredentialsError, TemporaryError, RejectedError, AmbiguousError} - shown:
        yield f"refusals: show an answer that is {kind.__name__}"
    for status in {401, 429} - {status for (status, _body), *_ in sample.refusals}:
        yield f"refusals: show what a {status} looks like"
    if type(adapter).locate is not Adapter.locate and sample.media is None:
        yield "media: `locate` is the adapter's own, so show a file and where it is found"


def _kinds(adapter: Adapter, items: list[Parsed]) -> Iterator[str]:
    shown = {item.line.kind for item in items if isinstance(item, InboundMessage)}
    for kind in sorted(adapter.channels - shown):
        yield f"bodies: show a customer's message on {kind}, which `channels` names"


def _contents(sample: Sample, items: list[Parsed]) -> Iterator[str]:
    shown = {item.content for item in items if isinstance(item, InboundMessage)}
    for content in sorted(frozenset(Content) - sample.without - shown):
        yield (
            f"bodies: show a customer's message whose content is {content}, "
            "or name it in `without` where the provider has no such thing"
        )
    for content in sorted(sample.without & shown):
        yield f"without: {content} is shown in a body, so take it out"


def _facts(sample: Sample, items: list[Parsed]) -> Iterator[str]:
    """Whatever an item says is written down once of its kind, and each content and status."""
    said: dict[Any, str] = {}
    written = set()
    for item in items:
        facts = sample.facts.get(name_of(item), {})
        for attribute in ATTRIBUTES.get(type(item), ()):
            value = getattr(item, attribute)
            if not value or value in (Content.TEXT, Cause.OTHER):
                continue
            one = (type(item).__name__, attribute, value if attribute == "content" else "")
            said.setdefault(one, f"{name_of(item)}: {attribute}={value!r}")
            if attribute in facts:
                written.add(one)
    for one in said.keys() - written:
        yield f"facts: write down, of one {one[0]}, what is right; what it says is {said[one]}"
