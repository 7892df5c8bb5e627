"""Telegram's adapter: what each update means, and what each answer to a send means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import responses

from provider.adapters.telegram import Telegram
from provider.contracts import (
    Cause,
    ChannelKind,
    Choice,
    Content,
    Credentials,
    Ignored,
    InboundMessage,
    Line,
    Media,
    OutboundFile,
    OutboundMessage,
    Person,
    Place,
    Reason,
)
from provider.errors import (
    AmbiguousError,
    CredentialsError,
    ProviderError,
    RejectedError,
    TemporaryError,
    UnreadableBody,
)
from tests.provider.adapters.mutations import survives

PAYLOADS = Path(__file__).parent / "telegram"
ADAPTER = Telegram()
API = "https://telegram.example"
TOKEN = "700000002:AAH-invented_token_of_a_test_000000"
HELD = Credentials({"bot_token": TOKEN, "secret_token": "word", "api_url": API})
ANA = "350000001"


def parsed(name: str) -> Any:
    (item,) = ADAPTER.parse((PAYLOADS / f"{name}.json").read_bytes())
    return item


def media(content: Content, source: str, name: str, type: str, size: int) -> tuple[Media, ...]:
    return (Media(content, source, name, type, size),)


I, A, V, D = Content.IMAGE, Content.AUDIO, Content.VIDEO, Content.DOCUMENT  # noqa: E741
OFFICE = Place(-25.4284, -49.2733)
INBOUND: list[tuple[str, str, Content, dict[str, Any]]] = [
    ("text", "Olá, tudo bem? 👋", Content.TEXT, {}),
    ("start_with_payload", "/start promo42", Content.TEXT, {}),
    ("photo", "a fachada", I, {"media": media(I, "AgAC-large", "", "image/jpeg", 210000)}),
    ("photo_too_large", "", I, {"media": media(I, "AgAC-mid", "", "image/jpeg", 120000)}),
    (
        "video", "o vídeo", V,
        {"media": media(V, "BAAC-video", "passeio.mp4", "video/mp4", 900000)},
    ),
    ("animation", "", V, {"media": media(V, "CgAC-gif", "festa.mp4", "video/mp4", 45000)}),
    ("video_note", "", V, {"media": media(V, "DQAC-note", "", "video/mp4", 330000)}),
    ("voice", "", A, {"media": media(A, "AwAC-voice", "", "audio/ogg", 16000)}),
    ("audio", "", A, {"media": media(A, "CQAC-audio", "cancao.mp3", "audio/mpeg", 4000000)}),
    (
        "document", "segue o contrato", D,
        {"media": media(D, "BQAC-doc", "contrato nº 7.pdf", "application/pdf", 52000)},
    ),
    ("sticker", "", I, {"media": media(I, "CAAC-sticker", "", "image/webp", 21000)}),
    (
        "sticker_animated", "", D,
        {"media": media(D, "CAAC-sticker", "", "application/x-tgsticker", 21000)},
    ),
    ("sticker_video", "", V, {"media": media(V, "CAAC-sticker", "", "video/webm", 21000)}),
    ("location", "", Content.LOCATION, {"place": OFFICE}),
    ("location_zero", "", Content.LOCATION, {"place": Place(0.0, 0.0)}),
    (
        "venue", "", Content.LOCATION,
        {"place": Place(-25.4284, -49.2733, "Matriz", "Rua XV, 100")},
    ),
    ("contact", "", Content.CONTACTS, {"people": (Person("Bruno Reis", ("+5541988887777",)),)}),
    (
        "album_first", "as duas fotos", I,
        {"media": media(I, "AgAC-a1", "", "image/jpeg", 90000)},
    ),
    (
        "album_second", "", I,
        {"media": media(I, "AgAC-a2", "", "image/jpeg", 91000), "external_id": f"{ANA}:42"},
    ),
    ("reply", "esta aqui", Content.TEXT, {"reply_to": f"{ANA}:40"}),
    ("reply_to_story", "gostei", Content.TEXT, {}),
    ("forward", "encaminhada", Content.TEXT, {}),
    ("service_pinned", "", Content.UNSUPPORTED, {}),
    ("web_app_data", "", Content.UNSUPPORTED, {}),
    ("dice", "", Content.UNSUPPORTED, {}),
    ("poll", "", Content.UNSUPPORTED, {}),
    ("of_the_future", "legenda", Content.UNSUPPORTED, {}),
]  # fmt: skip
BUTTONS = [
    ("button", "2 - Falar com atendente", "1503238579000000001", f"{ANA}:40"),
    ("button_of_an_inaccessible_message", "2", "1503238579000000002", f"{ANA}:40"),
    ("button_without_message", "2", "1503238579000000003", ""),
]
IGNORED = [
    ("edited", Reason.EDITED),
    ("reaction", Reason.REACTION),
    ("blocked", Reason.NOTICE),
    ("unblocked", Reason.NOTICE),
    ("group", Reason.UNKNOWN_KIND),
    ("group_migrated", Reason.UNKNOWN_KIND),
    ("channel_post", Reason.UNKNOWN_KIND),
    ("unknown_update", Reason.UNKNOWN_KIND),
    ("button_of_a_game", Reason.EMPTY),
    ("without_chat", Reason.NO_SENDER),
]


@pytest.mark.parametrize(("name", "text", "content", "more"), INBOUND)
def test_a_customers_message_is_read(
    name: str, text: str, content: Content, more: dict[str, Any]
) -> None:
    item = parsed(name)
    assert isinstance(item, InboundMessage)
    assert item.line == Line("telegram", ChannelKind.TELEGRAM)
    assert (item.contact_id, item.contact_name) == (ANA, "Ana Souza")
    assert item.sent_at is not None
    expected = {
        "external_id": f"{ANA}:41", "media": (), "place": None, "people": (), "reply_to": "",
        "button_payload": "", "text": text, "content": content, **more,
    }  # fmt: skip
    assert {field: getattr(item, field) for field in expected} == expected


@pytest.mark.parametrize(("name", "text", "query", "reply_to"), BUTTONS)
def test_a_tapped_button_says_what_was_on_it(
    name: str, text: str, query: str, reply_to: str
) -> None:
    item = parsed(name)
    assert (item.button_payload, item.text, item.reply_to) == ("2", text, reply_to)
    assert (item.external_id, item.contact_id) == (f"callback:{query}", ANA)


@pytest.mark.parametrize(("name", "reason"), IGNORED)
def test_what_asks_for_nothing_has_its_reason(name: str, reason: Reason) -> None:
    item = parsed(name)
    assert isinstance(item, Ignored)
    assert (item.reason, item.item[:7]) == (reason, "update:")


def test_every_payload_is_in_a_table() -> None:
    told = {row[0] for table in (INBOUND, BUTTONS, IGNORED) for row in table}
    assert told == {path.stem for path in PAYLOADS.glob("*.json")}


def test_a_changed_payload_breaks_nothing() -> None:
    survives(ADAPTER, PAYLOADS, seed=7)


@pytest.mark.parametrize("body", [b"[]", b"1", b"{", b'{"update_id": ' + b"9" * 5000 + b"}"])
def test_what_is_no_update_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        ADAPTER.parse(body)


def outbound(**parts: Any) -> OutboundMessage:
    values: dict[str, Any] = {
        "reference": UUID(int=1), "stream": "s", "line": Line("telegram", ChannelKind.TELEGRAM),
        "recipient": ANA, "text": "Olá", **parts,
    }  # fmt: skip
    return OutboundMessage(**values)


def file(content: Content) -> OutboundFile:
    return OutboundFile(content, "k", "a.bin", "x/y", 1, url="https://isobot.example/f/1")


URL = "https://isobot.example/f/1"
CHOICES = (Choice("1", "Segunda via"), Choice("2", "Atendente"))
KEYS = [
    [{"text": "Segunda via", "callback_data": "1"}],
    [{"text": "Atendente", "callback_data": "2"}],
]
AT = {"latitude": -25.5, "longitude": -49.25}
REQUESTS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("text", {}, "sendMessage", {"text": "Olá"}),
    ("image", {"file": file(I)}, "sendPhoto", {"photo": URL, "caption": "Olá"}),
    ("image alone", {"file": file(I), "text": ""}, "sendPhoto", {"photo": URL}),
    ("video", {"file": file(V)}, "sendVideo", {"video": URL, "caption": "Olá"}),
    ("audio", {"file": file(A)}, "sendAudio", {"audio": URL, "caption": "Olá"}),
    ("document", {"file": file(D)}, "sendDocument", {"document": URL, "caption": "Olá"}),
    (
        "choices", {"choices": CHOICES}, "sendMessage",
        {"text": "Olá", "reply_markup": {"inline_keyboard": KEYS}},
    ),
    (
        "reply", {"reply_to": f"{ANA}:40"}, "sendMessage",
        {
            "text": "Olá",
            "reply_parameters": {"message_id": 40, "allow_sending_without_reply": True},
        },
    ),
    ("place", {"place": Place(-25.5, -49.25)}, "sendLocation", AT),
    (
        "place with a name", {"place": Place(-25.5, -49.25, "Matriz", "Praça, 1"), "text": ""},
        "sendVenue", {**AT, "title": "Matriz", "address": "Praça, 1"},
    ),
    (
        "place with a name alone", {"place": Place(-25.5, -49.25, "Matriz")},
        "sendVenue", {**AT, "title": "Matriz", "address": "Matriz"},
    ),
    (
        "place with an address alone", {"place": Place(0.0, 0.0, "", "Praça, 1")},
        "sendVenue",
        {"latitude": 0.0, "longitude": 0.0, "title": "Praça, 1", "address": "Praça, 1"},
    ),
    (
        "card", {"people": (Person("Zé", ("+55 41 1",)),), "text": ""},
        "sendContact", {"phone_number": "+55 41 1", "first_name": "Zé"},
    ),
    (
        "card with two telephones",
        {"people": (Person("Lima, Zé; o\\ velho\n", ("1", "2"), ("a@b.example",)),)},
        "sendContact",
        {
            "phone_number": "1", "first_name": "Lima, Zé; o\\ velho\n",
            "vcard": "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Lima\\, Zé\\; o\\\\ velho\\n\r\n"
            "TEL;TYPE=CELL:1\r\nTEL;TYPE=CELL:2\r\nEMAIL:a@b.example\r\nEND:VCARD",
        },
    ),
    (
        "card above what it takes", {"people": (Person("Zé", ("1", "2" * 3000)),)},
        "sendContact", {"phone_number": "1", "first_name": "Zé"},
    ),
    (
        "place in reply", {"place": Place(-25.5, -49.25), "reply_to": f"{ANA}:40"},
        "sendLocation",
        {**AT, "reply_parameters": {"message_id": 40, "allow_sending_without_reply": True}},
    ),
    ("reply in another chat", {"reply_to": "99:40"}, "sendMessage", {"text": "Olá"}),
    ("reply to a button", {"reply_to": "callback:77"}, "sendMessage", {"text": "Olá"}),
]  # fmt: skip


def answers(method: str, **answer: Any) -> None:
    responses.add(responses.POST, f"{API}/bot{TOKEN}/{method}", **answer)


TAKEN = {"ok": True, "result": {"message_id": 133, "date": 1763640311, "chat": {"id": int(ANA)}}}


@responses.activate
@pytest.mark.parametrize(
    ("parts", "method", "payload"),
    [row[1:] for row in REQUESTS],
    ids=[row[0] for row in REQUESTS],
)
def test_a_message_is_handed_over(
    parts: dict[str, Any], method: str, payload: dict[str, Any]
) -> None:
    answers(method, json=TAKEN)
    receipt = ADAPTER.send(outbound(**parts), HELD)
    assert (receipt.external_id, receipt.job_id) == (f"{ANA}:133", "")
    sent = json.loads(responses.calls[0].request.body)  # type: ignore[arg-type]
    assert sent == {"chat_id": int(ANA), **payload}


def no(status: int, description: str, **parameters: Any) -> dict[str, Any]:
    body = {"ok": False, "error_code": status, "description": description}
    return {"status": status, "json": {**body, "parameters": parameters} if parameters else body}


REFUSALS: list[tuple[dict[str, Any], type[ProviderError], Cause | None]] = [
    (no(429, "Too Many Requests: retry after 9", retry_after=9), TemporaryError, None),
    (no(500, "Internal Server Error"), TemporaryError, None),
    (no(502, "Bad Gateway"), TemporaryError, None),
    (no(503, "Service Unavailable"), TemporaryError, None),
    (no(504, "Gateway Timeout"), AmbiguousError, None),
    (no(403, "Forbidden: bot was blocked by the user"), RejectedError, Cause.RECIPIENT),
    (no(403, "Forbidden: user is deactivated"), RejectedError, Cause.RECIPIENT),
    (
        no(403, "Forbidden: bot can't initiate conversation with a user"),
        RejectedError,
        Cause.RECIPIENT,
    ),
    (no(403, "Forbidden: bot was kicked from the group chat"), RejectedError, Cause.RECIPIENT),
    (no(400, "Bad Request: chat not found"), RejectedError, Cause.RECIPIENT),
    (no(400, "Bad Request: PEER_ID_INVALID"), RejectedError, Cause.RECIPIENT),
    (
        no(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100),
        RejectedError,
        Cause.RECIPIENT,
    ),
    (no(400, "Bad Request: message is too long"), RejectedError, Cause.CONTENT),
    (no(400, "Bad Request: can't parse entities"), RejectedError, Cause.CONTENT),
    (no(400, "Bad Request: message text is empty"), RejectedError, Cause.CONTENT),
    (no(400, "Bad Request: message to be replied not found"), RejectedError, Cause.CONTENT),
    (
        no(400, "Bad Request: wrong file identifier/HTTP URL specified"),
        RejectedError,
        Cause.CONTENT,
    ),
    (no(400, "Bad Request: failed to get HTTP URL content"), RejectedError, Cause.CONTENT),
    (no(400, "Bad Request: file is too big"), RejectedError, Cause.CONTENT),
    (no(413, "Request Entity Too Large"), RejectedError, Cause.CONTENT),
    (no(401, "Unauthorized"), CredentialsError, None),
    (no(404, "Not Found"), CredentialsError, None),
    (no(409, "Conflict: terminated by other getUpdates"), RejectedError, Cause.SERVICE_ACCESS),
    ({"status": 200, "body": "<html>"}, AmbiguousError, None),
    ({"status": 200, "json": {"ok": True, "result": {}}}, AmbiguousError, None),
    ({"status": 200, "json": {"ok": False}}, AmbiguousError, None),
    ({"status": 200, "json": []}, AmbiguousError, None),
]


@responses.activate
def test_a_tapped_button_is_acknowledged_and_nothing_else_is() -> None:
    answers("answerCallbackQuery", json={"ok": True, "result": True})
    assert ADAPTER.acknowledge(parsed("text")) is None
    tell = ADAPTER.acknowledge(parsed("button"))
    assert tell is not None
    tell(HELD)
    told = json.loads(responses.calls[0].request.body)  # type: ignore[arg-type]
    assert told == {"callback_query_id": "1503238579000000001"}


@responses.activate
@pytest.mark.parametrize(("answer", "error", "cause"), REFUSALS)
def test_each_refusal_has_its_class(
    answer: dict[str, Any], error: type[ProviderError], cause: Cause | None
) -> None:
    answers("sendMessage", **answer)
    with pytest.raises(error) as raised:
        ADAPTER.send(outbound(), HELD)
    assert getattr(raised.value, "cause", None) is cause


@responses.activate
def test_a_pause_lasts_as_long_as_asked() -> None:
    answers("sendMessage", **no(429, "Too Many Requests", retry_after=9))
    with pytest.raises(TemporaryError) as raised:
        ADAPTER.send(outbound(), HELD)
    assert raised.value.retry_after == 9


@responses.activate
def test_a_file_is_located_by_its_id() -> None:
    answers("getFile", json={"ok": True, "result": {"file_id": "x", "file_path": "photos/f 1.jpg"}})
    located = ADAPTER.locate(Media(I, "x"), HELD)
    assert located.url == f"{API}/file/bot{TOKEN}/photos/f%201.jpg"
    assert TOKEN not in repr(located)


@responses.activate
@pytest.mark.parametrize("path", ["../../bot1/getMe", "", None, 7])
def test_no_path_leads_out_of_the_files(path: Any) -> None:
    answers("getFile", json={"ok": True, "result": {"file_path": path}})
    with pytest.raises(TemporaryError):
        ADAPTER.locate(Media(I, "x"), HELD)


@responses.activate
def test_a_file_beyond_what_bots_may_fetch_is_refused() -> None:
    answers("getFile", **no(400, "Bad Request: file is too big"))
    with pytest.raises(RejectedError):
        ADAPTER.locate(Media(I, "x"), HELD)


@responses.activate
def test_its_check_tells_the_bot() -> None:
    answers("getMe", json={"ok": True, "result": {"id": 700000002, "username": "loja_bot"}})
    answers("getWebhookInfo", json={"ok": True, "result": {"url": "https://x.example/"}})
    (line,) = ADAPTER.check(HELD).lines
    assert (line.number, line.name, line.active) == ("700000002", "loja_bot", True)
    assert ADAPTER.own_line(HELD) == ("700000002", "")
