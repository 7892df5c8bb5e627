"""Messenger and Instagram: what is asked of the Graph API, and what each of its answers means."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

import pytest
import responses

from provider.accounts import AccountReport, ReportedLine
from provider.adapter import Adapter
from provider.adapters.instagram import Instagram
from provider.adapters.messenger import Messenger
from provider.contracts import (
    Cause,
    ChannelKind,
    Choice,
    Content,
    Credentials,
    Extra,
    InboundMessage,
    Line,
    OutboundFile,
    OutboundMessage,
    OutboundTemplate,
)
from provider.errors import (
    AmbiguousError,
    CredentialsError,
    ProviderError,
    RejectedError,
    TemporaryError,
)

GRAPH = "https://graph.example"
PAGE, ACCOUNT, PERSON = "111222333444555", "17841400000000001", "7001002003004005"
REFERENCE = uuid.UUID(int=7)
TOKEN = "a-token"
MESSENGER = {"page_id": PAGE, "access_token": TOKEN, "graph_url": GRAPH}
INSTAGRAM = {"account_id": ACCOUNT, "access_token": TOKEN, "graph_url": GRAPH}
# Each adapter with what it holds, where it sends, and what else is in its messages.
BOTH = [
    (Messenger(), MESSENGER, f"{GRAPH}/v25.0/{PAGE}/messages", {"metadata": str(REFERENCE)}),
    (Instagram(), INSTAGRAM, f"{GRAPH}/v25.0/{ACCOUNT}/messages", {}),
]
SENT = {"recipient_id": PERSON, "message_id": "m_OUT"}

each = pytest.mark.parametrize(("adapter", "held", "url", "more"), BOTH, ids=["m", "i"])


def outbound(adapter: Adapter, text: str = "Olá", **fields: Any) -> OutboundMessage:
    line = Line(adapter.slug, ChannelKind(adapter.slug), "")
    return OutboundMessage(REFERENCE, "identity:1", line, PERSON, text, **fields)


def asked() -> Any:
    return json.loads(responses.calls[-1].request.body or b"")


@each
@responses.activate
def test_a_text_is_sent_as_a_response(
    adapter: Adapter, held: dict[str, str], url: str, more: dict[str, str]
) -> None:
    responses.post(url, json=SENT)
    receipt = adapter.send(outbound(adapter), Credentials(held))
    assert (receipt.external_id, receipt.job_id) == ("m_OUT", "")
    assert asked() == {
        "recipient": {"id": PERSON},
        "messaging_type": "RESPONSE",
        "message": {"text": "Olá", **more},
    }
    request = responses.calls[0].request
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in (request.url or "")


@each
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (Content.IMAGE, "image"),
        (Content.AUDIO, "audio"),
        (Content.VIDEO, "video"),
        (Content.DOCUMENT, "file"),
    ],
)
@responses.activate
def test_a_file_is_sent_by_its_link(
    adapter: Adapter,
    held: dict[str, str],
    url: str,
    more: dict[str, str],
    content: Content,
    kind: str,
) -> None:
    responses.post(url, json=SENT)
    link = "https://isobot.example/file/1"
    file = OutboundFile(content, "k", "a.bin", "x/y", 10, link)
    adapter.send(outbound(adapter, "", file=file), Credentials(held))
    attachment = {"type": kind, "payload": {"url": link}}
    assert asked()["message"] == {"attachment": attachment, **more}


@each
@responses.activate
def test_choices_are_quick_replies_and_a_quote_is_named(
    adapter: Adapter, held: dict[str, str], url: str, more: dict[str, str]
) -> None:
    responses.post(url, json=SENT)
    choices = tuple(Choice(str(n), f"Opção {n:02d} com nome comprido") for n in range(1, 16))
    message = outbound(adapter, "Escolha:", choices=choices, reply_to="m_1")
    adapter.send(message, Credentials(held))
    assert asked()["reply_to"] == {"mid": "m_1"}
    replies = asked()["message"]["quick_replies"]
    assert len(replies) == 13
    assert replies[0] == {"content_type": "text", "title": "Opção 01 com nome c…", "payload": "1"}


@each
@responses.activate
def test_a_file_may_answer_a_message_too(
    adapter: Adapter, held: dict[str, str], url: str, more: dict[str, str]
) -> None:
    responses.post(url, json=SENT)
    file = OutboundFile(Content.IMAGE, "k", "a.png", "image/png", 10, "https://x.example/1")
    adapter.send(outbound(adapter, "", file=file, reply_to="m_1"), Credentials(held))
    assert asked()["reply_to"] == {"mid": "m_1"}
    assert "text" not in asked()["message"]


@each
def test_an_id_made_up_here_is_answered_by_no_reply(
    adapter: Adapter, held: dict[str, str], url: str, more: dict[str, str]
) -> None:
    assert adapter.carries(ChannelKind(adapter.slug), Credentials(held)) == {Extra.REPLY}
    assert adapter.can_answer("m_1")
    body = {"object": "page" if adapter.slug == "messenger" else "instagram"}
    tapped = {
        "sender": {"id": PERSON},
        "recipient": {"id": PAGE},
        "timestamp": 1763640311000,
        "postback": {"title": "Começar", "payload": "start"},
    }
    entry = [{"id": PAGE, "time": 1763640311000, "messaging": [tapped]}]
    (item,) = adapter.parse(json.dumps({**body, "entry": entry}).encode())
    assert isinstance(item, InboundMessage)
    assert not adapter.can_answer(item.external_id)


@each
@responses.activate
def test_choices_that_would_read_alike_stay_in_the_text(
    adapter: Adapter, held: dict[str, str], url: str, more: dict[str, str]
) -> None:
    responses.post(url, json=SENT)
    choices = (Choice("1", "Segunda via do boleto"), Choice("2", "Segunda via do bolero"))
    adapter.send(outbound(adapter, "Escolha:", choices=choices), Credentials(held))
    assert asked()["message"] == {"text": "Escolha:", **more}


@each
def test_what_the_channel_cannot_carry_is_refused_before_it_is_sent(
    adapter: Adapter, held: dict[str, str], url: str, more: dict[str, str]
) -> None:
    file = OutboundFile(Content.IMAGE, "k", "a.png", "image/png", 10, "https://x.example/1")
    place = replace(file, content=Content.LOCATION)
    for cause, text, fields in [
        (Cause.TEMPLATE, "", {"template": OutboundTemplate("oi", "pt_BR")}),
        (Cause.CONTENT, "legenda", {"file": file}),
        (Cause.CONTENT, "", {"file": place}),
        (Cause.CONTENT, "a" * 2001, {}),
    ]:
        with pytest.raises(RejectedError) as raised:
            adapter.send(outbound(adapter, text, **fields), Credentials(held))
        assert raised.value.cause is cause


@responses.activate
def test_a_text_on_instagram_is_measured_in_bytes() -> None:
    adapter, held, url, _more = BOTH[1]
    responses.post(url, json=SENT)
    adapter.send(outbound(adapter, "é" * 500), Credentials(held))
    with pytest.raises(RejectedError):
        adapter.send(outbound(adapter, "é" * 500 + "a"), Credentials(held))
    assert len(responses.calls) == 1


@pytest.mark.parametrize(
    ("token", "url"),
    [
        ("IGAAxyz", f"https://graph.instagram.com/v25.0/{ACCOUNT}/messages"),
        ("EAAxyz", "https://graph.facebook.com/v25.0/me/messages"),
    ],
)
@responses.activate
def test_the_vendors_two_hosts_for_instagram_are_told_apart_by_the_token(
    token: str, url: str
) -> None:
    responses.post(url, json=SENT)
    held = {**INSTAGRAM, "access_token": token, "graph_url": "https://graph.facebook.com"}
    assert Instagram().send(outbound(Instagram()), Credentials(held)).external_id == "m_OUT"


def error(code: int | str, subcode: int = 0, message: str = "(#1) No") -> dict[str, Any]:
    return {"error": {"message": message, "code": code, "error_subcode": subcode}}


OUTSIDE = "(#10) This message is sent outside of allowed window."
ABSENT = "(#551) This person isn't available right now."
ANSWERS: list[tuple[int, Any, type[ProviderError], Cause | None]] = [
    (500, error(1), TemporaryError, None),
    (500, error(2), TemporaryError, None),
    (400, error(1200), TemporaryError, None),
    (400, error(4), TemporaryError, None),
    (400, error(17), TemporaryError, None),
    (400, error(32), TemporaryError, None),
    (400, error(613), TemporaryError, None),
    (400, error("80006"), TemporaryError, None),
    (429, "", TemporaryError, None),
    (500, "", TemporaryError, None),
    (502, "<html>", TemporaryError, None),
    (503, "", TemporaryError, None),
    (500, error(999), TemporaryError, None),
    (400, error(10, 2018278), RejectedError, Cause.WINDOW),
    (400, error(10, 2018065), RejectedError, Cause.WINDOW),
    (400, error(10, 2534022), RejectedError, Cause.WINDOW),
    (400, error(10, 0, OUTSIDE), RejectedError, Cause.WINDOW),
    (400, error(551, 1545041, OUTSIDE), RejectedError, Cause.WINDOW),
    (400, error(551, 1545041, ABSENT), RejectedError, Cause.RECIPIENT),
    (400, error(200, 1545041, ABSENT), RejectedError, Cause.RECIPIENT),
    (400, error(200, 1545041, OUTSIDE), RejectedError, Cause.WINDOW),
    (400, error(551), RejectedError, Cause.RECIPIENT),
    (400, error(10, 2018108), RejectedError, Cause.RECIPIENT),
    (400, error(100, 2018001), RejectedError, Cause.RECIPIENT),
    (400, error(100), RejectedError, Cause.CONTENT),
    (400, error(100, 2018008), RejectedError, Cause.CONTENT),
    (400, error(100, 2018047), RejectedError, Cause.CONTENT),
    (400, error(100, 2018294), RejectedError, Cause.CONTENT),
    (400, error(36000), RejectedError, Cause.CONTENT),
    (400, error(190), CredentialsError, None),
    (401, error(190, 463), CredentialsError, None),
    (400, error(190, 460), CredentialsError, None),
    (401, "", CredentialsError, None),
    (400, error(10), RejectedError, Cause.SERVICE_ACCESS),
    (403, error(200), RejectedError, Cause.SERVICE_ACCESS),
    (403, error(299), RejectedError, Cause.SERVICE_ACCESS),
    (400, error(368), RejectedError, Cause.SERVICE_ACCESS),
    (400, error(4242), RejectedError, Cause.OTHER),
    (404, "", RejectedError, Cause.OTHER),
    (200, error(4242), RejectedError, Cause.OTHER),
    (200, {}, AmbiguousError, None),
    (200, [], AmbiguousError, None),
    (200, "<html>ok</html>", AmbiguousError, None),
    (200, {"message_id": 7}, AmbiguousError, None),
    (200, {"message_id": ""}, AmbiguousError, None),
    (504, "", AmbiguousError, None),
]


@each
@pytest.mark.parametrize(("status", "body", "expected", "cause"), ANSWERS)
@responses.activate
def test_an_answer_means_this(
    adapter: Adapter,
    held: dict[str, str],
    url: str,
    more: dict[str, str],
    status: int,
    body: Any,
    expected: type[ProviderError],
    cause: Cause | None,
) -> None:
    raw = body if isinstance(body, str) else json.dumps(body)
    responses.post(url, status=status, body=raw)
    with pytest.raises(ProviderError) as raised:
        adapter.send(outbound(adapter), Credentials(held))
    assert type(raised.value) is expected
    assert getattr(raised.value, "cause", None) is cause


@each
@responses.activate
def test_too_many_sends_rest_the_account(
    adapter: Adapter, held: dict[str, str], url: str, more: dict[str, str]
) -> None:
    responses.post(url, status=400, json=error(613), headers={"Retry-After": "7"})
    with pytest.raises(TemporaryError) as raised:
        adapter.send(outbound(adapter), Credentials(held))
    assert (raised.value.retry_after, raised.value.code) == (7.0, "613")


CHECKS = [
    (Messenger(), MESSENGER, f"{GRAPH}/v25.0/{PAGE}?fields=name", {"name": "Acme"}, PAGE),
    (Instagram(), INSTAGRAM, f"{GRAPH}/v25.0/{ACCOUNT}?fields=username", {"username": "acme"}, ""),
]


@pytest.mark.parametrize(("adapter", "held", "url", "answer", "line"), CHECKS, ids=["m", "i"])
@responses.activate
def test_a_check_asks_what_the_account_is_called(
    adapter: Adapter, held: dict[str, str], url: str, answer: dict[str, str], line: str
) -> None:
    responses.get(url, json=answer)
    name = next(iter(answer.values()))
    reported = ReportedLine(ChannelKind(adapter.slug), "", line or ACCOUNT, True, name)
    assert adapter.check(Credentials(held)) == AccountReport((reported,))
    assert responses.calls[0].request.headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(("adapter", "held", "url", "answer", "line"), CHECKS, ids=["m", "i"])
@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, error(190, 463), CredentialsError),
        (403, error(200), RejectedError),
        (400, error(100), RejectedError),
        (500, error(2), TemporaryError),
        (200, "<html>", AmbiguousError),
        (200, [], AmbiguousError),
        (200, error(190), CredentialsError),
    ],
)
@responses.activate
def test_a_check_that_fails_says_whose_fault_it_is(
    adapter: Adapter,
    held: dict[str, str],
    url: str,
    answer: dict[str, str],
    line: str,
    status: int,
    body: Any,
    expected: type[ProviderError],
) -> None:
    raw = body if isinstance(body, str) else json.dumps(body)
    responses.get(url, status=status, body=raw)
    with pytest.raises(expected):
        adapter.check(Credentials(held))
