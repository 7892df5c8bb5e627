"""Every kind of content a customer can send, from the provider's webhook to the agent and REST."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chat.models import Attachment, Message
from chat.services import media
from tests import pictures
from tests.conftest import Customer
from tests.hosts import Server

pytestmark = pytest.mark.django_db
PLACE = {"name": "Praça", "address": "Rua X, 10", "latitude": -25.4284, "longitude": "-49.2733"}
CARD = {
    "name": {"formatted_name": "João Reis"},
    "phones": [{"phone": "+55 41 98888-0000"}],
    "emails": [{"email": "j@example.com"}],
}
FILES = [
    ("image", "foto.png", pictures.png(), "<img src="),
    ("audio", "voz.ogg", pictures.OGG, "<audio"),
    ("video", "filme.mp4", pictures.MP4, "<video"),
    ("file", "proposta.pdf", pictures.PDF, "proposta.pdf"),
]


def page_of(message: Message) -> str:
    client = Client()
    client.force_login(User.objects.get(username="supervisor"))
    return client.get(f"/omnichannel/{message.conversation_id}/").content.decode()


@pytest.fixture
def host(house: None, server: Server, settings: Any) -> Server:
    settings.BOTMAKER_V1_URL = f"{server.base}/api/v1.0"
    return server


@pytest.mark.parametrize(("key", "name", "body", "shown"), FILES)
@pytest.mark.parametrize("is_flat", [True, False])
def test_a_file(
    host: Server,
    customer: Customer,
    api: Any,
    key: str,
    name: str,
    body: bytes,
    shown: str,
    is_flat: bool,
) -> None:
    url = host.at(f"/{name}", f"Content-Length: {len(body)}", body=body)
    sends(customer, is_flat, **{key: url})
    message = Message.objects.filter(direction="in").latest("id")
    assert message.content == ("document" if key == "file" else key)
    pending = page_of(message)
    assert "spinner-border" in pending
    media.drain()
    assert shown in page_of(message)
    (listed,) = _listed(api, message)["attachments"]
    assert (listed["name"], listed["size"]) == (name, len(body))
    assert b"".join(api("supervisor").get(listed["url"]).streaming_content) == body
    assert Attachment.objects.get().state == "ready"


@pytest.mark.parametrize("is_flat", [True, False])
def test_a_place_and_people(customer: Customer, api: Any, is_flat: bool) -> None:
    sends(customer, is_flat, location=PLACE)
    place = Message.objects.filter(direction="in").latest("id")
    page = page_of(place)
    assert "https://www.openstreetmap.org/?mlat=-25.428400&amp;mlon=-49.273300#map=17" in page
    assert _listed(api, place)["text"] == "Praça\nRua X, 10\n-25.428400, -49.273300"
    sends(customer, is_flat, contacts=[CARD])
    card = Message.objects.filter(direction="in").latest("id")
    page = page_of(card)
    assert 'data-copy="+55 41 98888-0000"' in page
    assert "mailto:j@example.com" in page
    assert _listed(api, card)["text"] == "João Reis, +55 41 98888-0000, j@example.com"


@pytest.mark.parametrize("is_flat", [True, False])
def test_what_the_channel_does_not_hand_over(customer: Customer, api: Any, is_flat: bool) -> None:
    sends(customer, is_flat, error="Unsupported message")
    message = Message.objects.filter(direction="in").latest("id")
    assert message.content == "unsupported"
    assert "[conteúdo que este canal não entrega]" in page_of(message)
    assert _listed(api, message)["attachments"] == []


def test_words_of_files_places_and_people_are_never_markup(
    host: Server, customer: Customer
) -> None:
    attack = '"><img src=x onerror=alert(1)>'
    customer.says("", location={**PLACE, "name": attack, "address": attack})
    customer.says("", contacts=[{"name": attack, "phones": [{"phone": attack}]}])
    customer.says("", file=f"{host.base}/%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E.pdf")
    assert "<img src=x" not in page_of(Message.objects.latest("id"))


def sends(customer: Customer, is_flat: bool, **content: Any) -> None:
    if is_flat:
        customer.says("", **content)
        return
    inner = {"_id_": f"E{Message.objects.count():019d}", "from": "user", **content}
    customer.event(
        {
            "v": "1.1",
            "type": "message",
            "chatPlatform": "whatsapp",
            "contactId": "5541988887777",
            "whatsappNumber": "5541999990000",
            "messages": [inner],
        }
    )


def _listed(api: Any, message: Message) -> dict[str, Any]:
    address = f"/api/v1/conversations/{message.conversation_id}/messages/"
    found = api("supervisor").get(address).json()["results"]
    return next(row for row in found if row["id"] == message.pk)
