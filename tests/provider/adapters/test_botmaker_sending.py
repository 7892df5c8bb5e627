"""Botmaker's adapter: what is asked of the provider, and what each of its answers means."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import replace
from typing import Any

import pytest
import responses

from provider.adapters.botmaker import Botmaker
from provider.contracts import (
    Cause,
    ChannelKind,
    Choice,
    Credentials,
    Extra,
    Line,
    OutboundMessage,
    Person,
    Place,
)
from provider.errors import (
    AmbiguousError,
    CredentialsError,
    ProviderError,
    RejectedError,
    RenewalRefused,
    TemporaryError,
)

ADAPTER = Botmaker()
WHATSAPP = Line("botmaker", ChannelKind.WHATSAPP, "5541999990000")
NAMED = Line("botmaker", ChannelKind.WHATSAPP, "5541999990000", "acmecrm-whatsapp-5541999990000")

V1, V2 = "https://v1.example/api/v1.0", "https://v2.example/v2.0"
HELD = {"access_token": "jwt", "v1_url": V1, "v2_url": V2, "api": "v2"}
SEND_V1, SEND_V2 = f"{V1}/message/v3", f"{V2}/chats-actions/send-messages"


def outbound(line: Line = NAMED, recipient: str = "5541988887777") -> OutboundMessage:
    return OutboundMessage(uuid.UUID(int=7), "identity:1", line, recipient, "Olá")


@responses.activate
def test_a_v2_send_names_the_channel_as_received_and_carries_our_reference() -> None:
    responses.post(SEND_V2, status=202, json={"webhookNotificationId": "wn-1"})
    receipt = ADAPTER.send(outbound(), Credentials(HELD))
    assert (receipt.job_id, receipt.external_id) == ("wn-1", "")
    request = responses.calls[0].request
    assert json.loads(request.body or b"") == {
        "chat": {"channelId": "acmecrm-whatsapp-5541999990000", "contactId": "5541988887777"},
        "messages": [{"text": "Olá", "webhookPayload": str(uuid.UUID(int=7))}],
    }
    assert request.headers["access-token"] == "jwt"


@responses.activate
def test_a_v2_send_without_a_received_name_uses_the_line() -> None:
    responses.post(SEND_V2, status=202, json={"webhookNotificationId": "wn-1"})
    ADAPTER.send(outbound(WHATSAPP), Credentials(HELD))
    assert (
        json.loads(responses.calls[0].request.body or b"")["chat"]["channelId"] == "5541999990000"
    )


CHOICES = (Choice("20", "Falar com atendente"), Choice("31", "Segunda via do meu boleto deste mês"))


def sent(line: Line, **held: str) -> Any:
    """What is posted of a message with choices."""
    responses.post(SEND_V2, status=202, json={"webhookNotificationId": "wn-1"})
    responses.post(SEND_V1, status=200, json={"id": "M1"})
    ADAPTER.send(replace(outbound(line), choices=CHOICES), Credentials({**HELD, **held}))
    return json.loads(responses.calls[0].request.body or b"")


@responses.activate
def test_choices_on_whatsapp_are_a_list_below_the_text() -> None:
    (message,) = sent(NAMED)["messages"]
    rows = [
        {"id": "20", "title": "Falar com atendente"},
        {"id": "31", "title": "Segunda via do meu bole…", "description": CHOICES[1].title},
    ]
    action = {"type": "list", "button": "Ver opções", "sections": [{"rows": rows}]}
    assert message == {
        "whatsappInteractive": {"body": "Olá", "action": action},
        "webhookPayload": str(uuid.UUID(int=7)),
    }


@responses.activate
@pytest.mark.parametrize(
    "kind", [ChannelKind.MESSENGER, ChannelKind.INSTAGRAM, ChannelKind.TELEGRAM]
)
def test_choices_on_other_channels_stay_in_the_text(kind: ChannelKind) -> None:
    (message,) = sent(Line("botmaker", kind, "1", "acmecrm-1"))["messages"]
    assert message == {"text": "Olá", "webhookPayload": str(uuid.UUID(int=7))}


EXTRAS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"place": Place(-25.4296, -49.2713, "Matriz", "Praça, 1")},
        {
            "location": {
                "latitude": "-25.429600",
                "longitude": "-49.271300",
                "name": "Matriz",
                "address": "Praça, 1",
            }
        },
    ),
    (
        {"place": Place(0.0, 0.00001)},
        {"location": {"latitude": "0.000000", "longitude": "0.000010"}},
    ),
    (
        {"people": (Person("Zé Lima", ("+55 41 1", "2")),)},
        {"contact": {"firstName": "Zé Lima", "phones": ["+55 41 1", "2"]}},
    ),
    (
        {"people": (Person("Zé", (), ("z@x.example",)),)},
        {"contact": {"firstName": "Zé", "phones": [], "emails": ["z@x.example"]}},
    ),
    ({"text": "Olá", "reply_to": "M1"}, {"text": "Olá"}),
]


@responses.activate
@pytest.mark.parametrize(("parts", "content"), EXTRAS)
def test_a_place_and_a_card_are_contents_of_v2(
    parts: dict[str, Any], content: dict[str, Any]
) -> None:
    responses.post(SEND_V2, status=202, json={"webhookNotificationId": "wn-1"})
    ADAPTER.send(replace(outbound(), **{"text": "", **parts}), Credentials(HELD))
    (message,) = json.loads(responses.calls[0].request.body or b"")["messages"]
    assert message == {**content, "webhookPayload": str(uuid.UUID(int=7))}


def test_what_it_carries_depends_on_the_version_and_the_channel() -> None:
    for kind in ChannelKind:
        carried = {Extra.LOCATION, Extra.CONTACTS} if kind == "whatsapp" else {Extra.LOCATION}
        for version in ("", "v2"):
            assert ADAPTER.carries(kind, Credentials({"api": version})) == carried
        assert not ADAPTER.carries(kind, Credentials({"api": "v1"}))


@responses.activate
def test_choices_by_v1_stay_in_the_text() -> None:
    body = sent(WHATSAPP, api="v1")
    assert body["messageText"] == "Olá"
    assert body.keys() == {
        "chatPlatform", "chatChannelNumber", "platformContactId", "messageText",
    }  # fmt: skip


@responses.activate
def test_a_v1_send_answers_the_message_id() -> None:
    responses.post(SEND_V1, status=200, json={"id": "M1"})
    receipt = ADAPTER.send(outbound(), Credentials({**HELD, "api": "v1"}))
    assert receipt.external_id == "M1"
    assert json.loads(responses.calls[0].request.body or b"") == {
        "chatPlatform": "whatsapp",
        "chatChannelNumber": "5541999990000",
        "platformContactId": "5541988887777",
        "messageText": "Olá",
    }


ANSWERS = [
    (202, {}, None, None),
    (200, {"webhookNotificationId": "w"}, None, None),
    (200, {}, AmbiguousError, None),
    (400, {"errors": [{"type": "bad", "message": "no"}]}, RejectedError, Cause.CONTENT),
    (401, {}, CredentialsError, None),
    (403, {"error": {"code": 101, "message": "x"}}, RejectedError, Cause.SERVICE_ACCESS),
    (403, {"error": {"code": 201, "message": "x"}}, RejectedError, Cause.WINDOW),
    (404, {}, RejectedError, Cause.RECIPIENT),
    (302, {}, RejectedError, Cause.OTHER),
    (418, {}, RejectedError, Cause.OTHER),
    (429, {}, TemporaryError, None),
    (500, {}, TemporaryError, None),
    (502, {}, TemporaryError, None),
    (503, {}, TemporaryError, None),
    (504, {}, AmbiguousError, None),
]


@responses.activate
@pytest.mark.parametrize(("status", "body", "error", "cause"), ANSWERS)
def test_each_answer_to_a_send_means_one_thing(
    status: int, body: dict[str, Any], error: type[ProviderError] | None, cause: Cause | None
) -> None:
    responses.post(SEND_V2, status=status, json=body)
    if error is None:
        ADAPTER.send(outbound(), Credentials(HELD))
        return
    with pytest.raises(error) as caught:
        ADAPTER.send(outbound(), Credentials(HELD))
    assert getattr(caught.value, "cause", None) == cause


@responses.activate
def test_problems_in_a_200_are_a_failure() -> None:
    responses.post(SEND_V1, status=200, json={"problems": {"message": "wrong number"}})
    with pytest.raises(RejectedError, match="wrong number"):
        ADAPTER.send(outbound(), Credentials({**HELD, "api": "v1"}))


@responses.activate
def test_a_page_instead_of_json_is_not_a_receipt() -> None:
    responses.post(SEND_V2, status=200, body="<html>", content_type="text/html")
    with pytest.raises(AmbiguousError):
        ADAPTER.send(outbound(), Credentials(HELD))


@responses.activate
@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("5", 5), ("0", 1), ("-3", 30), ("1e9", 3600), ("nan", 30), ("soon", 30), (None, 30)],
)
def test_a_pause_asked_for_is_kept_within_bounds(asked: str | None, seconds: float) -> None:
    headers = {} if asked is None else {"Retry-After": asked}
    responses.post(SEND_V2, status=429, json={}, headers=headers)
    with pytest.raises(TemporaryError) as caught:
        ADAPTER.send(outbound(), Credentials(HELD))
    assert caught.value.retry_after == seconds


# Renewal

RENEWAL = {"refresh_token": "old", "secret_id": "S", "client_id": "C", **HELD}


@responses.activate
@pytest.mark.parametrize("api", ["v1", "v2"])
def test_a_renewal_answers_both_new_tokens(api: str) -> None:
    base = V1 if api == "v1" else V2
    responses.post(f"{base}/auth/credentials", json={"accessToken": "a", "refreshToken": "r"})
    values = ADAPTER.refresh(Credentials({**RENEWAL, "api": api}))
    assert values == {"access_token": "a", "refresh_token": "r"}
    request = responses.calls[0].request
    sent = dict(request.headers) if api == "v1" else json.loads(request.body or b"")
    assert (sent["clientId"], sent["secretId"], sent["refreshToken"]) == ("C", "S", "old")


@responses.activate
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, RenewalRefused),
        (401, RenewalRefused),
        (429, TemporaryError),
        (500, TemporaryError),
        (200, TemporaryError),
    ],
)
def test_a_renewal_that_brings_no_tokens_says_whether_to_try_again(
    status: int, error: type[ProviderError]
) -> None:
    responses.post(f"{V2}/auth/credentials", status=status, json={})
    with pytest.raises(error):
        ADAPTER.refresh(Credentials(RENEWAL))


@responses.activate
def test_nothing_changed_is_no_new_token() -> None:
    responses.post(f"{V1}/auth/credentials", status=204)
    assert ADAPTER.refresh(Credentials({**RENEWAL, "api": "v1"})) is None


# The account


CHANNELS = {
    "items": [
        {
            "id": "acme-whatsapp-5541999990000",
            "platform": "whatsapp",
            "active": True,
            "name": "Loja",
            "number": "+55 41 99999-0000",
        },
        {"id": "acme-telegram-700", "platform": "telegram", "active": False, "token": "700:SECRET"},
        {"id": "acme-instagram_chat-1", "platform": "instagram_chat", "recipientId": "178"},
        {"id": "acme-webchat-1", "platform": "webchat"},
        "nonsense",
    ]
}


@responses.activate
def test_a_check_lists_the_lines_and_no_secret_of_theirs() -> None:
    responses.get(f"{V2}/channels", json=CHANNELS)
    report = ADAPTER.check(Credentials(HELD))
    found = [(line.kind.value, line.number, line.active, line.name) for line in report.lines]
    assert found == [
        ("whatsapp", "5541999990000", True, "Loja"),
        ("telegram", "700", False, ""),
        ("instagram", "178", False, ""),
    ]
    assert "SECRET" not in repr(report)
    assert responses.calls[0].request.headers["access-token"] == "jwt"


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "error", "cause"),
    [
        (401, {}, CredentialsError, None),
        (403, {}, RejectedError, Cause.SERVICE_ACCESS),
        (429, {}, TemporaryError, None),
        (500, {}, TemporaryError, None),
        (504, {}, AmbiguousError, None),
        (302, {}, RejectedError, Cause.OTHER),
        (200, ["a", "list"], AmbiguousError, None),
    ],
)
def test_each_answer_to_a_check_means_one_thing(
    status: int, body: Any, error: type[ProviderError], cause: Cause | None
) -> None:
    responses.get(f"{V2}/channels", status=status, json=body)
    with pytest.raises(error) as caught:
        ADAPTER.check(Credentials(HELD))
    assert getattr(caught.value, "cause", None) == cause


@responses.activate
def test_an_account_without_that_call_is_asked_for_its_credentials_and_keeps_none() -> None:
    responses.get(f"{V2}/channels", status=404)
    responses.get(f"{V2}/auth/credentials", json={"accessToken": "a-secret"})
    assert "a-secret" not in repr(ADAPTER.check(Credentials(HELD)))


@responses.activate
def test_v1_is_asked_about_the_own_line() -> None:
    check = responses.post(f"{V1}/customer/checkWhatsAppContact", json={"result": {}})
    ADAPTER.check(Credentials({**HELD, "api": "v1", "phone": "5541999990000"}))
    assert json.loads(check.calls[0].request.body or b"") == {
        "chatChannelNumber": "5541999990000",
        "contacts": ["5541999990000"],
    }


@responses.activate
def test_v1_that_refuses_the_token_says_so() -> None:
    responses.post(f"{V1}/customer/checkWhatsAppContact", status=401, json={})
    with pytest.raises(CredentialsError):
        ADAPTER.check(Credentials({**HELD, "api": "v1", "phone": "5541999990000"}))


@pytest.mark.parametrize(
    ("claims", "year"),
    [
        ({"exp": 1893456000}, 2030),
        ({"exp": "1893456000"}, 2030),
        ({}, None),
        ({"exp": None}, None),
        ({"exp": "soon"}, None),
        ({"exp": 1e300}, None),
        ({"exp": []}, None),
    ],
)
def test_a_token_says_when_it_ends_or_nothing(claims: dict[str, Any], year: int | None) -> None:
    parts = [json.dumps(part).encode() for part in ({"alg": "HS512", "typ": "JWT"}, claims)]
    token = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in [*parts, b"sig"])
    expiry = ADAPTER.token_expiry(Credentials({"access_token": token.decode()}))
    assert (expiry and expiry.year) == year


@pytest.mark.parametrize("token", ["", "a-plain-token", "a.b.c", "eyJ.eyJ.x"])
def test_a_token_that_is_no_jwt_has_no_known_end(token: str) -> None:
    assert ADAPTER.token_expiry(Credentials({"access_token": token})) is None
