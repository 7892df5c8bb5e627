"""What API v2 refuses, and that a refusal leaves no trace."""

from typing import Any

import pytest

from tests.provider.sandbox.bench import CONTACT, LINE, Bench

CHAT = {"channelId": LINE, "contactId": CONTACT}
SEND = "/chats-actions/send-messages"
INTENT = "/chats-actions/trigger-intent"
TEMPLATES = "/whatsapp/templates"
ROW = {"id": "1", "title": "Um"}


def _message(**content: Any) -> dict[str, Any]:
    return {"chat": CHAT, "messages": [content]}


def _list(**action: Any) -> dict[str, Any]:
    base = {"type": "list", "button": "Ver", "sections": [{"rows": [ROW]}]}
    return _message(whatsappInteractive={"body": "Menu", "action": {**base, **action}})


REFUSED: list[tuple[str, str, str, Any]] = [
    ("unknown path", "GET", "/nowhere", None),
    ("unknown method", "PUT", "/channels", None),
    ("made-up method", "FROB", "/channels", None),
    ("unknown query parameter", "GET", "/channels?color=red", None),
    ("query of a wrong type", "GET", "/channels?active=maybe", None),
    ("missing body", "POST", SEND, None),
    ("body of a GET", "GET", "/channels", {}),
    ("list for a body", "POST", SEND, [1]),
    ("missing chat", "POST", SEND, {"messages": [{"text": "a"}]}),
    ("empty chat", "POST", SEND, {"chat": {}, "messages": [{"text": "a"}]}),
    ("missing contact", "POST", SEND, {"chat": {"channelId": LINE}, "messages": [{"text": "a"}]}),
    ("both kinds of chat", "POST", SEND, {"chat": {**CHAT, "chatId": "A"}, "messages": [{}]}),
    ("unknown chat", "POST", SEND, {"chat": {"chatId": "A" * 20}, "messages": [{"text": "a"}]}),
    (
        "unknown channel",
        "POST",
        SEND,
        {"chat": {**CHAT, "channelId": "9"}, "messages": [{"text": "a"}]},
    ),
    ("missing messages", "POST", SEND, {"chat": CHAT}),
    ("no messages", "POST", SEND, {"chat": CHAT, "messages": []}),
    ("message without content", "POST", SEND, _message()),
    ("message with blank text", "POST", SEND, _message(text=" ")),
    ("only a payload", "POST", SEND, _message(webhookPayload="x")),
    ("text of a wrong type", "POST", SEND, _message(text=5)),
    ("null text", "POST", SEND, _message(text=None)),
    ("unknown message field", "POST", SEND, _message(text="a", imageURL="https://x")),
    ("unknown top field", "POST", SEND, {**_message(text="a"), "line": LINE}),
    (
        "unknown MIME type",
        "POST",
        SEND,
        _message(media={"mimeType": "image/gif", "url": "https://x"}),
    ),
    ("media without url", "POST", SEND, _message(media={"mimeType": "image/png"})),
    ("location in numbers", "POST", SEND, _message(location={"latitude": 1.5, "longitude": 2})),
    ("location without degrees", "POST", SEND, _message(location={"name": "Matriz"})),
    ("location in words", "POST", SEND, _message(location={"latitude": "x", "longitude": "2"})),
    ("no place on earth", "POST", SEND, _message(location={"latitude": "91", "longitude": "2"})),
    ("telephones of a wrong type", "POST", SEND, _message(contact={"phones": "1"})),
    ("long list button", "POST", SEND, _list(button="b" * 21)),
    ("list without sections", "POST", SEND, _list(sections=[])),
    ("long row title", "POST", SEND, _list(sections=[{"rows": [{"id": "1", "title": "t" * 25}]}])),
    ("row without id", "POST", SEND, _list(sections=[{"rows": [{"title": "t"}]}])),
    ("eleven rows", "POST", SEND, _list(sections=[{"rows": [ROW] * 6}, {"rows": [ROW] * 5}])),
    ("rows of one id", "POST", SEND, _list(sections=[{"rows": [ROW, {**ROW, "title": "Dois"}]}])),
    ("row without words", "POST", SEND, _list(sections=[{"rows": [{**ROW, "title": ""}]}])),
    (
        "long row description",
        "POST",
        SEND,
        _list(sections=[{"rows": [{**ROW, "description": "d" * 73}]}]),
    ),
    (
        "long list body",
        "POST",
        SEND,
        _message(
            whatsappInteractive={
                "body": "b" * 4097,
                "action": {"type": "list", "button": "Ver", "sections": [{"rows": [ROW]}]},
            }
        ),
    ),
    ("unknown action", "POST", SEND, _list(type="carousel")),
    ("intent without name", "POST", INTENT, {"chat": CHAT}),
    (
        "variable of a wrong type",
        "POST",
        INTENT,
        {"chat": CHAT, "intentIdOrName": "a", "variables": {"n": 1}},
    ),
    ("template without body", "POST", TEMPLATES, {"name": "a"}),
    ("template name not in snake case", "POST", TEMPLATES, {"name": "Olá", "body": {"text": "a"}}),
    ("unknown category", "POST", TEMPLATES, {"category": "NEWS", "body": {"text": "a"}}),
    (
        "image header without example",
        "POST",
        TEMPLATES,
        {"header": {"format": "IMAGE"}, "body": {"text": "a"}},
    ),
    ("refresh without secret", "POST", "/auth/credentials", {"clientId": "a", "refreshToken": "b"}),
]


