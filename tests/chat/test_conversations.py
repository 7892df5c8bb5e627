"""Opening, handing off, holding and ending: what a customer and a supervisor see of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from chat.models import Conversation, Identity, Menu, Message
from chat.services import messages
from provider.contracts import ChannelKind
from provider.models import Delivery
from tests.chat.conftest import (
    closed,
    held,
    human,
    sent,
    served,
    silence,
    trace,
    waiting,
    writes,
)


def test_a_first_message_opens_with_the_bot_and_gets_one_answer(house: None) -> None:
    conversation = writes("Oi")
    assert conversation.status == "bot"
    assert conversation.classification is not None
    assert conversation.classification.description == "ISOCHAT BOT"
    assert len(sent(conversation)) == 1
    assert trace(conversation) == [("open", "first_message")]


def test_one_identity_has_one_open_conversation(house: None) -> None:
    assert writes("Oi") == writes("1") == writes("atendente") == writes("?")
    assert Conversation.objects.count() == 1


def test_another_person_or_another_channel_is_another_conversation(house: None) -> None:
    found = {
        writes("Oi").pk,
        writes("Oi", who="5541977776666").pk,
        writes("Oi", kind=ChannelKind.TELEGRAM).pk,
    }
    assert len(found) == 3


@pytest.mark.parametrize("how", ["an agent closed it", "the customer left"])
def test_a_closed_conversation_stays_closed_and_the_next_message_opens_a_new_one(
    house: None, how: str
) -> None:
    old = closed() if how == "an agent closed it" else writes("sair")
    said = sent(old)
    new = writes("Oi de novo")
    old.refresh_from_db()
    assert (old.status, new.status) == ("closed", "bot")
    assert new.previous == old
    assert sent(old) == said
    assert writes("1") == new


def test_the_menus_own_bot_classification_goes_before_the_parameters(house: None) -> None:
    other = type(human()).objects.create(description="Bot da loja", kind="bot")
    Menu.objects.update(classification=other)
    assert writes().classification == other
    other.active = False
    other.save()
    found = writes(who="5541977776666").classification
    assert found is not None
    assert found.description == "ISOCHAT BOT"


def test_without_class_chat_bot_the_bot_is_silent_and_people_see_it_waiting(house: None) -> None:
    silence("CLASS_CHAT_BOT")
    conversation = writes("Oi")
    writes("2")
    conversation.refresh_from_db()
    assert (conversation.status, conversation.classification) == ("waiting", None)
    assert sent(conversation) == []
    assert trace(conversation) == [("open", "no_bot_classification")]


def test_without_class_chat_atendimento_a_hand_off_waits_without_classification(
    house: None,
) -> None:
    silence("CLASS_CHAT_ATENDIMENTO")
    conversation = waiting()
    conversation.refresh_from_db()
    assert (conversation.status, conversation.classification) == ("waiting", None)
    assert trace(conversation)[-1] == ("hand_off", "no_classification")
    assert len(sent(conversation)) == 1


@pytest.mark.parametrize("change", [{"active": False}, {"kind": "bot"}])
def test_a_classification_that_cannot_serve_counts_as_none(
    house: None, change: dict[str, object]
) -> None:
    type(human()).objects.filter(pk=human().pk).update(**change)
    conversation = waiting()
    conversation.refresh_from_db()
    assert (conversation.status, conversation.classification) == ("waiting", None)


@pytest.mark.parametrize("make", [waiting, served, held])
def test_the_bot_is_quiet_while_people_have_the_conversation(house: None, make: object) -> None:
    conversation = make()  # type: ignore[operator]
    said = sent(conversation)
    for text in ("Oi", "2", "menu", "sair"):
        assert writes(text) == conversation
    conversation.refresh_from_db()
    assert sent(conversation) == said
    assert conversation.status != "closed"


def test_a_customer_who_writes_during_a_hold_ends_it(ana: User) -> None:
    conversation = held()
    unread = conversation.unread_count
    writes("Ainda está aí?")
    conversation.refresh_from_db()
    assert (conversation.status, conversation.agent) == ("active", ana)
    assert conversation.unread_count == unread + 1
    assert trace(conversation)[-1] == ("resume", "customer_wrote")


def test_an_answer_ends_a_hold(ana: User) -> None:
    conversation = held()
    messages.answer(conversation.pk, "Voltei.", client_id="a", by=ana)
    conversation.refresh_from_db()
    assert conversation.status == "active"
    assert trace(conversation)[-1] == ("resume", "answered")


def test_an_answer_reads_what_was_unread(ana: User) -> None:
    conversation = waiting()
    assert Conversation.objects.get(pk=conversation.pk).unread_count == 1
    messages.answer(conversation.pk, "Oi.", client_id="a", by=ana)
    assert Conversation.objects.get(pk=conversation.pk).unread_count == 0


def test_the_customer_leaves_with_one_goodbye_and_no_closing_message(house: None) -> None:
    writes("Oi")
    conversation = writes("sair")
    assert conversation.status == "closed"
    assert len(sent(conversation)) == 2
    assert trace(conversation)[-1] == ("close", "by_customer")


def test_three_misses_reach_people_with_one_answer_each(house: None) -> None:
    writes("Oi")
    for text in ("pônei", "pônei!", "um pônei"):
        conversation = writes(text)
    assert conversation.status == "waiting"
    assert len(sent(conversation)) == 4
    assert trace(conversation)[-1] == ("hand_off", "not_understood")


def test_two_bots_that_greet_each_other_stop_after_twenty_messages(house: None) -> None:
    for _ in range(25):
        conversation = writes("menu")
    conversation.refresh_from_db()
    assert conversation.status == "waiting"
    assert conversation.classification == human()
    assert len(sent(conversation)) == 20
    assert trace(conversation)[-1] == ("hand_off", "too_many_automatic")


def test_the_pace_counts_over_conversations_of_one_person_only(house: None) -> None:
    for number in range(10):
        writes("menu")
        writes("sair")
        writes("menu", who=f"55419777766{number:02d}")
    last = writes("Oi")
    assert (last.status, sent(last)) == ("waiting", [])
    assert sent(writes("1", who="5541977776600")) != []


def test_after_ten_minutes_the_bot_may_write_again(house: None) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        for _ in range(20):
            writes("menu")
        clock.move_to(start + timedelta(minutes=10, seconds=1))
        assert writes("menu").status == "bot"
    assert Message.objects.filter(author="bot").count() == 21


def test_the_same_message_twice_is_one_message_with_one_answer(house: None) -> None:
    writes("Oi")  # received twice
    assert Message.objects.filter(direction="in").count() == 1
    assert Delivery.objects.count() == 1


def test_the_identity_keeps_the_newest_name_the_provider_gave(house: None) -> None:
    writes(name="Maria")
    writes(name="")
    writes(name="Maria Souza")
    assert Identity.objects.get().name == "Maria Souza"
    assert Identity.objects.get().contact.anonymous
