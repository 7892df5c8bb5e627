"""What every adapter makes of a webhook, tried from outside with the sample it ships."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from itertools import zip_longest
from typing import Any, get_args

import pytest
import time_machine

from provider.adapter import Adapter
from provider.channels import bare_id
from provider.contracts import (
    FILES,
    Content,
    Credentials,
    EchoMessage,
    InboundMessage,
    Line,
    Parsed,
    StatusReport,
    storable,
)
from provider.errors import ForgedWebhook, UnreadableBody
from tests.garbage import OTHERS, places
from tests.provider.adapters.samples import Sample, told

NOBODY = Credentials({})
FOREIGN = ["", "x", "ção", "\udce9", "sha256=", "Bearer "]
FORMATTED = "+55 (41) 99999-0000"  # a number as people write it


def items(adapter: Adapter, body: bytes) -> list[tuple[type[Parsed], str, str]]:
    return [told(item) for item in adapter.parse(body)]


def test_what_the_provider_posts_is_authentic(
    adapter: Adapter, sample: Sample, held: Credentials
) -> None:
    for body in sample.bodies:
        adapter.verify(body, sample.headers(body, held), held)
    # A proof is of the bytes as they came, white space and all.
    body = b" " + sample.bodies[0] + b"\n"
    adapter.verify(body, sample.headers(body, held), held)


def test_two_secrets_hold_while_one_replaces_the_other(
    adapter: Adapter, sample: Sample, held: Credentials
) -> None:
    if not sample.signs:
        pytest.skip("nothing is signed")
    body = sample.bodies[0]
    proof = sample.headers(body, held)
    for name in adapter.secret_names:
        for both in (f"{held[name]},another", f"another,{held[name]}"):
            adapter.verify(body, proof, Credentials({**held.values, name: both}))


def forged(adapter: Adapter, body: bytes, headers: dict[str, str], held: Credentials) -> None:
    try:
        adapter.verify(body, headers, held)
    except ForgedWebhook:
        return
    pytest.fail(f"forged, and taken for authentic: {headers} beside {body!r:.300}")


def test_another_proof_is_forged(adapter: Adapter, sample: Sample, held: Credentials) -> None:
    body = sample.bodies[0]
    right = sample.headers(body, held)
    for name, value in right.items():
        for wrong in [*FOREIGN, value[:-1], value + "x", f"{value[:-1]}~", value.swapcase()]:
            forged(adapter, body, {**right, name: wrong}, held)
        forged(adapter, body, {other: right[other] for other in right if other != name}, held)
    forged(adapter, body, {}, held)


def test_a_body_with_one_other_byte_is_forged(
    adapter: Adapter, sample: Sample, held: Credentials
) -> None:
    if not sample.signs:
        pytest.skip("the proof does not cover the body")
    for body in sample.bodies:
        right = sample.headers(body, held)
        forged(adapter, body[:-1] + bytes([body[-1] ^ 1]), right, held)
        forged(adapter, b"", right, held)


def test_a_proof_made_without_a_secret_is_forged(
    adapter: Adapter, sample: Sample, held: Credentials
) -> None:
    for body in (*sample.bodies, b""):
        for proof in (sample.headers(body, NOBODY), sample.headers(body, held)):
            forged(adapter, body, proof, NOBODY)
    body = sample.bodies[0]
    empty = sample.headers(b"", held)
    if sample.signs:
        forged(adapter, body, empty, held)
        forged(adapter, body, sample.headers(body, NOBODY), held)


def test_every_item_is_told_in_order(adapter: Adapter, sample: Sample) -> None:
    found = [item for body in sample.bodies for item in items(adapter, body)]
    for number, (one, right) in enumerate(zip_longest(found, sample.items)):
        assert one == right, f"item {number} is told as {one}, and the sample says {right}"


def look_at(adapter: Adapter, parsed: Any, body: bytes) -> None:
    """What holds of every answer of `parse`."""
    assert isinstance(parsed, list), f"parse answers a list, and not {parsed!r}"
    wrong = [(item, why) for item in parsed for why in wrong_with(adapter, item)]
    for item, why in wrong:
        pytest.fail(f"{why}\n  item: {item!r}\n  body: {body.decode(errors='replace')[:2000]}")


def wrong_with(adapter: Adapter, item: Any) -> Iterator[str]:
    """What no item may be, in sentences."""
    if not isinstance(item, get_args(Parsed)):
        yield "this is no item of provider.contracts"
        return
    if isinstance(item, StatusReport) and not (item.ties and all(item.ties)):
        yield "a status has ties, and none of them is empty"
    if isinstance(item, EchoMessage) and item.author not in ("bot", "agent"):
        yield f'the author of an echo is "bot" or "agent", and not {item.author!r}'
    if isinstance(item, InboundMessage | EchoMessage):
        yield from wrong_with_content(item)
    yield from wrong_with_place(adapter, item)
    for value in values(asdict(item)):
        if isinstance(value, str) and value != storable(value):
            yield f"the text {value!r} did not pass through storable"
        if isinstance(value, datetime) and value.tzinfo is None:
            yield f"the time {value} has no zone"


def wrong_with_place(adapter: Adapter, item: Any) -> Iterator[str]:
    """Of which adapter, channel and line it says it is."""
    line, kind = getattr(item, "line", None), getattr(item, "kind", None)
    slug = line.adapter if isinstance(line, Line) else getattr(item, "adapter", adapter.slug)
    if slug != adapter.slug:
        yield f"it calls its adapter {slug!r}"
    if kind is not None and kind not in adapter.channels:
        yield f"its kind {kind!r} is not among `channels`"
    if isinstance(line, Line):
        yield from wrong_with_ids(adapter, item, line)


def wrong_with_ids(adapter: Adapter, item: Any, line: Line) -> Iterator[str]:
    if not item.external_id:
        yield "its id is empty: without one it is Ignored"
    if line.kind not in adapter.channels:
        yield f"its kind {line.kind!r} is not among `channels`"
    elif line.line != bare_id(line.kind, line.line):
        yield f"its line {line.line!r} did not pass through bare_id"
    contact = getattr(item, "contact_id", "-")
    if not contact:
        yield "nobody wrote it: without a contact it is Ignored"
    elif contact != bare_id(line.kind, contact):
        yield f"its contact {contact!r} did not pass through bare_id"


def wrong_with_content(item: InboundMessage | EchoMessage) -> Iterator[str]:
    """The table of contents in docs/adding-a-provider.md."""
    first = item.media[0].content if item.media else None
    if first is not None and item.content is not first:
        yield f"it has a file that is {first}, and its content is {item.content}"
    goes_with = {
        **dict.fromkeys(FILES, "media"),
        Content.TEXT: "text",
        Content.LOCATION: "place",
        Content.CONTACTS: "people",
    }.get(item.content)
    if goes_with and not getattr(item, goes_with):
        yield f"its content is {item.content}, and it has no {goes_with}: it is UNSUPPORTED"
    for media in item.media:
        size = media.size
        if size is not None and (type(size) is not int or size < 0):
            yield f"the size of a file is a number of bytes or None, and not {size!r}"


def values(found: Any) -> Iterator[Any]:
    parts = found.values() if isinstance(found, dict) else found
    for part in parts:
        if isinstance(part, dict | list | tuple):
            yield from values(part)
        else:
            yield part


def test_what_it_tells_can_be_kept(adapter: Adapter, sample: Sample) -> None:
    for body in sample.bodies:
        look_at(adapter, adapter.parse(body), body)


def test_it_tells_the_same_each_time(adapter: Adapter, sample: Sample) -> None:
    """Replay applies items by their number and messages by their id, years later too."""
    for body in (*sample.bodies, *changed(sample, None)):
        try:
            first = adapter.parse(body)
        except UnreadableBody:
            continue
        with time_machine.travel("2031-05-06T07:08:09Z", tick=False):
            assert adapter.parse(body) == first, f"read anew years later, {body!r:.2000}"


def changed(sample: Sample, *others: Any) -> Iterator[bytes]:
    """The sample's bodies with each part of them in turn something else."""
    for body in sample.bodies:
        data = json.loads(body)
        for number in range(len(list(places(data)))):
            for other in others:
                copied = copy.deepcopy(data)
                holder, key = list(places(copied))[number]
                holder[key] = copy.deepcopy(other)
                yield json.dumps(copied).encode()


