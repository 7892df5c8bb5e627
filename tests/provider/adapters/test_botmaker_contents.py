"""Botmaker's adapter: files, places and people, in both formats."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provider.adapters.botmaker import Botmaker
from provider.contracts import Content, EchoMessage, InboundMessage, Media, Person, Place
from tests.conftest import examples

ADAPTER = Botmaker()
STORE = "https://storage.googleapis.com/storage.botmaker.com/public/res/acmecrm/users"
CARD = {
    "name": {"first_name": "Joao", "last_name": "Reis", "formatted_name": "Joao Reis"},
    "phones": [{"phone": "+55 41 98888-0000", "type": "WORK", "wa_id": "5541988880000"}],
    "emails": [{"email": "j@example.com", "type": "WORK"}],
}


def flat(**content: Any) -> Any:
    body = {
        "chatPlatform": "whatsapp",
        "contactId": "5541988887777",
        "WHATSAPP_NUMBER": "5541999990000",
        "_id_": "A1",
        "from": "user",
        **content,
    }
    (item,) = ADAPTER.parse(json.dumps(body).encode())
    return item


def enveloped(**content: Any) -> Any:
    body = {
        "type": "message",
        "chatPlatform": "whatsapp",
        "contactId": "5541988887777",
        "whatsappNumber": "5541999990000",
        "messages": [{"_id_": "A1", "from": "user", **content}],
    }
    (item,) = ADAPTER.parse(json.dumps(body).encode())
    return item


@pytest.fixture(params=[flat, enveloped])
def says(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.parametrize(
    ("key", "content"),
    [
        ("image", Content.IMAGE),
        ("audio", Content.AUDIO),
        ("video", Content.VIDEO),
        ("file", Content.DOCUMENT),
    ],
)
def test_a_file_is_where_it_can_be_fetched_with_the_name_of_its_address(
    says: Any, key: str, content: Content
) -> None:
    item = says(**{key: f"{STORE}/1a2b/Proposta%20n%C2%BA%201.pdf?x=1"}, caption="veja")
    assert isinstance(item, InboundMessage)
    assert (item.content, item.text) == (content, "veja")
    (media,) = item.media
    assert media.content == content
    assert media.source == f"{STORE}/1a2b/Proposta%20n%C2%BA%201.pdf?x=1"
    assert media.name == "Proposta nº 1.pdf"


def test_several_images_of_one_message_are_several_files(says: Any) -> None:
    item = says(IMAGES_URLS=[f"{STORE}/a.png", f"{STORE}/b.png", f"{STORE}/a.png", 7])
    assert item.content == Content.IMAGE
    assert [media.name for media in item.media] == ["a.png", "b.png"]


def test_an_operators_file_is_of_the_echo() -> None:
    item = flat(**{"from": "operator"}, file=f"{STORE}/x.xlsx")
    assert isinstance(item, EchoMessage)
    assert item.media == (Media(Content.DOCUMENT, f"{STORE}/x.xlsx", "x.xlsx"),)


@pytest.mark.parametrize("value", [True, {"url": "x"}, "", "file:///etc/passwd", "a b", [1]])
def test_what_is_no_address_is_no_file(says: Any, value: Any) -> None:
    item = says(image=value)
    assert (item.content, item.media) == (Content.UNSUPPORTED, ())


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(-25.4284, -49.2733), ("-25.4284", " -49.2733 "), ("-25,4284", "-49,2733")],
)
def test_a_location_may_be_numbers_or_texts(says: Any, latitude: Any, longitude: Any) -> None:
    item = says(
        location={
            "name": "Praça",
            "address": "Rua X, 10",
            "latitude": latitude,
            "longitude": longitude,
        }
    )
    assert item.content == Content.LOCATION
    assert item.place == Place(-25.4284, -49.2733, "Praça", "Rua X, 10")


@pytest.mark.parametrize(
    "location",
    [
        {},
        "aqui",
        {"latitude": "norte", "longitude": 1},
        {"latitude": 1},
        {"latitude": 91, "longitude": 0},
        {"latitude": 0, "longitude": 181},
        {"latitude": "NaN", "longitude": 0},
        {"latitude": 10**400, "longitude": 0},
        {"latitude": True, "longitude": 0},
    ],
)
def test_a_location_that_makes_no_sense_is_unsupported(says: Any, location: Any) -> None:
    item = says(location=location)
    assert (item.content, item.place) == (Content.UNSUPPORTED, None)


def test_people_come_with_telephones_and_mails(says: Any) -> None:
    item = says(contacts=[CARD, {"phones": [{"wa_id": "554130001111"}]}, {}, "lixo"])
    assert item.content == Content.CONTACTS
    assert item.people == (
        Person("Joao Reis", ("+55 41 98888-0000",), ("j@example.com",)),
        Person("", ("554130001111",)),
    )


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://example.com/..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("https://example.com/a%0D%0Ab%00.pdf", "ab.pdf"),
        ("https://example.com/x%E2%80%AEgpj.exe", "xgpj.exe"),
        ("https://example.com/", ""),
        ("https://example.com", ""),
        (f"https://example.com/{'a' * 1000}", "a" * 200),
    ],
)
def test_a_files_name_is_one_plain_line(address: str, name: str) -> None:
    assert flat(file=address).media[0].name == name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["name", "phones", "emails", "phone", "latitude", "longitude", "org"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
KEYS = ["image", "audio", "video", "file", "location", "contacts", "IMAGES_URLS", "caption"]


@settings(max_examples=examples(200), deadline=None)
@given(content=st.dictionaries(st.sampled_from(KEYS), JSON))
def test_any_content_is_read_as_something(content: dict[str, Any]) -> None:
    item = flat(**content)
    assert isinstance(item, InboundMessage)
    assert bool(item.place) == (item.content == Content.LOCATION)
    assert bool(item.people) == (item.content == Content.CONTACTS)
