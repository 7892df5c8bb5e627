"""Files through Botmaker: the field each version has for them, and what is refused beforehand."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
import responses

from provider.adapters.botmaker import Botmaker
from provider.contracts import (
    Cause,
    ChannelKind,
    Content,
    Credentials,
    Line,
    OutboundFile,
    OutboundMessage,
)
from provider.errors import (
    AmbiguousError,
    CredentialsError,
    ProviderError,
    RejectedError,
    TemporaryError,
)

ADAPTER = Botmaker()
V1, V2 = "https://v1.example/api/v1.0", "https://v2.example/v2.0"
HELD = {"access_token": "jwt", "v1_url": V1, "v2_url": V2}
SEND = {"v1": f"{V1}/message/v3", "v2": f"{V2}/chats-actions/send-messages"}
TAKEN = {"v1": {"id": "M1"}, "v2": {"webhookNotificationId": "wn-1"}}
URL = "https://crm.example/media/signed/"


def outbound(content: Content, type_: str, text: str = "Segue") -> OutboundMessage:
    line = Line("botmaker", ChannelKind.WHATSAPP, "5541999990000")
    file = OutboundFile(content, "key", "arquivo.bin", type_, 9, URL)
    return OutboundMessage(uuid.UUID(int=7), "identity:1", line, "5541988887777", text, file=file)


def credentials(version: str) -> Credentials:
    return Credentials({**HELD, "api": version})


def sent(version: str, message: OutboundMessage) -> Any:
    responses.post(SEND[version], status=202 if version == "v2" else 200, json=TAKEN[version])
    ADAPTER.send(message, credentials(version))
    return json.loads(responses.calls[0].request.body or b"")


V2_FILES = [
    (Content.IMAGE, "image/jpeg", "image/jpeg"),
    (Content.IMAGE, "image/png", "image/png"),
    (Content.AUDIO, "audio/ogg", "audio/ogg"),
    (Content.AUDIO, "audio/mpeg", "audio/mpeg"),
    (Content.VIDEO, "video/mp4", "video/mp4"),
    (Content.VIDEO, "video/3gpp", "video/3gpp"),
    (Content.DOCUMENT, "application/pdf", "application/pdf"),
    (Content.DOCUMENT, "application/vnd.ms-excel", "file/vnd.ms-excel"),
]


@responses.activate
@pytest.mark.parametrize(("content", "type_", "word"), V2_FILES)
def test_a_v2_file_goes_as_media_with_its_text_as_caption(
    content: Content, type_: str, word: str
) -> None:
    message = outbound(content, type_)
    assert ADAPTER.takes(content, type_, credentials("v2"))
    assert sent("v2", message)["messages"] == [
        {
            "text": "Segue",
            "media": {"filename": "arquivo.bin", "mimeType": word, "url": URL},
            "webhookPayload": str(message.reference),
        }
    ]


@responses.activate
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_file_without_a_text_has_no_caption(version: str) -> None:
    body = sent(version, outbound(Content.IMAGE, "image/jpeg", text=""))
    whole = body if version == "v1" else body["messages"][0]
    assert "text" not in whole and "messageText" not in whole


V1_FILES = [
    (Content.IMAGE, "image/jpeg", "imageURL"),
    (Content.AUDIO, "audio/ogg", "audioURL"),
    (Content.DOCUMENT, "application/pdf", "fileURL"),
    (Content.DOCUMENT, "application/zip", "fileURL"),
]


@responses.activate
@pytest.mark.parametrize(("content", "type_", "field"), V1_FILES)
def test_a_v1_file_goes_in_the_field_of_its_kind(content: Content, type_: str, field: str) -> None:
    assert ADAPTER.takes(content, type_, credentials("v1"))
    assert sent("v1", outbound(content, type_)) == {
        "chatPlatform": "whatsapp",
        "chatChannelNumber": "5541999990000",
        "platformContactId": "5541988887777",
        "messageText": "Segue",
        field: URL,
    }


UNTAKEN = [
    ("v1", Content.VIDEO, "video/mp4"),
    ("v2", Content.DOCUMENT, "application/zip"),
    ("v2", Content.DOCUMENT, "application/msword"),
    ("v2", Content.DOCUMENT, "image/gif"),
    ("v2", Content.DOCUMENT, "image/jpeg"),
    ("v2", Content.IMAGE, "image/webp"),
    ("v2", Content.VIDEO, "video/quicktime"),
]


@responses.activate
@pytest.mark.parametrize(("version", "content", "type_"), UNTAKEN)
def test_what_a_version_has_no_word_for_is_refused_before_anything_leaves(
    version: str, content: Content, type_: str
) -> None:
    assert not ADAPTER.takes(content, type_, credentials(version))
    with pytest.raises(RejectedError) as caught:
        ADAPTER.send(outbound(content, type_), credentials(version))
    assert caught.value.cause == Cause.CONTENT
    assert len(responses.calls) == 0


# What the provider says -> the error, its cause, and whether it is tried again by itself.
ERRORS: list[tuple[str, int, dict[str, Any], type[ProviderError], Cause | None]] = [
    ("v1", 403, {"error": {"code": 101}}, RejectedError, Cause.SERVICE_ACCESS),
    ("v1", 403, {"error": {"code": 201}}, RejectedError, Cause.WINDOW),
    ("v1", 200, {"error": {"code": 201}}, RejectedError, Cause.WINDOW),
    ("v1", 200, {"problems": {"message": "bad url"}}, RejectedError, Cause.OTHER),
    ("v1", 200, {"problems": "bad url"}, RejectedError, Cause.OTHER),
    ("v1", 200, {"id": "M1", "problems": {"message": "x"}}, RejectedError, Cause.OTHER),
    ("v1", 400, {"error": {"code": 400}}, RejectedError, Cause.CONTENT),
    ("v1", 401, {}, CredentialsError, None),
    ("v1", 429, {}, TemporaryError, None),
    ("v1", 500, {}, TemporaryError, None),
    ("v1", 504, {}, AmbiguousError, None),
    ("v2", 400, {"errors": [{"type": "t", "message": "m"}]}, RejectedError, Cause.CONTENT),
    ("v2", 401, {}, CredentialsError, None),
    ("v2", 403, {"errors": [{"type": "forbidden"}]}, RejectedError, Cause.SERVICE_ACCESS),
    ("v2", 404, {}, RejectedError, Cause.RECIPIENT),
    ("v2", 413, {}, RejectedError, Cause.CONTENT),
    ("v2", 415, {}, RejectedError, Cause.CONTENT),
    ("v2", 422, {}, RejectedError, Cause.CONTENT),
    ("v2", 200, {"problems": {"message": "x"}}, RejectedError, Cause.OTHER),
    ("v2", 200, {}, AmbiguousError, None),
    ("v2", 429, {}, TemporaryError, None),
    ("v2", 502, {}, TemporaryError, None),
    ("v2", 503, {}, TemporaryError, None),
    ("v2", 504, {}, AmbiguousError, None),
]


@responses.activate
@pytest.mark.parametrize(("version", "status", "body", "error", "cause"), ERRORS)
def test_each_refusal_has_its_cause_and_its_way_on(
    version: str,
    status: int,
    body: dict[str, Any],
    error: type[ProviderError],
    cause: Cause | None,
) -> None:
    responses.post(SEND[version], status=status, json=body)
    with pytest.raises(error) as caught:
        ADAPTER.send(outbound(Content.IMAGE, "image/jpeg"), credentials(version))
    assert type(caught.value) is error
    assert getattr(caught.value, "cause", None) == cause
