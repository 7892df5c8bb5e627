"""Messenger's adapter: what each payload of its webhooks means."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from provider.adapters.messenger import Messenger
from provider.contracts import (
    ChannelKind,
    Content,
    EchoMessage,
    Ignored,
    InboundMessage,
    Line,
    Media,
    Parsed,
    Place,
    Reason,
    Status,
    StatusReport,
    Watermark,
)
from provider.errors import UnreadableBody
from tests.provider.adapters.mutations import survives

PAYLOADS = Path(__file__).parent / "messenger"
ADAPTER = Messenger()
PAGE, PERSON = "111222333444555", "7001002003004005"
LINE = Line("messenger", ChannelKind.MESSENGER, PAGE, PAGE)
OTHER_PAGE = Line("messenger", ChannelKind.MESSENGER, "999888777", "999888777")
AT = datetime(2025, 11, 24, 16, 0, tzinfo=UTC)
BEFORE = AT - timedelta(seconds=1)
CDN = "https://cdn.example/v/"

WROTE = InboundMessage(LINE, "m_1", PERSON, "", "", AT)
ECHO = EchoMessage(LINE, "m_OUT", PERSON, "agent", "", "", AT, ties=("m_OUT",))


def wrote(text: str = "", content: Content = Content.TEXT, **fields: Any) -> InboundMessage:
    return replace(WROTE, text=text, content=content, **fields)


def sent_file(content: Content, name: str) -> InboundMessage:
    return wrote(content=content, media=(Media(content, CDN + name),))


def unused(item: str, reason: Reason = Reason.UNKNOWN_KIND) -> Ignored:
    return Ignored(reason, item)


def delivered(mid: str) -> StatusReport:
    ties = (mid,)
    report = StatusReport("messenger", ChannelKind.MESSENGER, Status.DELIVERED, ties, AT, mid)
    return replace(report, line_reference=PAGE)


def mark(status: Status) -> Watermark:
    reached = Watermark("messenger", ChannelKind.MESSENGER, PERSON, status, BEFORE)
    return replace(reached, line_reference=PAGE)


STICKER = sent_file(Content.IMAGE, "joia.png")
HOUSE = Place(-25.43, -49.27, "Casa da Ana")

CASES: dict[str, list[Parsed]] = {
    "text": [wrote("Bom dia\nvocês abrem hoje? 😀")],
    "quick_reply": [wrote("Falar com atendente", button_payload="2")],
    "image": [sent_file(Content.IMAGE, "foto.jpg?oh=1")],
    "audio": [sent_file(Content.AUDIO, "voz.mp4")],
    "video": [sent_file(Content.VIDEO, "filme.mp4")],
    "file": [sent_file(Content.DOCUMENT, "pedido.pdf")],
    "several_with_text": [
        wrote(
            "as duas fotos e a nota",
            Content.IMAGE,
            media=(
                Media(Content.IMAGE, CDN + "1.jpg"),
                Media(Content.IMAGE, CDN + "2.jpg"),
                Media(Content.DOCUMENT, CDN + "nota.pdf"),
            ),
        )
    ],
    "media_without_url": [wrote(content=Content.UNSUPPORTED)],
    "sticker": [STICKER],
    "sticker_old_form": [STICKER],
    "link_share": [wrote("olha https://loja.example/p/7\nCadeira azul")],
    "fallback_without_payload": [wrote("Cadeira azul")],
    "fallback_empty": [wrote(content=Content.UNSUPPORTED)],
    "post": [wrote("Promoção\nhttps://social.example/posts/1")],
    "reel": [wrote("Como montar\nhttps://social.example/reel/1")],
    "ig_reel": [wrote("https://social.example/reel/2")],
    "ig_post": [wrote("Novidade\nhttps://social.example/p/2")],
    "template": [wrote("Pedido 15")],
    "appointment_booking": [wrote("Visita sexta 10h")],
    "unknown_attachment": [wrote("Cubo\nhttps://social.example/h/1", Content.UNSUPPORTED)],
    "unknown_attachment_with_text": [wrote("veja", Content.UNSUPPORTED)],
    "nothing_in_it": [wrote(content=Content.UNSUPPORTED)],
    "location": [wrote(content=Content.LOCATION, place=HOUSE)],
    "location_out_of_the_world": [wrote("Casa da Ana", Content.UNSUPPORTED)],
    "reply": [wrote("esse mesmo", reply_to="m_0")],
    "advertisement": [wrote("Quero saber do anúncio")],
    "echo_own": [replace(ECHO, text="Olá", ties=("m_OUT", "00000000-0000-0000-0000-000000000007"))],
    "echo_inbox": [replace(ECHO, text="Já respondo")],
    "echo_media": [
        replace(ECHO, content=Content.IMAGE, media=(Media(Content.IMAGE, CDN + "tabela.png"),))
    ],
    "edit": [unused("message_edit")],
    "reaction": [unused("reaction")],
    "unreact": [unused("reaction")],
    "postback": [wrote("Começar", external_id="m_P", button_payload="GET_STARTED")],
    "postback_of_an_option": [
        wrote("Falar com atendente", external_id="m_P", button_payload="2"),
    ],
    "referral": [unused("referral")],
    "referral_in_seconds": [unused("referral")],
    "optin": [unused("optin")],
    "optin_notification": [unused("optin")],
    "delivery": [delivered("m_OUT"), delivered("m_OUT2")],
    "delivery_watermark_only": [mark(Status.DELIVERED)],
    "read": [mark(Status.READ)],
    "read_without_watermark": [Ignored(Reason.EMPTY)],
    "unsend": [unused("m_1")],
    "standby": [unused("m_1"), unused("standby")],
    "pass_thread_control": [unused("pass_thread_control")],
    "take_thread_control": [unused("take_thread_control")],
    "policy_enforcement": [unused("policy_enforcement")],
    "account_linking": [unused("account_linking")],
    "feedback": [unused("messaging_feedback")],
    "no_sender": [unused("m_1", Reason.NO_SENDER)],
    "change_feed": [unused("feed")],
    "change_message": [wrote("teste do painel")],
    "other_object": [unused("instagram", Reason.UNKNOWN_PLATFORM)],
    "empty": [Ignored(Reason.EMPTY)],
    "batch": [
        wrote("um"),
        wrote("dois", external_id="m_2"),
        mark(Status.READ),
        unused("m_1"),
        unused("feed"),
        wrote("três", external_id="m_3", contact_id="7009", line=OTHER_PAGE),
        Ignored(Reason.UNKNOWN_KIND),
        Ignored(Reason.UNKNOWN_KIND),
    ],
}


def parsed(name: str) -> list[Parsed]:
    return ADAPTER.parse((PAYLOADS / f"{name}.json").read_bytes())


@pytest.mark.parametrize("name", CASES)
def test_a_webhook_says_this(name: str) -> None:
    assert parsed(name) == CASES[name]


def test_a_tapped_button_without_an_id_gets_the_same_one_each_time() -> None:
    (first,), (again,) = parsed("postback_without_mid"), parsed("postback_without_mid")
    assert isinstance(first, InboundMessage)
    assert (first.text, first.button_payload) == ("Ver menu", "MENU")
    assert first == again
    assert len(first.external_id) == 64


def test_every_payload_is_in_the_table() -> None:
    files = {path.stem for path in PAYLOADS.glob("*.json")}
    assert files == {*CASES, "postback_without_mid"}


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        (1764000000123, datetime(2025, 11, 24, 16, 0, 0, 123000, tzinfo=UTC)),
        (1764000000, AT),
        ("1764000000", AT),
        ("1764000000000", AT),
        (0, None),
        (-5, None),
        (True, None),
        ("soon", None),
        (1.5, None),
        (10**30, None),
        (None, None),
    ],
)
def test_a_time_is_in_milliseconds_or_seconds_or_not_known(
    written: Any, moment: datetime | None
) -> None:
    body = json.loads((PAYLOADS / "text.json").read_text())
    body["entry"][0]["messaging"][0]["timestamp"] = written
    (item,) = ADAPTER.parse(json.dumps(body).encode())
    assert isinstance(item, InboundMessage)
    assert item.sent_at == moment


@pytest.mark.parametrize(
    "body",
    [b"", b"nope", b"[1]", b'"text"', b"\xff\xfe", b"[" * 100_000, b"1" * 5_000, b'{"a":' * 2_000],
)
def test_a_body_that_is_no_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        ADAPTER.parse(body)


def test_a_body_nested_to_the_edge_of_what_is_read_is_items_or_unreadable() -> None:
    for depth in range(850, 1000):
        nested = "[" * depth + "]" * depth
        event = f'{{"sender": {{"id": "1"}}, "postback": {{"payload": "x"}}, "deep": {nested}}}'
        body = f'{{"object": "page", "entry": [{{"id": "1", "messaging": [{event}]}}]}}'
        try:
            ADAPTER.parse(body.encode())
        except UnreadableBody:
            continue


def test_text_no_database_keeps_is_cleaned() -> None:
    body = json.loads((PAYLOADS / "text.json").read_text())
    body["entry"][0]["messaging"][0]["message"]["text"] = "a\u0000b\ud800c"
    (item,) = ADAPTER.parse(json.dumps(body).encode())
    assert isinstance(item, InboundMessage)
    assert item.text == "ab?c"


def test_a_changed_payload_breaks_nothing() -> None:
    survives(ADAPTER, PAYLOADS, seed=21)
