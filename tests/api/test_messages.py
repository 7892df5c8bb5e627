"""Reading a conversation's messages, and answering in it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from chat.models import Conversation, Message
from chat.services import messages
from provider.contracts import Cause, ChannelKind, Status, StatusUpdate
from provider.models import Delivery
from tests.api.conftest import CONVERSATIONS, As, Rest
from tests.chat.conftest import (
    colleague,
    held,
    human,
    person,
    sent,
    served,
    silence,
    waiting,
    writes,
)

SHAPE = {
    "id", "direction", "author", "text", "attachments", "status", "failure", "created_at",
    "external_id", "reply_to", "location", "contacts",
}  # fmt: skip


def address(conversation: Conversation) -> str:
    return f"{CONVERSATIONS}{conversation.pk}/messages/"


def say(client: Rest, conversation: Conversation, text: Any, client_id: Any = "one") -> Any:
    return client.post(address(conversation), {"text": text, "client_id": client_id})


def test_messages_are_oldest_first_in_the_shape_of_the_contract(rest: As) -> None:
    conversation = served()
    found = rest("atendente").get(address(conversation)).json()["results"]
    assert [(m["direction"], m["author"], m["status"]) for m in found] == [
        ("in", "contact", None),
        ("out", "bot", "queued"),
        ("out", "system", "queued"),
    ]
    for message in found:
        assert set(message) == SHAPE
        assert (message["attachments"], message["failure"]) == ([], None)


def test_after_gives_only_what_came_later(rest: As) -> None:
    conversation = served()
    client = rest("atendente")
    everything = [m["id"] for m in client.get(address(conversation)).json()["results"]]
    for position, number in enumerate(everything):
        later = client.get(address(conversation), after=number).json()["results"]
        assert [m["id"] for m in later] == everything[position + 1 :]


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "9" * 30, "\x00"])
def test_an_illegal_after_is_400(rest: As, after: str) -> None:
    answer = rest("supervisor").get(address(served()), after=after)
    assert (answer.status_code, list(answer.json())) == (400, ["after"])


def test_a_failure_names_its_cause_and_what_the_provider_said(rest: As) -> None:
    conversation = served()
    client = rest("atendente")
    number = say(client, conversation, "Bom dia!").json()["id"]
    reference = Message.objects.get(pk=number).reference
    messages.apply_update(
        StatusUpdate(
            Status.FAILED,
            timezone.now(),
            "botmaker",
            reference=reference,
            cause=Cause.RECIPIENT,
            detail="131026",
        )
    )
    last = client.get(address(conversation)).json()["results"][-1]
    assert last["status"] == "failed"
    assert last["failure"]["cause"] == "recipient"
    assert "131026" in last["failure"]["detail"]


def test_a_first_answer_assumes_with_the_notice_first_and_the_text_verbatim(rest: As) -> None:
    conversation = waiting()
    text = "  Olá {atendente}!\n\n*Bom* dia  "
    answer = say(rest("atendente"), conversation, text)
    assert (answer.status_code, answer.json()["text"]) == (201, text)
    assert (answer.json()["author"], answer.json()["status"]) == ("agent", "queued")
    assert sent(conversation)[-1] == text
    assert sent(conversation)[-2].startswith("Olá! Aqui é Ana Lima.")
    conversation.refresh_from_db()
    assert (conversation.status, conversation.agent) == ("active", person("atendente"))
    texts = Delivery.objects.order_by("id").values_list("text", "stream")
    assert [text for text, _stream in texts][-2:] == sent(conversation)[-2:]
    assert len({stream for _text, stream in texts}) == 1


def test_the_same_client_id_is_the_same_message(rest: As) -> None:
    conversation = waiting()
    client = rest("atendente")
    first = say(client, conversation, "Oi")
    before = sent(conversation)
    again = say(client, conversation, "Oi")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert sent(conversation) == before
    assert Delivery.objects.filter(text="Oi").count() == 1


def test_the_same_client_id_with_other_content_is_409(rest: As) -> None:
    conversation = served()
    say(rest("atendente"), conversation, "Oi")
    before = sent(conversation)
    answer = say(rest("atendente"), conversation, "Olá")
    assert answer.status_code == 409
    assert set(answer.json()) == {"detail", "status", "agent"}
    assert sent(conversation) == before


def test_a_repeat_after_the_end_still_answers_with_the_message(rest: As) -> None:
    conversation = served()
    client = rest("atendente")
    first = say(client, conversation, "Até logo").json()["id"]
    messages.close(conversation.pk, by=person("atendente"))
    again = say(client, conversation, "Até logo")
    assert (again.status_code, again.json()["id"]) == (200, first)


def test_a_client_id_is_of_one_conversation(rest: As) -> None:
    one, two = served(), served(who="5541977776666")
    client = rest("atendente")
    assert say(client, one, "Oi").status_code == 201
    assert say(client, two, "Olá").status_code == 201


def test_without_a_client_id_every_call_is_a_message(rest: As) -> None:
    conversation = served()
    client = rest("atendente")
    for _ in range(2):
        assert client.post(address(conversation), {"text": "Oi"}).status_code == 201
    assert sent(conversation).count("Oi") == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": "   \n"},
        {"text": None},
        {"text": ["Oi"]},
        {"text": {"a": 1}},
        {"text": True},
        {"text": "a\x00b"},
        {"text": "a\ud800b"},
        {"text": "x" * 4097},
        {"text": "x" * 20_001},
        {"text": "Oi", "client_id": ""},
        {"text": "Oi", "client_id": None},
        {"text": "Oi", "client_id": "x" * 101},
        {"text": "Oi", "client_id": "a\x00"},
        {"text": "Oi", "client_id": ["a"]},
        [],
        "Oi",
        None,
    ],
)
def test_bad_input_is_400_and_neither_sends_nor_assumes(rest: As, body: Any) -> None:
    conversation = waiting()
    before = sent(conversation)
    raw = json.dumps(body).encode()
    assert rest("atendente").raw("POST", address(conversation), raw).status_code == 400
    conversation.refresh_from_db()
    assert conversation.status == "waiting"
    assert sent(conversation) == before


@pytest.mark.parametrize(
    ("kind", "longest"),
    [("whatsapp", 4096), ("messenger", 2000), ("instagram", 1000), ("telegram", 4096)],
)
def test_a_text_is_as_long_as_its_channel_takes(rest: As, kind: str, longest: int) -> None:
    conversation = served(kind=ChannelKind(kind))
    client = rest("atendente")
    assert say(client, conversation, "x" * (longest + 1), "long").status_code == 400
    # Instagram counts bytes; the others count letters, whatever their bytes.
    letter = "e" if kind == "instagram" else "é"
    assert say(client, conversation, letter * longest, "fits").status_code == 201


def test_after_the_window_the_answer_is_409_with_that_cause(rest: As) -> None:
    whatsapp, telegram = served(), served(kind=ChannelKind.TELEGRAM, who="42")
    with time_machine.travel(timezone.now() + timedelta(hours=24, seconds=1)):
        client = rest("atendente")
        late = say(client, whatsapp, "Oi")
        assert late.status_code == 409
        assert set(late.json()) == {"detail", "status", "agent", "cause"}
        assert late.json()["cause"] == "window"
        assert say(client, telegram, "Oi").status_code == 201
        writes("Voltei")
        assert say(client, whatsapp, "Oi").status_code == 201


@pytest.mark.parametrize("make", [served, held])
@pytest.mark.parametrize("username", ["atendente", "marcada", "supervisor", "admin"])
def test_only_its_owner_answers_and_anybody_else_is_told_who_that_is(
    rest: As, make: Any, username: str
) -> None:
    conversation = make("atendente2")
    colleague("marcada", marked=True, of=human())
    before = sent(conversation)
    answer = say(rest(username), conversation, "Oi")
    assert answer.status_code == 409
    assert answer.json()["agent"] == {"username": "atendente2", "name": "Bruno Reis"}
    assert sent(conversation) == before


def test_after_the_end_nobody_answers(rest: As) -> None:
    conversation = served()
    messages.close(conversation.pk, by=person("atendente"))
    answer = say(rest("atendente"), conversation, "Oi")
    assert (answer.status_code, answer.json()["status"]) == (409, "closed")


def test_without_classification_only_supervisors_see_it_and_nobody_answers(rest: As) -> None:
    silence("CLASS_CHAT_ATENDIMENTO")
    conversation = waiting()
    assert say(rest("atendente"), conversation, "Oi").status_code == 404
    assert say(rest("supervisor"), conversation, "Oi").status_code == 403