def test_whatever_stands_in_a_body_it_is_items_or_unreadable(
    adapter: Adapter, sample: Sample
) -> None:
    for body in changed(sample, *OTHERS, FORMATTED):
        try:
            parsed = adapter.parse(body)
        except UnreadableBody:
            continue
        look_at(adapter, parsed, body)


def test_texts_no_database_keeps_are_cleaned(adapter: Adapter, sample: Sample) -> None:
    for plain_body in sample.bodies:
        data = json.loads(plain_body)
        for holder, key in list(places(data)):
            if not isinstance(holder[key], str):
                continue
            plain = holder[key]
            holder[key] = plain + "\x00\ud800"
            body = json.dumps(data).encode()
            look_at(adapter, adapter.parse(body), body)
            holder[key] = plain


def test_a_broken_item_takes_no_other_with_it(adapter: Adapter, sample: Sample) -> None:
    for body in sample.bodies:
        data = json.loads(body)
        for holder, index in list(places(data)):
            if not isinstance(holder, list) or len(holder) < 2:
                continue
            plain = holder.pop(index)
            others = items(adapter, json.dumps(data).encode())
            for broken in [None, "?", 7, {}, [], *inside(plain)]:
                holder.insert(index, broken)
                left = iter(items(adapter, json.dumps(data).encode()))
                lost = [other for other in others if other not in left]
                assert lost == [], f"with {broken!r:.300} among them, others are not told: {lost}"
                holder.pop(index)
            holder.insert(index, plain)


def inside(plain: Any) -> Iterator[Any]:
    """The item with one part of it broken or missing."""
    if isinstance(plain, dict):
        for key in plain:
            yield {name: value for name, value in plain.items() if name != key}
            for other in (None, "", 7, {}, [], "of the future"):
                yield {**plain, key: other}


def test_an_event_keeps_no_header_that_opens(
    adapter: Adapter, sample: Sample, held: Credentials
) -> None:
    proofs = {name.lower() for name in sample.headers(sample.bodies[0], held)}
    kept = set(adapter.event_headers)
    assert kept == {name.lower() for name in kept}
    assert not kept & {*proofs, "authorization", "cookie", "proxy-authorization"}


def test_an_address_is_confirmed_to_who_knows_the_word_and_nobody_else(
    adapter: Adapter, sample: Sample, held: Credentials
) -> None:
    if sample.challenge is None:
        with pytest.raises(NotImplementedError):
            adapter.challenge({}, held)
        return
    query, word, echo = sample.challenge
    found = adapter.challenge(query, held)
    assert found == echo, f"asked {dict(query)} it echoes {found!r}, and the sample says {echo!r}"
    for wrong in FOREIGN:
        assert adapter.challenge({**query, word: wrong}, held) is None, f"with the word {wrong!r}"
    assert adapter.challenge({}, held) is None, "without any word"
    for given in (query, {**query, word: ""}, {n: v for n, v in query.items() if n != word}):
        assert adapter.challenge(given, NOBODY) is None, f"no word is set, and given is {given}"
