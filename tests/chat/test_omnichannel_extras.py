"""The agents' screen: answering one message, and the panels of a location and a contact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from chat.models import Channel, Contact, Conversation, Message
from chat.services import contacts
from provider.contracts import ChannelKind
from tests.chat.conftest import person, sent, served, setting

As = Callable[[str], Client]


@pytest.fixture
def screen(house: None) -> As:
    def sign_in(username: str) -> Client:
        client = Client()
        client.force_login(person(username))
        return client

    return sign_in


@pytest.fixture
def ze(house: None) -> Contact:
    return contacts.save(Contact(), name="Zé Lima", phones=[(1, "5541988880000"), (1, "4130001")])


def direct(kind: str) -> Conversation:
    conversation = served(kind=ChannelKind(kind), who="5541988887777")
    Channel.objects.filter(kind=kind).update(adapter=kind)
    return conversation


def at(conversation: Conversation, verb: str = "") -> str:
    return f"/omnichannel/{conversation.pk}/" + (f"{verb}/" if verb else "")


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.content
    return str(answer.content.decode())


def offered(page: str) -> set[str]:
    found = {verb for verb in ("localizacao", "contato") if f'/{verb}/"' in page}
    return found | ({"responder"} if "data-reply=" in page else set())


@pytest.mark.parametrize(
    ("kind", "direct_too", "expected"),
    [
        ("whatsapp", False, {"localizacao", "contato"}),
        ("telegram", False, {"localizacao"}),
        ("messenger", False, set()),
        ("instagram", False, set()),
        ("whatsapp", True, {"localizacao", "contato", "responder"}),
        ("telegram", True, {"localizacao", "contato", "responder"}),
        ("messenger", True, {"responder"}),
        ("instagram", True, {"responder"}),
    ],
)
def test_only_what_the_channel_can_is_offered(
    screen: As, kind: str, direct_too: bool, expected: set[str]
) -> None:
    conversation = direct(kind) if direct_too else served(kind=ChannelKind(kind), who="42")
    assert offered(text_of(screen("atendente").get(at(conversation)))) == expected


def test_the_usual_provider_s_old_api_offers_none(screen: As) -> None:
    conversation = served()
    setting("PROVEDOR_API", "v1")
    assert offered(text_of(screen("atendente").get(at(conversation)))) == set()


def test_a_message_the_channel_does_not_know_has_no_button(screen: As) -> None:
    page = text_of(screen("atendente").get(at(direct("whatsapp"))))
    assert page.count("data-reply=") == 1, "what the customer wrote; the rest has not left yet"


def test_an_answer_quotes_the_message_it_replies_to(screen: As) -> None:
    conversation = direct("whatsapp")
    asked = conversation.messages.filter(direction="in").latest("id")
    fields = {"text": "Esta sim", "client_id": "one", "reply_to": asked.pk}
    page = text_of(screen("atendente").post(at(conversation, "responder"), fields))
    assert f'class="msg-quote" href="#m{asked.pk}"' in page
    assert Message.objects.latest("id").reply_to == asked


@pytest.mark.parametrize("reply_to", ["x", "-1", "9" * 30, "999999"])
def test_a_reply_to_nothing_is_refused_and_nothing_is_sent(screen: As, reply_to: str) -> None:
    conversation = direct("whatsapp")
    before = sent(conversation)
    fields = {"text": "Oi", "reply_to": reply_to}
    answer = screen("atendente").post(at(conversation, "responder"), fields)
    assert (answer.status_code, list(answer.json())) == (400, ["reply_to"])
    assert sent(conversation) == before


def test_the_panel_says_where_a_typed_place_is(screen: As) -> None:
    client, address = screen("atendente"), at(direct("whatsapp"), "localizacao")
    assert "panel-found" not in text_of(client.get(address))
    found = text_of(client.get(address, {"q": "https://maps.google.com/?q=-25.5,-49.25"}))
    assert "-25.500000, -49.250000" in found
    assert "openstreetmap.org/?mlat=-25.500000&amp;mlon=-49.250000" in found
    short = text_of(client.get(address, {"q": "https://maps.app.goo.gl/AbC"}))
    nowhere = text_of(client.get(address, {"q": "Praça"}))
    for page in (short, nowhere):
        assert "panel-found is-warn" in page and "openstreetmap" not in page
    assert short != nowhere.replace("Praça", "https://maps.app.goo.gl/AbC")


def test_a_location_is_sent_with_its_name(screen: As) -> None:
    conversation = direct("whatsapp")
    fields = {"where": "-25,5; -49,25", "name": " Matriz ", "address": "", "client_id": "one"}
    address = at(conversation, "localizacao")
    page = text_of(screen("atendente").post(address, fields))
    assert 'class="place"' in page and "Matriz" in page
    assert sent(conversation)[-1] == "Matriz\n-25.500000, -49.250000"
    screen("atendente").post(address, fields)  # pressed again after a lost answer
    assert sent(conversation).count("Matriz\n-25.500000, -49.250000") == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"where": ""}, "where"),
        ({"where": "Praça"}, "where"),
        ({"where": "https://maps.app.goo.gl/AbC"}, "where"),
        ({"where": "1, 2", "name": "x" * 201}, "location"),
    ],
)
def test_no_place_is_400_and_nothing_is_sent(screen: As, fields: Any, field: str) -> None:
    conversation = direct("whatsapp")
    before = sent(conversation)
    answer = screen("atendente").post(at(conversation, "localizacao"), fields)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert sent(conversation) == before


def test_a_contact_is_found_with_the_telephones_that_go(screen: As, ze: Contact) -> None:
    contacts.save(Contact(), name="Zélia")
    page = text_of(screen("atendente").get(at(direct("whatsapp"), "contato"), {"q": "Zé"}))
    assert f'value="{ze.pk}" required aria-describedby="panel-c{ze.pk}">' in page
    assert "+55 (41) 98888-0000, +4130001" in page
    assert page.count(" disabled>") == 1, "who has no telephone cannot be sent"


def test_a_contact_is_sent(screen: As, ze: Contact) -> None:
    conversation = direct("whatsapp")
    fields = {"contact": ze.pk, "client_id": "one"}
    page = text_of(screen("atendente").post(at(conversation, "contato"), fields))
    assert 'class="person"' in page
    assert sent(conversation)[-1] == "Zé Lima, +55 (41) 98888-0000, +4130001"


@pytest.mark.parametrize("contact", ["", "x", "999999"])
def test_nobody_is_400_and_nothing_is_sent(screen: As, contact: str) -> None:
    conversation = direct("whatsapp")
    before = sent(conversation)
    answer = screen("atendente").post(at(conversation, "contato"), {"contact": contact})
    assert answer.status_code == 400
    assert sent(conversation) == before


@pytest.mark.parametrize("verb", ["localizacao", "contato"])
def test_after_the_window_neither_is_offered_or_taken(screen: As, ze: Contact, verb: str) -> None:
    conversation = direct("whatsapp")
    type(conversation.identity).objects.update(last_inbound_at="2020-01-01T00:00:00Z")
    client = screen("atendente")
    assert "localizacao" not in text_of(client.get(at(conversation)))
    before = sent(conversation)
    fields = {"where": "1, 2", "contact": ze.pk}
    assert client.post(at(conversation, verb), fields).status_code == 409
    assert sent(conversation) == before
