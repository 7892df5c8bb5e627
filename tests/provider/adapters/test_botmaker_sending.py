"""Botmaker's adapter: what is asked of the provider, and what each of its answers means."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
import responses

from provider.adapters.botmaker import Botmaker
from provider.contracts import Cause, ChannelKind, Credentials, Line, OutboundMessage
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
