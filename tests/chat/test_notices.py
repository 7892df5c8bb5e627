"""The notices of the guide: the start notice and the closing message."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from chat.models import Contact, Conversation
from chat.services import conversations, messages
from isobot.demo import CLOSING
from provider.contracts import ChannelKind
from provider.models import Delivery
from tests.chat.conftest import held, sent, served, setting, silence, trace, waiting, writes

START = "Seu atendimento foi iniciado."
WITH_NAME = "Olá! Aqui é Ana Lima. Vou continuar o seu atendimento."


@pytest.mark.parametrize(
    ("answer", "note", "notice"),
    [
        ("S", "", START),
        ("C", "", WITH_NAME),
        ("N", "", None),
        ("N", "Texto que não sai", None),
        ("", "", None),
        ("s", "Bem-vinda, {cliente}!", "Bem-vinda, Maria Souza!"),
        ("C", "{atendente} · {classificacao}", "Ana Lima · WhatsApp"),
        ("S", "{cliente}{cliente} %s 100%", "Maria SouzaMaria Souza %s 100%"),
    ],
)
def test_the_start_notice_goes_before_the_first_answer_as_configured(
    ana: User, answer: str, note: str, notice: str | None
) -> None:
    setting("AVISO_CONV_INCIADA", answer, note)
    conversation = waiting()
    before = len(sent(conversation))
    messages.answer(conversation.pk, "Bom dia!", client_id="a", by=ana)
    expected = ["Bom dia!"] if notice is None else [notice, "Bom dia!"]
    assert sent(conversation)[before:] == expected


def test_without_the_key_no_start_notice_is_sent(ana: User) -> None:
    silence("AVISO_CONV_INCIADA")
    conversation = waiting()
    before = sent(conversation)
    messages.assume(conversation.pk, by=ana)
    assert sent(conversation) == before


def test_the_start_notice_is_sent_once_in_a_conversation(ana: User, bruno: User) -> None:
    conversation = served()
    assert sent(conversation).count(WITH_NAME) == 1
    messages.answer(conversation.pk, "Um momento.", client_id="a", by=ana)
    with conversations.changing(conversation.pk) as current:
        conversations.move(current, "requeue", by=ana)
    messages.assume(conversation.pk, by=bruno)
    assert [text for text in sent(conversation) if text.startswith("Olá! Aqui é")] == [WITH_NAME]


def test_what_replaces_a_placeholder_is_never_a_template(ana: User) -> None:
    setting("AVISO_CONV_INCIADA", "S", "{cliente}")
    conversation = waiting(name="{atendente} {classificacao}")
    messages.assume(conversation.pk, by=ana)
    assert sent(conversation)[-1] == "{atendente} {classificacao}"


def test_a_linked_contacts_name_goes_before_the_providers(ana: User) -> None:
    setting("AVISO_CONV_INCIADA", "S", "{cliente}")
    conversation = waiting()
    contact = Contact.objects.create(name="Maria de Souza")
    Conversation.objects.filter(pk=conversation.pk).update(contact=contact)
    messages.assume(conversation.pk, by=ana)
    assert sent(conversation)[-1] == "Maria de Souza"


@pytest.mark.parametrize("make", [served, held])
def test_the_closing_message_is_the_guides_verbatim_and_goes_once(ana: User, make: object) -> None:
    conversation = make()  # type: ignore[operator]
    messages.close(conversation.pk, by=ana)
    assert sent(conversation).count(CLOSING) == 1
    assert sent(conversation)[-1] == CLOSING
    assert Delivery.objects.filter(text=CLOSING).count() == 1


@pytest.mark.parametrize(("answer", "note"), [("N", CLOSING), ("", ""), ("S", "  "), (None, "")])
def test_no_closing_message_where_it_is_refused_blank_or_absent(
    ana: User, answer: str | None, note: str
) -> None:
    if answer is None:
        silence("MSG_ENCERRAMENTO")
    else:
        setting("MSG_ENCERRAMENTO", answer, note)
    conversation = served()
    before = sent(conversation)
    messages.close(conversation.pk, by=ana)
    assert sent(conversation) == before
    assert trace(conversation)[-1] == ("close", "by_person")


@pytest.mark.parametrize(("make", "by"), [(writes, "silvia"), (waiting, "silvia")])
def test_who_was_never_answered_gets_no_closing_message(
    silvia: User, make: object, by: str
) -> None:
    conversation = make()  # type: ignore[operator]
    before = sent(conversation)
    messages.close(conversation.pk, by=silvia)
    assert sent(conversation) == before


def test_after_the_window_the_closing_message_is_not_sent_but_recorded(ana: User) -> None:
    conversation = served()
    before = sent(conversation)
    with time_machine.travel(timezone.now() + timedelta(hours=24, seconds=1)):
        messages.close(conversation.pk, by=ana)
    assert sent(conversation) == before
    assert trace(conversation)[-2:] == [("close", "by_person"), ("closing_not_sent", "window")]


def test_a_channel_without_a_window_gets_its_closing_message_days_later(ana: User) -> None:
    conversation = served(kind=ChannelKind.TELEGRAM)
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        messages.close(conversation.pk, by=ana)
    assert sent(conversation)[-1] == CLOSING
