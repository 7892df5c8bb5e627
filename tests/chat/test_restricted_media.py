"""Files in a storage that is closed to who does not ask with the account's token."""

from __future__ import annotations

import json
from urllib.parse import quote, urlsplit

import pytest
import requests
import responses

from chat.models import Attachment
from chat.services import media
from provider import registry
from provider.contracts import Content, Credentials, Media
from tests import pictures
from tests.chat.conftest import setting, writes
from tests.chat.test_media import bytes_of
from tests.conftest import Provider
from tests.hosts import Server

LINK = "https://9.9.9.9/f?key=1"
HELD = Credentials({"v2_url": "https://api.botmaker.com/v2.0", "access_token": "jwt"})
STORED = "https://storage.googleapis.com/storage.botmaker.com/public/res/acme/users/f.jpg"
ASKED = "https://api.botmaker.com/v2.0/private-media/temp-access-link"


def uploaded(provider: Provider) -> str:
    answer = requests.post(f"{provider.base}/_sandbox/media", data=pictures.PDF, timeout=5)
    return f"{provider.base}{answer.json()['path']}proposta.pdf"


def comes(url: str) -> Attachment:
    found = Media(Content.DOCUMENT, url, "proposta.pdf")
    conversation = writes("", content=Content.DOCUMENT, media=(found,))
    media.drain()
    return Attachment.objects.get(message__conversation=conversation)


def links(provider: Provider) -> int:
    calls = provider.get("log")["entries"]
    return sum("temp-access-link" in json.dumps(call) for call in calls)


def test_a_file_of_a_closed_storage_comes_by_a_temporary_link(provider: Provider) -> None:
    url = uploaded(provider)
    provider.switch(storage="restricted")
    assert requests.get(url, timeout=5).status_code == 403
    found = comes(url)
    assert (found.state, bytes_of(found)) == ("ready", pictures.PDF)
    assert found.source == url, "the link would not open any more"
    assert links(provider) == 1


def test_a_file_of_an_open_storage_needs_no_link(provider: Provider) -> None:
    assert comes(uploaded(provider)).state == "ready"
    assert links(provider) == 0


def test_a_token_that_is_refused_is_tried_again_later(provider: Provider) -> None:
    url = uploaded(provider)
    provider.switch(storage="restricted", token="expired")
    found = comes(url)
    assert (found.state, found.tries) == ("pending", 1)
    provider.switch(token="ok")
    Attachment.objects.update(next_attempt_at=found.created_at)
    media.drain()
    found.refresh_from_db()
    assert found.state == "ready"


def test_no_file_found_with_a_200_is_no_file(provider: Provider) -> None:
    url = uploaded(provider)
    provider.switch(storage="empty")
    found = comes(url)
    assert (found.state, found.reason, found.file) == ("failed", "gone", "")


@pytest.fixture
def host(house: None, server: Server, settings: object) -> Server:
    settings.BOTMAKER_V2_URL = f"{server.base}/v2.0"  # type: ignore[attr-defined]
    setting("PROVEDOR_TOKEN", note="a-token-of-the-account")
    return server


def forbids(host: Server, body: bytes, status: str = "200 OK") -> str:
    """A file nobody may have, and what is answered to who asks for a link."""
    url = host.at("/f", "Content-Length: 0", status="403 Forbidden")
    query = f"file-url={quote(url, safe='')}&expire-minutes=15"
    length = f"Content-Length: {len(body)}"
    host.at(f"/v2.0/private-media/temp-access-link?{query}", length, body=body, status=status)
    return url


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b'{"tempUrl": "http://127.0.0.2/f"}', "200 OK", "blocked"),
        (b'{"tempUrl": "http://169.254.169.254/"}', "200 OK", "blocked"),
        (b'{"tempUrl": "file:///etc/passwd"}', "200 OK", "gone"),
        (b"{}", "200 OK", "gone"),
        (b'{"errors": [{"message": "no such file"}]}', "400 Bad Request", "gone"),
    ],
)
def test_a_link_that_may_not_be_opened_ends_the_file(
    host: Server, body: bytes, status: str, reason: str
) -> None:
    found = comes(forbids(host, body, status))
    assert (found.state, found.reason) == ("failed", reason)


def test_a_link_that_is_closed_too_ends_the_file(host: Server) -> None:
    again = host.at("/again", "Content-Length: 0", status="403 Forbidden")
    found = comes(forbids(host, json.dumps({"url": again}).encode()))
    assert (found.state, found.reason) == ("failed", "gone")
    assert len(host.asked) == 3


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (json.dumps({"tempUrl": LINK}), LINK),
        (json.dumps({"url": LINK}), LINK),
        (json.dumps(LINK), LINK),
        (f"{LINK}\n", LINK),
        ("see the manual", None),
        ("[]", None),
    ],
)
@responses.activate
def test_a_link_is_read_in_every_form_it_may_come(body: str, found: str | None) -> None:
    responses.get(ASKED, body=body)
    located = registry.get("botmaker").relocate(Media(Content.IMAGE, STORED), HELD)
    assert (located.url if located else None) == found
    request = responses.calls[0].request
    assert request.headers["access-token"] == "jwt"
    assert urlsplit(request.url).query == f"file-url={quote(STORED, safe='')}&expire-minutes=15"


@pytest.mark.parametrize(
    "url",
    [
        "https://storage.googleapis.com/another-bucket/f.jpg",
        "https://botmaker.com.example/f.jpg",
        "http://storage.botmaker.com/f.jpg",
        "https://[broken",
        "",
    ],
)
@responses.activate
def test_only_the_providers_own_storage_is_asked_about(url: str) -> None:
    assert registry.get("botmaker").relocate(Media(Content.IMAGE, url), HELD) is None
    assert len(responses.calls) == 0
