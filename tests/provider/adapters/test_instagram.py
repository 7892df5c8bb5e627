"""Instagram's adapter: what each payload of its webhooks means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from provider.adapters.instagram import Instagram
from provider.contracts import (
    ChannelKind,
    Content,
    EchoMessage,
    Ignored,
    InboundMessage,
    Line,
    Media,
    Parsed,
    Reason,
    Status,
    StatusReport,
    Watermark,
)
from tests.provider.adapters.mutations import survives

PAYLOADS = Path(__file__).parent / "instagram"
ADAPTER = Instagram()
ACCOUNT, PERSON = "17841400000000001", "5566778899001122"
LINE = Line("instagram", ChannelKind.INSTAGRAM, ACCOUNT, ACCOUNT)
AT = datetime(2025, 11, 24, 16, 0, tzinfo=UTC)
CDN = "https://cdn.example/v/"

WROTE = InboundMessage(LINE, "m_1", PERSON, "", "", AT)
ECHO = EchoMessage(LINE, "m_OUT", PERSON, "agent", "", "", AT, ties=("m_OUT",))
SEEN = StatusReport(
    "instagram", LINE.kind, Status.READ, ("m_OUT",), AT, "m_OUT", line_reference=ACCOUNT
)
ALL_BEFORE = Watermark("instagram", LINE.kind, PERSON, Status.READ, AT, line_reference=ACCOUNT)
PLACEHOLDER = replace(WROTE, content=Content.UNSUPPORTED)


def wrote(text: str, **fields: Any) -> InboundMessage:
    return replace(WROTE, text=text, **fields)


def sent_file(content: Content, name: str) -> InboundMessage:
    return replace(WROTE, content=content, media=(Media(content, CDN + name),))


def unused(item: str, reason: Reason = Reason.UNKNOWN_KIND) -> Ignored:
    return Ignored(reason, item)


CASES: dict[str, list[Parsed]] = {
    "text": [wrote("Vocês entregam? 💙")],
    "quick_reply": [wrote("Falar com atendente", button_payload="2")],
    "image": [sent_file(Content.IMAGE, "foto.jpg")],
    "video": [sent_file(Content.VIDEO, "v.mp4")],
    "audio": [sent_file(Content.AUDIO, "a.mp4")],
    "file": [sent_file(Content.DOCUMENT, "f.pdf")],
    "carousel": [
        replace(
            WROTE,
            content=Content.IMAGE,
            media=(Media(Content.IMAGE, CDN + "1.jpg"), Media(Content.VIDEO, CDN + "2.mp4")),
        )
    ],
    "share": [wrote("https://social.example/asset/1")],
    "ig_post": [wrote("Sofá novo\nhttps://social.example/p/9")],
    "ig_reel": [wrote("Montagem\nhttps://social.example/r/1")],
    "reel": [wrote("https://social.example/r/2")],
    "ig_story": [wrote("https://social.example/s/5")],
    "story_mention": [wrote("https://social.example/s/6")],
    "story_reply": [wrote("Quanto custa?\nhttps://social.example/s/7")],
    "heart": [wrote("❤️")],
    "view_once": [PLACEHOLDER],
    "unsupported": [PLACEHOLDER],
    "unsupported_with_text": [replace(PLACEHOLDER, text="Oi")],
    "unknown_attachment": [PLACEHOLDER],
    # It bears the id of the message itself and must not pass for it, nor for a repeat of it.
    "unsend": [unused("m_1")],
    "unsend_after_message": [wrote("apagar isto"), unused("m_1")],
    "echo_own": [replace(ECHO, text="Olá")],
    "echo_elsewhere": [replace(ECHO, text="Respondi pelo celular")],
    "echo_taken_back": [unused("m_OUT")],
    "reply": [wrote("esse", reply_to="m_0")],
    "advertisement": [wrote("Vi o anúncio")],
    "product": [wrote("Tem em azul?")],
    "reaction": [unused("reaction")],
    "unreact": [unused("reaction")],
    "postback": [wrote("Qual o horário?", external_id="m_P", button_payload="ICE_1")],
    "referral": [unused("referral")],
    "seen": [SEEN, ALL_BEFORE],
    "seen_without_time": [replace(SEEN, at=None)],
    "edit": [unused("message_edit")],
    "change_message": [wrote("teste do painel")],
    "change_seen": [SEEN, ALL_BEFORE],
    "change_comment": [unused("comments")],
    "standby": [unused("m_1")],
    "other_object": [unused("page", Reason.UNKNOWN_PLATFORM)],
}


@pytest.mark.parametrize("name", CASES)
def test_a_webhook_says_this(name: str) -> None:
    assert ADAPTER.parse((PAYLOADS / f"{name}.json").read_bytes()) == CASES[name]


def test_every_payload_is_in_the_table() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == set(CASES)


def test_a_changed_payload_breaks_nothing() -> None:
    survives(ADAPTER, PAYLOADS, seed=22)
