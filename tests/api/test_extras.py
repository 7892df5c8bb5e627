"""Replies to one message, locations and contact cards, sent by REST."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from chat.models import Channel, Contact, Conversation, Message
from chat.services import contacts, messages
from provider.contracts import ChannelKind, Content, Person, Place
from provider.models import Delivery
from provider.services import extras as kept
from tests.api.conftest import CONVERSATIONS, As
from tests.chat.conftest import person, sent, served, setting, waiting, writes

PLACE = {"latitude": -25.4296, "longitude": -49.2713, "name": "Matriz", "address": "Praça, 1"}
DIRECT = ["whatsapp", "telegram"]


@pytest.fixture
def ze(house: None) -> Contact:
    return contacts.save(Contact(), name="Zé Lima", phones=[(1, "5541988880000"), (1, "4130001")])


def direct(kind: str = "whatsapp", conversation: Conversation | None = None) -> Conversation:
    """A conversation on a channel that is reached without a provider between."""
    found = conversation or served(kind=ChannelKind(kind), who="5541988887777")
    Channel.objects.filter(pk=found.identity.channel_id).update(adapter=kind)
    return Conversation.objects.get(pk=found.pk)


def address(conversation: Conversation) -> str:
    return f"{CONVERSATIONS}{conversation.pk}/messages/"


def post(rest: As, conversation: Conversation, **body: Any) -> Any:
    return rest("atendente").post(address(conversation), body)


def customers(conversation: Conversation) -> Message:
    """What the customer wrote."""
    return conversation.messages.filter(direction="in").latest("id")


def leaving() -> Any:
    return kept.unpacked(Delivery.objects.latest("id").extra)


@pytest.mark.parametrize("kind", [*DIRECT, "messenger", "instagram"])
def test_a_reply_names_the_message_it_answers(rest: As, kind: str) -> None:
    conversation = direct(kind)
    asked = customers(conversation)
    answer = post(rest, conversation, text="Esta sim", reply_to=asked.pk)
    assert (answer.status_code, answer.json()["reply_to"]) == (201, asked.pk)
    assert leaving() == {"reply_to": asked.external_id}


@pytest.mark.parametrize("kind", DIRECT)
def test_a_location_goes_as_one_and_is_told_in_words_too(rest: As, kind: str) -> None:
    conversation = direct(kind)
    answer = post(rest, conversation, location=PLACE).json()
    assert answer["location"] == PLACE
    assert answer["text"] == "Matriz\nPraça, 1\n-25.429600, -49.271300"
    assert leaving() == {"place": Place(**PLACE)}  # type: ignore[arg-type]
    assert Delivery.objects.latest("id").text == ""
    conversation.refresh_from_db()
    assert conversation.last_preview == "Matriz Praça, 1 -25.429600, -49.271300"


def test_cards_are_the_names_and_telephones_of_contacts(rest: As, ze: Contact) -> None:
    conversation = direct()
    answer = post(rest, conversation, contacts=[ze.pk], reply_to=customers(conversation).pk)
    phones = ["+55 (41) 98888-0000", "+4130001"]
    assert answer.json()["contacts"] == [{"name": "Zé Lima", "phones": phones, "emails": []}]
    assert leaving()["people"] == (Person("Zé Lima", tuple(phones)),)
    assert leaving()["reply_to"] == customers(conversation).external_id


@pytest.mark.parametrize(("kind", "count"), [("whatsapp", 1), ("telegram", 2)])
def test_several_cards_are_as_many_messages_as_the_channel_needs(
    rest: As, ze: Contact, kind: str, count: int
) -> None:
    ana = contacts.save(Contact(), name="Ana", phones=[(1, "5541988881111")])
    conversation = direct(kind)
    asked = {"contacts": [ze.pk, ana.pk, ze.pk], "client_id": "one"}
    before = len(sent(conversation))
    answer = post(rest, conversation, **asked)
    assert len(sent(conversation)) == before + count
    assert "Ana, +55 (41) 98888-1111" in sent(conversation)[-1]
    again = post(rest, conversation, **asked)
    assert (again.status_code, again.json()) == (200, answer.json())
    assert len(sent(conversation)) == before + count


def test_what_customers_send_is_told_as_what_agents_send(rest: As) -> None:
    place = Place(-25.5, -49.25, "n" * 300)  # longer than what is taken here
    conversation = served()
    writes(content=Content.LOCATION, place=place)
    writes(content=Content.CONTACTS, people=(Person("Bia", ("1",), ("b@x.example",)),))
    said = rest("atendente").get(address(conversation)).json()["results"]
    assert said[-2]["location"] == {**asdict(place)}
    assert said[-1]["contacts"] == [{"name": "Bia", "phones": ["1"], "emails": ["b@x.example"]}]


def test_what_a_message_is_without_them_is_told(rest: As) -> None:
    said = post(rest, direct(), text="Oi").json()
    assert (said["reply_to"], said["location"], said["contacts"]) == (None, None, [])


def test_a_first_answer_by_a_location_assumes(rest: As) -> None:
    conversation = direct(conversation=waiting())
    assert post(rest, conversation, location=PLACE).status_code == 201
    conversation.refresh_from_db()
    assert (conversation.status, conversation.agent) == ("active", person("atendente"))


def test_the_same_client_id_is_the_same_message_and_other_content_is_409(
    rest: As, ze: Contact
) -> None:
    conversation = direct()
    asked = customers(conversation).pk
    bodies: list[dict[str, Any]] = [
        {"text": "Oi"},
        {"text": "Oi", "reply_to": asked},
        {"location": PLACE},
        {"location": {**PLACE, "name": ""}},
        {"location": PLACE, "reply_to": asked},
        {"contacts": [ze.pk]},
    ]
    for number, body in enumerate(bodies):
        first = post(rest, conversation, **body, client_id=str(number))
        assert first.status_code == 201
        for other in bodies:
            again = post(rest, conversation, **other, client_id=str(number))
            assert again.status_code == (200 if other == body else 409), (body, other)
        contacts.save(ze, name=f"Zé {number}")  # what is asked for again is the same contact
        again = post(rest, conversation, **body, client_id=str(number))
        assert (again.status_code, again.json()) == (200, first.json())


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("messenger", {"location": PLACE}, "location", "Messenger"),
    ("instagram", {"location": PLACE}, "location", "Instagram"),
    ("messenger", {"contacts": [1]}, "contacts", "Messenger"),
    ("instagram", {"contacts": [1]}, "contacts", "Instagram"),
    ("botmaker", {"text": "Oi", "reply_to": 1}, "reply_to", "Botmaker"),
]


@pytest.mark.parametrize(("kind", "body", "field", "who"), REFUSED)
def test_a_channel_that_cannot_is_400_naming_the_field_and_who(
    rest: As, kind: str, body: dict[str, Any], field: str, who: str
) -> None:
    conversation = served() if kind == "botmaker" else direct(kind)
    before = sent(conversation)
    answer = post(rest, conversation, **body)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert answer.json()[field][0].startswith(who)
    assert sent(conversation) == before


@pytest.mark.parametrize("kind", ["telegram", "messenger", "instagram"])
def test_the_usual_provider_hands_cards_over_on_whatsapp_alone(
    rest: As, ze: Contact, kind: str
) -> None:
    other = served(kind=ChannelKind(kind), who="42")
    assert post(rest, other, contacts=[ze.pk]).status_code == 400
    assert post(rest, served(), contacts=[ze.pk]).status_code == 201


def test_the_usual_provider_s_old_api_takes_none_of_them(rest: As, ze: Contact) -> None:
    conversation = served()
    assert post(rest, conversation, location=PLACE).status_code == 201
    setting("PROVEDOR_API", "v1")
    for body in ({"location": PLACE}, {"contacts": [ze.pk]}):
        answer = post(rest, conversation, **body)
        assert answer.status_code == 400
        assert "API v1" in str(answer.json())


def test_only_a_message_of_the_same_conversation_is_answered(rest: As) -> None:
    other = served("atendente2", who="5541977776666")
    mine = direct()
    theirs, nowhere = customers(other).pk, 10**9
    said = [post(rest, mine, text="Oi", reply_to=asked) for asked in (theirs, nowhere)]
    assert [answer.status_code for answer in said] == [400, 400]
    assert said[0].json() == said[1].json(), "nothing tells that the other one exists"


def test_a_message_without_an_id_of_the_channel_is_not_answered_yet(rest: As) -> None:
    conversation = direct()
    waiting_one = post(rest, conversation, text="Um momento").json()
    answer = post(rest, conversation, text="Oi", reply_to=waiting_one["id"])
    assert answer.status_code == 400
    assert list(answer.json()) == ["reply_to"]
    Message.objects.filter(pk=waiting_one["id"]).update(external_id="wamid.OUT")
    assert post(rest, conversation, text="Oi", reply_to=waiting_one["id"]).status_code == 201


@pytest.mark.parametrize(
    ("kind", "made_here"), [("telegram", "callback:77"), ("messenger", "a" * 64)]
)
def test_what_is_no_message_of_the_channel_is_not_answered(
    rest: As, kind: str, made_here: str
) -> None:
    conversation = direct(kind)
    asked = customers(conversation)
    Message.objects.filter(pk=asked.pk).update(external_id=made_here)
    answer = post(rest, conversation, text="Oi", reply_to=asked.pk)
    assert (answer.status_code, list(answer.json())) == (400, ["reply_to"])


def test_contacts_that_cannot_be_sent_are_400(rest: As, ze: Contact) -> None:
    conversation = direct()
    silent = contacts.save(Contact(), name="Sem telefone")
    for asked in ([silent.pk], [contacts.anonymous().pk], [10**9], [ze.pk, 10**9]):
        answer = post(rest, conversation, contacts=asked)
        assert (answer.status_code, list(answer.json())) == (400, ["contacts"]), asked


@pytest.mark.parametrize(
    "body",
    [
        {"location": {}},
        {"location": {"latitude": 1}},
        {"location": {"latitude": 91, "longitude": 1}},
        {"location": {"latitude": 1, "longitude": -181}},
        {"location": {"latitude": "nan", "longitude": 1}},
        {"location": {"latitude": "inf", "longitude": 1}},
        {"location": {"latitude": 10**400, "longitude": 1}},
        {"location": {"latitude": None, "longitude": 1}},
        {"location": {**PLACE, "name": "x" * 201}},
        {"location": {**PLACE, "address": "a\x00"}},
        {"location": [1, 2]},
        {"location": None},
        {"contacts": []},
        {"contacts": [0]},
        {"contacts": ["x"]},
        {"contacts": list(range(1, 12))},
        {"contacts": 1},
        {"text": "Oi", "location": PLACE},
        {"location": PLACE, "contacts": [1]},
        {"text": "Oi", "reply_to": 0},
        {"text": "Oi", "reply_to": "x"},
        {"text": "Oi", "reply_to": [1]},
        {"reply_to": 1},
        {"template": {"name": "oi"}, "reply_to": 1},
    ],
)
def test_bad_input_is_400_and_neither_sends_nor_assumes(rest: As, body: Any) -> None:
    conversation = direct(conversation=waiting())
    before = sent(conversation)
    raw = json.dumps(body).encode()
    assert rest("atendente").raw("POST", address(conversation), raw).status_code == 400
    conversation.refresh_from_db()
    assert conversation.status == "waiting"
    assert sent(conversation) == before


def test_who_does_not_see_the_conversation_learns_nothing(rest: As, ze: Contact) -> None:
    conversation = direct()
    body = {"location": PLACE}
    assert rest("atendente2").post(address(conversation), body).status_code == 409
    messages.close(conversation.pk, by=person("atendente"))
    assert rest("atendente2").post(address(conversation), body).status_code == 404
    assert rest(None).post(address(conversation), body).status_code == 401


def test_a_resend_has_the_place_the_people_and_the_message_again(rest: As, ze: Contact) -> None:
    conversation = direct()
    asked = customers(conversation)
    for body in ({"location": PLACE}, {"contacts": [ze.pk]}, {"text": "Oi"}):
        number = post(rest, conversation, **body, reply_to=asked.pk).json()["id"]
        first = leaving()
        Message.objects.filter(pk=number).update(status="failed")
        messages.resend(number, by=person("atendente"))
        assert leaving() == first
        assert first["reply_to"] == asked.external_id


def test_what_an_earlier_release_queued_still_leaves(rest: As) -> None:
    assert kept.unpacked({}) == {}
    assert kept.unpacked({"reply_to": "m_1"}) == {"reply_to": "m_1"}
