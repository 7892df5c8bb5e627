"""Files, places and people that customers of the sandbox send."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from provider.sandbox import Sandbox


@pytest.fixture
def base(tmp_path: Any) -> Any:
    sandbox = Sandbox(tmp_path / "state.json")
    sandbox.start()
    yield sandbox.url.rstrip("/")
    sandbox.stop()


def test_a_file_is_kept_and_served_at_an_address_with_its_name(base: str) -> None:
    body = bytes(range(256)) * 8000  # above what a call may carry
    path = requests.post(f"{base}/_sandbox/media", data=body, timeout=5).json()["path"]
    answer = requests.get(f"{base}{path}foto%20da%20fachada.jpg", timeout=5)
    assert (answer.status_code, answer.content) == (200, body)
    assert requests.get(f"{base}/storage/unknown/x.jpg", timeout=5).status_code == 404
    assert requests.get(f"{base}/storage", timeout=5).status_code == 404


def test_an_empty_file_is_none(base: str) -> None:
    assert requests.post(f"{base}/_sandbox/media", data=b"", timeout=5).status_code == 400


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"location": {"latitude": 1, "longitude": 2}}, "location"),
        ({"contact": {"name": {"formatted_name": "A"}}}, "contact"),
        ({"media": {"kind": "image", "url": "http://x/y.jpg"}}, "image"),
        ({"unsupported": {"name": "A poll"}}, "unsupported"),
    ],
)
def test_a_customer_sends_more_than_text(base: str, given: dict[str, Any], kind: str) -> None:
    phone = f"{base}/_sandbox/phones/whatsapp/5541988887777"
    assert requests.post(f"{phone}/messages", json=given, timeout=5).status_code == 201
    (message,) = requests.get(f"{phone}/", timeout=5).json()["messages"]
    assert message["attachments"][0]["kind"] == kind


def test_the_phone_shows_the_file_its_owner_sent(base: str) -> None:
    headers = {"Content-Type": "image/png"}
    kept = requests.post(f"{base}/_sandbox/media", data=b"pixels", headers=headers, timeout=5)
    url = f"{base}{kept.json()['path']}minha%20foto.png"
    phone = f"{base}/_sandbox/phones/telegram/42"
    media = {"kind": "image", "url": url}
    requests.post(f"{phone}/messages", json={"media": media}, timeout=5).raise_for_status()
    (message,) = requests.get(f"{phone}/", timeout=5).json()["messages"]
    (shown,) = message["attachments"]
    assert (shown["filename"], shown["size"]) == ("minha foto.png", 6)
    file = requests.get(f"{base}/_sandbox/files/{shown['file']}", timeout=5)
    assert (file.content, file.headers["Content-Type"]) == (b"pixels", "image/png")


NOT_MEDIA = [{"kind": "image"}, [{"kind": "image", "url": 1}], ["x"], [[]]]


@pytest.mark.parametrize(
    "given",
    [
        *({"location": "here"}, {"contact": []}, {"location": {}}, {"unsupported": "poll"}),
        *({"media": media} for media in NOT_MEDIA),
    ],
)
def test_what_is_no_object_is_refused(base: str, given: dict[str, Any]) -> None:
    phone = f"{base}/_sandbox/phones/whatsapp/5541988887777/messages"
    assert requests.post(phone, json=given, timeout=5).status_code == 400
