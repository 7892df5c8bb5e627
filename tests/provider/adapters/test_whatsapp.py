"""WhatsApp's own API: what each webhook means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from provider.contracts import (
    Cause,
    ChannelKind,
    Content,
    EchoMessage,
    Ignored,
    InboundMessage,
    Media,
    Person,
    PersonMoved,
    Place,
    Reason,
    Status,
    StatusReport,
)
from provider.errors import UnreadableBody
from tests.provider.adapters.mutations import survives
from tests.provider.adapters.whatsapp_account import (
    ADAPTER,
    ANA,
    HIDDEN,
    LINE,
    OURS,
    A,
    D,
    I,
    V,
)

PAYLOADS = Path(__file__).parent / "whatsapp"


def parsed(name: str) -> list[Any]:
    return ADAPTER.parse((PAYLOADS / f"{name}.json").read_bytes())


def media(content: Content, number: int, type: str, name: str = "") -> tuple[Media, ...]:
    return (Media(content, f"65430000000000{number}", name, type),)


CARDS = (
    Person("Bruno Reis", ("+55 41 97777-1111",), ("bruno@empresa.example",)),
    Person("Caio Melo", ("5541966661111",)),
    Person(""),
)
INBOUND: list[tuple[str, str, Content, dict[str, Any]]] = [
    ("text", "Olá, tudo bem? 👋", Content.TEXT, {}),
    ("image", "a fachada", I, {"media": media(I, 1, "image/jpeg")}),
    ("video", "", V, {"media": media(V, 2, "video/mp4")}),
    ("audio_voice_note", "", A, {"media": media(A, 3, "audio/ogg; codecs=opus")}),
    ("voice_of_old", "", A, {"media": media(A, 4, "audio/ogg")}),
    ("document", "segue", D, {"media": media(D, 5, "application/pdf", "orçamento.pdf")}),
    ("document_without_name", "", D, {"media": media(D, 6, "application/pdf")}),
    ("sticker", "", I, {"media": media(I, 7, "image/webp")}),
    (
        "location", "", Content.LOCATION,
        {"place": Place(-25.4284, -49.2733, "Matriz", "Rua XV, 100")},
    ),
    ("location_zero", "", Content.LOCATION, {"place": Place(0.0, 0.0)}),
    ("contacts", "", Content.CONTACTS, {"people": CARDS}),
    (
        "contact_shared_by_himself", "", Content.CONTACTS,
        {"people": (Person("", ("+5541988887777",)),)},
    ),
    (
        "button_reply", "Falar com atendente", Content.TEXT,
        {"button_payload": "2", "reply_to": "wamid.OUT1"},
    ),
    (
        "list_reply", "Segunda via", Content.TEXT,
        {"button_payload": "1", "reply_to": "wamid.OUT1"},
    ),
    ("form_reply", "Enviado", Content.TEXT, {}),
    ("call_permission_reply", "", Content.UNSUPPORTED, {}),
    ("template_button", "Quero", Content.TEXT, {"button_payload": "quero"}),
    ("order", "para hoje\n2 × SKU-1\n1 × SKU-2", Content.TEXT, {}),
    ("unsupported", "", Content.UNSUPPORTED, {}),
    ("media_that_failed", "legenda", I, {"media": media(I, 8, "image/jpeg")}),
    ("media_without_id", "legenda", Content.UNSUPPORTED, {}),
    ("of_the_future", "", Content.UNSUPPORTED, {}),
    ("reply", "esta aqui", Content.TEXT, {"reply_to": "wamid.OUT1"}),
    ("forwarded", "encaminhada", Content.TEXT, {}),
    ("from_an_ad", "Vi o anúncio", Content.TEXT, {}),
    (
        "without_a_phone", "Oi", Content.TEXT,
        {"contact_id": HIDDEN, "contact_name": "ana.souza"},
    ),
    ("user_id_in_from", "Oi", Content.TEXT, {"contact_id": HIDDEN}),
]  # fmt: skip
STATUSES: list[tuple[str, Status, tuple[str, ...], str, Cause | None]] = [
    ("status_sent", Status.SENT, ("wamid.OUT1", OURS), "", None),
    ("status_delivered", Status.DELIVERED, ("wamid.OUT1",), "", None),
    ("status_read", Status.READ, ("wamid.OUT1",), "", None),
    ("status_played", Status.READ, ("wamid.OUT1",), "", None),
    ("status_failed", Status.FAILED, ("wamid.OUT1", OURS), "131047", Cause.WINDOW),
    ("status_failed_recipient", Status.FAILED, ("wamid.OUT1",), "131026", Cause.RECIPIENT),
    ("status_failed_without_errors", Status.FAILED, ("wamid.OUT1",), "", None),
    ("status_without_a_phone", Status.SENT, ("wamid.OUT1",), "", None),
]
ECHOES = [
    ("echo", ANA, "Respondi pelo celular", Content.TEXT),
    ("echo_without_a_phone", HIDDEN, "", I),
]
MOVES = [
    ("number_changed", (ANA, HIDDEN), ("5541966660000", "BR.9")),
    ("user_id_changed", (HIDDEN,), (ANA, "BR.9")),
    ("user_id_changed_without_a_phone", (HIDDEN,), ("BR.9",)),
]
IGNORED = [
    ("reaction", Reason.REACTION),
    ("reaction_removed", Reason.REACTION),
    ("edit", Reason.EDITED),
    ("revoke", Reason.EDITED),
    ("echo_revoked", Reason.EDITED),
    ("identity_changed", Reason.NOTICE),
    ("request_welcome", Reason.NOTICE),
    ("errors_alone", Reason.NOTICE),
    ("field_message_template_status_update", Reason.NOTICE),
    ("field_phone_number_quality_update", Reason.NOTICE),
    ("field_account_update", Reason.NOTICE),
    ("field_history", Reason.NOTICE),
    ("group", Reason.UNKNOWN_KIND),
    ("another_object", Reason.UNKNOWN_KIND),
    ("status_unknown", Reason.UNKNOWN_STATUS),
    ("without_sender", Reason.NO_SENDER),
    ("empty", Reason.EMPTY),
]


@pytest.mark.parametrize(("name", "text", "content", "more"), INBOUND)
def test_a_customers_message_is_read(
    name: str, text: str, content: Content, more: dict[str, Any]
) -> None:
    (item,) = parsed(name)
    assert isinstance(item, InboundMessage)
    assert (item.line, item.external_id) == (LINE, "wamid.IN1")
    assert item.sent_at is not None and item.sent_at.timestamp() == 1763640311
    expected = {
        "contact_id": ANA, "contact_name": "Ana Souza", "media": (), "place": None, "people": (),
        "reply_to": "", "button_payload": "", "text": text, "content": content, **more,
    }  # fmt: skip
    assert {field: getattr(item, field) for field in expected} == expected


@pytest.mark.parametrize(("name", "status", "ties", "code", "cause"), STATUSES)
def test_a_status_is_read(
    name: str, status: Status, ties: tuple[str, ...], code: str, cause: Cause | None
) -> None:
    (item,) = parsed(name)
    assert isinstance(item, StatusReport)
    assert (item.status, item.ties, item.code, item.cause) == (status, ties, code, cause)
    assert (item.message_id, item.kind) == ("wamid.OUT1", ChannelKind.WHATSAPP)


def test_a_failure_is_told_in_the_fuller_words() -> None:
    assert parsed("status_failed")[0].detail.startswith("More than 24 hours have passed")


@pytest.mark.parametrize(("name", "contact_id", "text", "content"), ECHOES)
def test_what_the_phone_sent_is_an_echo(
    name: str, contact_id: str, text: str, content: Content
) -> None:
    (item,) = parsed(name)
    assert isinstance(item, EchoMessage)
    found = (item.line, item.contact_id, item.text, item.content, item.author)
    assert found == (LINE, contact_id, text, content, "agent")


@pytest.mark.parametrize(
    ("name", "aliases"),
    [("text", (HIDDEN,)), ("without_a_phone", ()), ("user_id_in_from", ()), ("echo", (HIDDEN,))],
)
def test_every_id_of_a_person_is_told(name: str, aliases: tuple[str, ...]) -> None:
    (item,) = parsed(name)
    assert item.aliases == aliases


@pytest.mark.parametrize(("name", "gone", "ids"), MOVES)
def test_a_change_of_number_or_id_says_from_what_to_what(
    name: str, gone: tuple[str, ...], ids: tuple[str, ...]
) -> None:
    assert parsed(name) == [PersonMoved(LINE, "wamid.IN1", gone, ids)]


@pytest.mark.parametrize(("name", "reason"), IGNORED)
def test_what_asks_for_nothing_has_its_reason(name: str, reason: Reason) -> None:
    (item,) = parsed(name)
    assert isinstance(item, Ignored)
    assert item.reason is reason


def test_nothing_of_a_batch_is_lost() -> None:
    items = parsed("batch")
    names = [type(item).__name__ for item in items]
    assert names == [
        *["InboundMessage"] * 2, *["StatusReport"] * 2, "Ignored", "InboundMessage", "Ignored",
    ]  # fmt: skip
    people = [(item.external_id, item.contact_name) for item in items[:2]]
    assert people == [("wamid.B1", "Ana"), ("wamid.B2", "Bia")]
    assert items[5].line.reference == "106540000000002"


def test_every_payload_is_in_a_table() -> None:
    told = {row[0] for table in (INBOUND, STATUSES, ECHOES, MOVES, IGNORED) for row in table} | {
        "batch"
    }
    assert told == {path.stem for path in PAYLOADS.glob("*.json")}


def test_a_changed_payload_breaks_nothing() -> None:
    survives(ADAPTER, PAYLOADS, seed=11)


@pytest.mark.parametrize("body", [b"[]", b"1", b"{", b'{"object": ' + b"9" * 5000 + b"}"])
def test_what_is_no_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        ADAPTER.parse(body)


def test_three_megabytes_are_read() -> None:
    body = json.loads((PAYLOADS / "text.json").read_bytes())
    messages = body["entry"][0]["changes"][0]["value"]["messages"]
    messages[:] = [{**messages[0], "text": {"body": "ç" * 500}} for _ in range(1000)]
    raw = json.dumps(body).encode()
    assert len(raw) > 3_000_000
    assert len(ADAPTER.parse(raw)) == 1000
