"""Botmaker's adapter: what each payload of its webhooks means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provider.adapters.botmaker import Botmaker
from provider.contracts import (
    ChannelKind,
    EchoMessage,
    Ignored,
    InboundMessage,
    Line,
    Reason,
    Status,
    StatusReport,
    Watermark,
)
from provider.errors import (
    UnreadableBody,
)
from tests.conftest import examples

PAYLOADS = Path(__file__).parent / "botmaker"
ADAPTER = Botmaker()
WHATSAPP = Line("botmaker", ChannelKind.WHATSAPP, "5541999990000")
NAMED = Line("botmaker", ChannelKind.WHATSAPP, "5541999990000", "acmecrm-whatsapp-5541999990000")


def parsed(name: str) -> list[Any]:
    return ADAPTER.parse((PAYLOADS / f"{name}.json").read_bytes())


INBOUND = [
    ("flat_user_text", "A1B2C3D4E5F6G7H8J9K0", "Bom dia", "text", "", WHATSAPP),
    ("flat_user_button_reply", "B1B2C3D4E5F6G7H8J9K0", "Quero cotar", "text", "", WHATSAPP),
    ("flat_list_reply", "L1B2C3D4E5F6G7H8J9K0", "Falar com atendente", "text", "2", WHATSAPP),
    ("flat_user_audio", "C1B2C3D4E5F6G7H8J9K0", "", "audio", "", WHATSAPP),
    ("flat_user_image_caption", "D1B2C3D4E5F6G7H8J9K0", "foto da fachada", "image", "", WHATSAPP),
    ("flat_user_video", "E1B2C3D4E5F6G7H8J9K0", "", "video", "", WHATSAPP),
    ("flat_user_file", "F1B2C3D4E5F6G7H8J9K0", "", "document", "", WHATSAPP),
    ("flat_user_location", "G1B2C3D4E5F6G7H8J9K0", "", "location", "", WHATSAPP),
    ("flat_user_contacts", "H1B2C3D4E5F6G7H8J9K0", "", "contacts", "", WHATSAPP),
    ("flat_user_unsupported", "J1B2C3D4E5F6G7H8J9K0", "", "unsupported", "", WHATSAPP),
    ("envelope_message_user_text", "A1B2C3D4E5F6G7H8J9K0", "Bom dia", "text", "", NAMED),
    (
        "envelope_message_with_variable_changes",
        "V1B2C3D4E5F6G7H8J9K0",
        "ana@example.com",
        "text",
        "",
        NAMED,
    ),
]


@pytest.mark.parametrize(("name", "external_id", "text", "content", "payload", "line"), INBOUND)
def test_a_customers_message_is_read(
    name: str, external_id: str, text: str, content: str, payload: str, line: Line
) -> None:
    (item,) = parsed(name)
    assert isinstance(item, InboundMessage)
    assert (item.external_id, item.text, item.content) == (external_id, text, content)
    assert (item.button_payload, item.line) == (payload, line)
    assert item.contact_id == "5541988887777"
    assert item.contact_name == "Ana Souza"
    assert item.sent_at is not None


def test_every_message_of_an_envelope_is_read() -> None:
    first, second = parsed("envelope_two_messages")
    assert [first.text, second.text] == ["Bom dia", "Tudo bem?"]
    assert second.external_id == "A2B2C3D4E5F6G7H8J9K0"


def test_the_oldest_format_gets_a_stable_id_of_its_own() -> None:
    (first,), (again,) = parsed("flat_oldest"), parsed("flat_oldest")
    assert first.external_id == again.external_id
    assert first.text == "Bom dia"


def test_an_id_that_is_no_phone_is_kept_exactly_as_it_came() -> None:
    (item,) = parsed("envelope_instagram")
    assert item.contact_id == "1784-abc"
    assert item.line == Line(
        "botmaker",
        ChannelKind.INSTAGRAM,
        "17841400000000001",
        "acmecrm-instagram_chat-17841400000000001",
    )


@pytest.mark.parametrize("written", ["+55 41 98888-7777", "+5541988887777", "55 (41) 98888-7777"])
def test_a_whatsapp_phone_is_kept_as_digits(written: str) -> None:
    body = json.loads((PAYLOADS / "flat_user_text.json").read_text())
    (item,) = ADAPTER.parse(json.dumps({**body, "contactId": written}).encode())
    assert isinstance(item, InboundMessage)
    assert item.contact_id == "5541988887777"


@pytest.mark.parametrize(
    ("name", "author", "text"),
    [
        ("flat_operator_text", "agent", "Segue a proposta."),
        ("flat_operator_file", "agent", ""),
        ("envelope_message_from_template_via_api", "bot", "Ola Ana"),
    ],
)
def test_what_the_company_sent_elsewhere_is_an_echo(name: str, author: str, text: str) -> None:
    (item,) = parsed(name)
    assert isinstance(item, EchoMessage)
    assert (item.author, item.text) == (author, text)


def test_an_echo_carries_every_id_that_may_tie_it() -> None:
    (item,) = parsed("envelope_message_from_template_via_api")
    assert item.ties == ("T1B2C3D4E5F6G7H8J9K0", "wn-5f0c9f3e")


@pytest.mark.parametrize(
    ("name", "status", "ties"),
    [
        (
            "envelope_status_delivered",
            Status.DELIVERED,
            ("T1B2C3D4E5F6G7H8J9K0", "wn-5f0c9f3e"),
        ),
        ("envelope_status_failed", Status.FAILED, ("T1B2C3D4E5F6G7H8J9K0", "wn-5f0c9f3e")),
        # In the short form the id is the message's; in the snapshot it is the customer's.
        ("flat_status_short", Status.DELIVERED, ("R7M2K0PZQ4XJ8WBN5T1C",)),
    ],
)
def test_a_status_names_its_message(name: str, status: Status, ties: tuple[str, ...]) -> None:
    (item,) = parsed(name)
    assert isinstance(item, StatusReport)
    assert (item.status, item.ties) == (status, ties)


def test_a_failed_status_says_why() -> None:
    (item,) = parsed("envelope_status_failed")
    assert (item.code, item.detail) == ("131049.0", "not delivered by Meta")


def test_a_snapshot_is_about_the_last_message_and_not_about_the_customers_id() -> None:
    echo, report, mark = parsed("flat_status_snapshot_delivered")
    assert isinstance(echo, EchoMessage)
    assert isinstance(report, StatusReport)
    assert report.ties == ("R7M2K0PZQ4XJ8WBN5T1C",)
    assert (mark.status, mark.contact_id) == (Status.DELIVERED, "5541988887777")
    assert report.kind is ChannelKind.WHATSAPP


def test_a_snapshot_marks_what_was_received_and_what_was_read() -> None:
    marks = [item for item in parsed("flat_status_snapshot_read") if isinstance(item, Watermark)]
    assert [mark.status for mark in marks] == [Status.DELIVERED, Status.READ]


def test_a_snapshot_whose_last_message_is_the_customers_says_nothing_of_that_message() -> None:
    items = parsed("flat_status_about_customers_message")
    assert [type(item) for item in items] == [Watermark]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("envelope_event", Reason.UNKNOWN_KIND),
        ("envelope_webchat", Reason.UNKNOWN_PLATFORM),
        ("envelope_status_new_word", Reason.UNKNOWN_STATUS),
    ],
)
def test_what_is_not_used_is_ignored_with_its_reason(name: str, reason: Reason) -> None:
    (item,) = parsed(name)
    assert isinstance(item, Ignored)
    assert item.reason == reason


def _mutated(body: Any, rnd: Any) -> Any:
    """The body with one thing dropped, retyped, nested or doubled."""
    if isinstance(body, dict) and body:
        name = rnd.choice(sorted(body))
        kind = rnd.randrange(6)
        changed = dict(body)
        if kind == 0:
            del changed[name]
        elif kind == 1:
            changed[name] = rnd.choice(
                [None, 0, -1, 10**40, 1.5, True, [], {}, "", "\u0000", "é" * 9]
            )
        elif kind == 2:
            changed[name] = [body[name]]
        elif kind == 3:
            changed[name] = {name: body[name]}
        else:
            changed[name] = _mutated(body[name], rnd)
        return changed
    if isinstance(body, list) and body:
        return [_mutated(body[0], rnd), *body]
    return rnd.choice([None, "x" * 300, 7, [body], {"a": body}])


@settings(max_examples=examples(400), deadline=None)
@given(
    st.sampled_from(sorted(p.name for p in PAYLOADS.glob("*.json"))),
    st.randoms(),
    st.integers(1, 4),
)
def test_a_mutated_payload_is_never_an_exception(name: str, rnd: Any, times: int) -> None:
    body = json.loads((PAYLOADS / name).read_text())
    for _ in range(times):
        body = _mutated(body, rnd)
    try:
        ADAPTER.parse(json.dumps(body).encode())
    except UnreadableBody:
        assert not isinstance(body, dict)


@pytest.mark.parametrize(
    "body",
    [b"", b"nope", b"[1]", b'"text"', b"\xff\xfe", b"[" * 100_000, b"1" * 5_000, b'{"a":' * 2_000],
)
def test_a_body_that_is_no_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        ADAPTER.parse(body)


def test_text_no_database_keeps_is_cleaned() -> None:
    body = json.loads((PAYLOADS / "flat_user_text.json").read_text())
    raw = json.dumps({**body, "message": "a\u0000b\ud800c", "fromName": "\u0000"}).encode()
    (item,) = ADAPTER.parse(raw)
    assert isinstance(item, InboundMessage)
    assert item.text == "ab?c"
    assert item.contact_name == ""
