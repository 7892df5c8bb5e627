"""What every adapter asks for one send, tried with a vendor on a port of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provider.adapter import Adapter
from provider.contracts import (
    FILES,
    Cause,
    ChannelKind,
    Content,
    Credentials,
    Extra,
    OutboundFile,
    OutboundTemplate,
)
from provider.errors import ProviderError, RejectedError
from tests.provider.adapters.asking import (
    TYPES,
    answerable,
    answering,
    heard,
    outbound,
    outcome,
    said_of,
    sends,
)
from tests.provider.adapters.samples import CHOICES, LINK, PEOPLE, PLACE, TEXT, Request, Sample
from tests.provider.vendor import Vendor


def test_a_message_that_is_taken_has_its_receipt(
    adapter: Adapter, sample: Sample, vendor: Vendor, live: Credentials
) -> None:
    answering(vendor, sample.taken)
    found = outcome(adapter, outbound(adapter, sample), live)
    assert found == sample.receipt, f"{said_of(found)}, and the sample says {sample.receipt}"
    assert found.external_id or found.job_id
    assert TEXT in heard(vendor), "the text left"
    assert sample.recipient in heard(vendor), "and whom it is for"


def test_each_send_asks_what_the_sample_says(
    adapter: Adapter, sample: Sample, vendor: Vendor, live: Credentials
) -> None:
    wrong = []
    for name, message in sends(adapter, sample, live).items():
        answering(vendor, sample.taken)
        found, said = outcome(adapter, message, live), sample.requests.get(name)
        if isinstance(found, RejectedError) and not vendor.asked:
            if said is not None:
                wrong.append(f"{name}: refused ({found.detail}), and the sample shows a request")
            continue
        asked = requests_of(vendor)
        if len(asked) != 1:
            wrong.append(f"{name}: {len(asked)} requests left, and one is right")
        elif said is None and name != "text" and asked == [sample.requests.get("text")]:
            continue  # the words alone, where there is nothing to tap
        elif said is None:
            wrong.append(f"{name}: the sample shows no request of it; what left is {asked[0]}")
        elif asked != [said]:
            wrong.append(f"{name}: what left is\n  {asked[0]}\nand the sample says\n  {said}")
        elif not sample.access.items() <= vendor.asked[0][1].items():
            wrong.append(f"{name}: of the headers {dict(sample.access)} not all went along")
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def requests_of(vendor: Vendor) -> list[Request]:
    """What was asked of it."""
    asked = zip(vendor.asked, vendor.methods, strict=True)
    return [Request(path, body, method) for (path, _headers, body), method in asked]


def test_its_token_opens_a_send(
    adapter: Adapter, sample: Sample, vendor: Vendor, live: Credentials
) -> None:
    answering(vendor, sample.taken)
    adapter.send(outbound(adapter, sample), live)
    went = repr(vendor.asked)
    used = [n for n in adapter.secret_names if any(s in went for s in live.secrets((n,)))]
    assert bool(used) == bool(adapter.token_name), (
        f"token_name is {adapter.token_name!r}, and the secrets in a request are {used}"
    )
    assert not adapter.token_name or adapter.token_name in used, (
        f"token_name is {adapter.token_name!r}, which is not in a request; these are: {used}"
    )


def test_what_is_typed_leads_to_no_other_place(
    adapter: Adapter, sample: Sample, vendor: Vendor, live: Credentials
) -> None:
    """A credential in an address is quoted: a slash in it is no other path."""
    for name in sample.credentials:
        shapes = []
        for value in ("x", "a/../b?c=d#e"):
            answering(vendor, sample.taken)
            held = Credentials({**live.values, name: value})
            outcome(adapter, outbound(adapter, sample), held)
            shapes.append([(path.count("/"), path.count("?")) for path in vendor.paths])
        assert shapes[0] == shapes[1], f"with 'a/../b?c=d#e' as {name} it asks {vendor.paths}"


def test_a_file_arrives_or_is_refused_and_it_says_which_beforehand(
    adapter: Adapter, sample: Sample, vendor: Vendor, live: Credentials
) -> None:
    for content in FILES:
        answering(vendor, sample.taken)
        file = OutboundFile(content, "k", "a.bin", TYPES[content], 10, LINK)
        found = outcome(adapter, outbound(adapter, sample, text="", file=file), live)
        if isinstance(found, ProviderError):
            assert isinstance(found, RejectedError) and found.cause is Cause.CONTENT, (
                f"{content}: {said_of(found)}; what cannot be sent is refused with Cause.CONTENT"
            )
            assert not vendor.asked, f"{content}: refused, and something left"
            assert not adapter.takes(content, TYPES[content], live), (
                f"takes() says yes to {content}, which is refused once it was uploaded"
            )
        else:
            assert LINK in heard(vendor), f"{content}: the link of the file did not leave"
            assert adapter.takes(content, TYPES[content], live), f"takes() denies {content}"


def test_choices_are_never_refused_and_their_text_is_never_lost(
    adapter: Adapter, sample: Sample, vendor: Vendor, live: Credentials
) -> None:
    answering(vendor, sample.taken)
    found = outcome(adapter, outbound(adapter, sample, choices=CHOICES), live)
    assert found == sample.receipt, f"choices beside a text are no reason for {said_of(found)}"
    assert TEXT in heard(vendor), "the text above the choices did not leave"


def carried(
    adapter: Adapter, kind: ChannelKind, held: Credentials
) -> list[tuple[dict[str, Any], list[str]]]:
    """A message of each such content the adapter says it carries, and what is to arrive of it."""
    people = PEOPLE[: adapter.most_people]
    words = {
        Extra.LOCATION: ["-25.429613", "-49.271348", PLACE.name, PLACE.address],
        Extra.CONTACTS: [word for one in people for word in (one.name, *one.phones)],
    }
    parts: dict[Extra, dict[str, Any]] = {
        Extra.LOCATION: {"text": "", "place": PLACE},
        Extra.CONTACTS: {"text": "", "people": people},
    }
    return [(parts[one], words[one]) for one in words if one in adapter.carries(kind, held)]


def test_a_place_and_people_it_carries_arrive_whole(
    adapter: Adapter, sample: Sample, vendor: Vendor, live: Credentials
) -> None:
    for kind in adapter.channels:
        for parts, words in carried(adapter, kind, live):
            answering(vendor, sample.taken)
            found = outcome(adapter, outbound(adapter, sample, kind, **parts), live)
            assert found == sample.receipt, f"{kind}, {[*parts]}: {said_of(found)}"
            lost = [word for word in words if word not in heard(vendor)]
            assert lost == [], f"{kind}: of {[*parts]} did not leave"


def test_a_reply_it_carries_goes_with_every_content(
    adapter: Adapter, sample: Sample, vendor: Vendor, live: Credentials
) -> None:
    answered = answerable(adapter, sample)
    file = OutboundFile(Content.IMAGE, "k", "a.jpg", TYPES[Content.IMAGE], 10, LINK)
    for kind in adapter.channels:
        if Extra.REPLY not in adapter.carries(kind, live):
            continue
        others = [parts for parts, _words in carried(adapter, kind, live)]
        for parts in [{}, {"text": "", "file": file}, *others]:
            said = []
            for reply_to in ("", answered):
                answering(vendor, sample.taken)
                message = outbound(adapter, sample, kind, **parts)
                adapter.send(replace(message, reply_to=reply_to), live)
                said.append(heard(vendor))
            # On Telegram it is named by the part that counts within the chat.
            assert said[0] != said[1] and answered.rpartition(":")[2] in said[1], (
                f"{kind}: with {[*parts]} it does not say that it answers {answered}"
            )


def test_a_reply_it_does_not_carry_is_a_plain_text(
    adapter: Adapter, sample: Sample, vendor: Vendor, live: Credentials
) -> None:
    for kind in adapter.channels:
        for unknown in ("", "made up by nobody"):
            answering(vendor, sample.taken)
            message = outbound(adapter, sample, kind, reply_to=unknown)
            found = outcome(adapter, message, live)
            assert found == sample.receipt, f"{kind}, reply_to={unknown!r}: {said_of(found)}"
            assert TEXT in heard(vendor), f"{kind}, reply_to={unknown!r}: the text did not leave"


def test_a_template_is_named_or_refused(
    adapter: Adapter, sample: Sample, vendor: Vendor, live: Credentials
) -> None:
    answering(vendor, sample.taken)
    template = OutboundTemplate("boas_vindas", "pt_BR", {"nome": "Ana"})
    found = outcome(adapter, outbound(adapter, sample, template=template), live)
    if isinstance(found, ProviderError):
        assert isinstance(found, RejectedError) and found.cause is Cause.TEMPLATE, (
            f"{said_of(found)}; a template that cannot be sent is refused with Cause.TEMPLATE"
        )
        assert not vendor.asked, "refused, and something left"
    else:
        assert "boas_vindas" in heard(vendor), "the name of the template did not leave"