@pytest.mark.parametrize(
    ("method", "path", "body"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_v2_answers_400_and_names_the_fault(
    shared_bench: Bench, method: str, path: str, body: Any
) -> None:
    arguments = {} if body is None else {"json": body}

    reply = shared_bench.v2(method, path, **arguments)

    assert reply.status_code == 400, reply.text
    (error,) = reply.json()["errors"]
    assert error["type"] and error["source"] and error["message"]
    assert shared_bench.ledger() == []


@pytest.mark.parametrize("data", [b"{", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, b"1" * 6000])
def test_v2_answers_400_to_what_is_not_json(shared_bench: Bench, data: bytes) -> None:
    headers = {"access-token": shared_bench.token, "Content-Type": "application/json"}

    reply = shared_bench.v2("POST", SEND, data=data, headers=headers)

    assert reply.status_code == 400
    assert reply.json()["errors"][0]["source"] == "body"


def test_v2_refuses_a_form_instead_of_json(shared_bench: Bench) -> None:
    reply = shared_bench.v2("POST", SEND, data={"text": "a"})

    assert reply.json()["errors"][0]["source"] == "header.content-type"


def test_the_fault_names_the_place_inside_the_body(shared_bench: Bench) -> None:
    body = {"chat": CHAT, "messages": [{"text": "a"}, {"text": "b", "media": {"mimeType": "x/y"}}]}

    error = shared_bench.v2("POST", SEND, json=body).json()["errors"][0]

    assert error["source"] == "body.messages[1].media.mimeType"


@pytest.mark.parametrize("token", ["", "garbage", "eyJh.eyJi.sig"])
def test_calls_without_the_access_token_are_answered_401(shared_bench: Bench, token: str) -> None:
    headers = {"access-token": token}

    v2 = shared_bench.v2("GET", "/channels", headers=headers)
    v1 = shared_bench.v1("/message/v3", json={}, headers=headers)

    assert (v2.status_code, v1.status_code) == (401, 401)
    assert v2.json()["errors"] and v1.json()["error"]


def test_a_body_over_one_mebibyte_is_answered_413(shared_bench: Bench) -> None:
    reply = shared_bench.send("a" * (1 << 20))

    assert reply.status_code == 413


def test_v1_answers_404_to_unknown_paths(shared_bench: Bench) -> None:
    assert shared_bench.v1("/message/v9", json={}).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"chatPlatform": "fax"},
        {"chatChannelNumber": "551100000000"},
        {"chatChannelNumber": None},
        {"platformContactId": ""},
        {"messageText": ""},
        {"messageText": 5},
        {"message": "x"},
    ],
)
def test_v1_answers_400_to_a_wrong_message(shared_bench: Bench, change: dict[str, Any]) -> None:
    reply = shared_bench.send_v1(**change)

    assert reply.status_code == 400
    assert reply.json()["error"]["message"]


def test_garbage_on_the_control_api_is_refused_not_fatal(shared_bench: Bench) -> None:
    for method, path in (("POST", "webhooks"), ("PUT", "switches"), ("POST", "phones/fax/1/read")):
        assert shared_bench.control(method, path, data=b"\x00[").status_code in (400, 404)
    assert shared_bench.control("GET", "log?after=x").status_code == 400
    assert shared_bench.control("GET", "health").json() == {"status": "ok"}
