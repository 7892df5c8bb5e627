"""Transfer, hold and resume: who may from which state, to whom, and what the customer is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from chat.errors import BadInput, Conflict, NotAllowed
from chat.models import AuditEntry, Classification, Conversation, Membership
from chat.models.conversation import Status
from chat.services import desk, messages
from chat.trace import line
from tests.chat.conftest import (
    IN_STATE,
    colleague,
    held,
    human,
    person,
    sent,
    served,
    setting,
    silence,
    trace,
    waiting,
    writes,
)

TO_BRUNO = "Seu atendimento foi transferido para Bruno Reis, que já vai falar com você."
TO_QUEUE = "Seu atendimento foi transferido para Vendas. Em breve, um atendente vai falar com você."
ON_HOLD = "Seu atendimento está em espera. Já voltamos a falar com você."
WITH_NAME = "Olá! Aqui é Bruno Reis. Vou continuar o seu atendimento."


def other_queue(**fields: Any) -> Classification:
    return Classification.objects.create(**{"description": "Vendas", "kind": "human", **fields})


def stored(conversation: Conversation) -> dict[str, Any]:
    row = Conversation.objects.filter(pk=conversation.pk).values().get()
    return {**row, "events": conversation.events.count(), "messages": sent(conversation)}


def new_texts(conversation: Conversation, act: Callable[[], Any]) -> list[str]:
    """What the customer was sent by something."""
    before = len(sent(conversation))
    act()
    return sent(conversation)[before:]


Act = Callable[[int, User], Conversation]
ACTS: dict[str, Act] = {
    "to another queue": lambda pk, by: desk.transfer(pk, by=by, classification=other_queue().pk),
    "to an agent": lambda pk, by: desk.transfer(pk, by=by, agent="atendente2"),
    "hold": lambda pk, by: desk.hold(pk, by=by),
    "resume": lambda pk, by: desk.resume(pk, by=by),
}
LEADS_TO = {
    ("to another queue", "waiting"): "waiting",
    ("to another queue", "active"): "waiting",
    ("to another queue", "on_hold"): "waiting",
    ("to an agent", "waiting"): "active",
    ("to an agent", "active"): "active",
    ("to an agent", "on_hold"): "active",
    ("hold", "active"): "on_hold",
    ("resume", "on_hold"): "active",
}
PEOPLE = ["owner", "member", "marked", "of another", "supervisor", "admin"]


def somebody(who: str) -> User:
    if who in ("marked", "of another"):
        return colleague("mais um", marked=who == "marked", of=human() if who == "marked" else None)
    return person({"owner": "atendente", "member": "atendente3"}.get(who, who))


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("status", Status.values)
@pytest.mark.parametrize("act", ACTS)
def test_the_owner_and_who_supervises_act_from_legal_states(
    house: None, act: str, status: str, who: str
) -> None:
    colleague("atendente3", of=human())
    conversation = IN_STATE[status]()
    by = somebody(who)
    may = {"marked", "supervisor", "admin"} | ({"owner"} if status != "waiting" else set())
    before = stored(conversation)
    target = LEADS_TO.get((act, status))
    if target and who in may:
        assert ACTS[act](conversation.pk, by).status == target
        assert stored(conversation)["version"] == before["version"] + 1
        return
    with pytest.raises((Conflict, NotAllowed)) as refusal:
        ACTS[act](conversation.pk, by)
    assert str(refusal.value.detail)
    assert stored(conversation) == before


def test_who_only_sees_a_waiting_one_is_told_to_assume_it(ana: User) -> None:
    for act in ACTS.values():
        with pytest.raises(NotAllowed):
            act(waiting().pk, ana)


def test_who_might_have_had_it_is_told_who_has_it(ana: User, bruno: User) -> None:
    for make, act in ((served, "hold"), (held, "resume"), (served, "to another queue")):
        conversation = make()
        with pytest.raises(Conflict, match="Ana Lima"):
            ACTS[act](conversation.pk, bruno)
        messages.close(conversation.pk, by=ana)


class TestTarget:
    @pytest.mark.parametrize(
        ("target", "field"),
        [
            ({}, "classification"),
            ({"agent": "atendente2", "classification": 1}, "classification"),
            ({"agent": "atendente"}, "agent"),
            ({"agent": "supervisor"}, "agent"),
            ({"agent": "ninguém"}, "agent"),
            ({"agent": ""}, "agent"),
            ({"agent": "atendente3"}, "agent"),
            ({"agent": "atendente2", "note": "x" * 501}, "note"),
            ({"classification": 9_000_000}, "classification"),
        ],
    )
    def test_who_may_not_receive_it_is_refused(
        self, ana: User, target: dict[str, Any], field: str
    ) -> None:
        gone = colleague("atendente3", of=human())
        User.objects.filter(pk=gone.pk).update(is_active=False)
        conversation = served()
        before = stored(conversation)
        with pytest.raises(BadInput) as refusal:
            desk.transfer(conversation.pk, by=ana, **target)
        assert refusal.value.field == field
        assert stored(conversation) == before

    @pytest.mark.parametrize("fields", [{"kind": "bot"}, {"active": False}])
    def test_a_queue_without_people_is_refused(self, ana: User, fields: dict[str, Any]) -> None:
        target = other_queue(**fields)
        with pytest.raises(BadInput) as refusal:
            desk.transfer(served().pk, by=ana, classification=target.pk)
        assert refusal.value.field == "classification"

    @pytest.mark.parametrize("make", [served, held])
    def test_back_to_its_own_queue(self, ana: User, make: Any) -> None:
        conversation = desk.transfer(make().pk, by=ana, classification=human().pk)
        assert (conversation.status, conversation.agent) == ("waiting", None)
        assert conversation.waiting_since is not None

    def test_a_waiting_one_is_already_there(self, silvia: User) -> None:
        with pytest.raises(BadInput):
            desk.transfer(waiting().pk, by=silvia, classification=human().pk)

    def test_without_a_classification_first_a_queue_then_an_agent(
        self, ana: User, silvia: User
    ) -> None:
        silence("CLASS_CHAT_BOT")
        conversation = writes()
        with pytest.raises(BadInput) as refusal:
            desk.transfer(conversation.pk, by=silvia, agent="atendente")
        assert refusal.value.field == "agent"
        desk.transfer(conversation.pk, by=silvia, classification=human().pk)
        assert desk.transfer(conversation.pk, by=silvia, agent="atendente").agent == ana


def test_the_old_owner_loses_the_word_at_once(ana: User, bruno: User) -> None:
    conversation = served()
    assert desk.transfer(conversation.pk, by=ana, agent="atendente2").agent == bruno
    with pytest.raises(Conflict, match="Bruno Reis"):
        messages.answer(conversation.pk, "Ainda eu", client_id="a", by=ana)
    messages.answer(conversation.pk, "Agora eu", client_id="b", by=bruno)
    assert sent(conversation)[-1] == "Agora eu"


def test_the_note_is_for_colleagues_only(ana: User) -> None:
    conversation = served()
    desk.transfer(conversation.pk, by=ana, agent="atendente2", note="  100% irritado %s  ")
    said = line(conversation.events.get(what="assign"))
    assert "100% irritado %s" in said.why
    assert not [text for text in sent(conversation) if "irritado" in text]


class TestTransferNotice:
    @pytest.mark.parametrize("make", [served, held])
    def test_it_goes_once_from_agent_to_agent(self, ana: User, make: Any) -> None:
        conversation = make()
        texts = new_texts(
            conversation, lambda: desk.transfer(conversation.pk, by=ana, agent="atendente2")
        )
        assert texts == [TO_BRUNO]

    def test_to_a_queue_nobody_is_named(self, ana: User) -> None:
        conversation, target = served(), other_queue()
        texts = new_texts(
            conversation,
            lambda: desk.transfer(conversation.pk, by=ana, classification=target.pk),
        )
        assert texts == [TO_QUEUE]

    def test_each_transfer_has_its_own(self, ana: User, bruno: User) -> None:
        conversation = served()
        desk.transfer(conversation.pk, by=ana, agent="atendente2")
        texts = new_texts(
            conversation, lambda: desk.transfer(conversation.pk, by=bruno, agent="atendente")
        )
        assert texts == [TO_BRUNO.replace("Bruno Reis", "Ana Lima")]

    def test_assigning_a_waiting_one_is_its_start_and_no_transfer(self, silvia: User) -> None:
        conversation = waiting()
        texts = new_texts(
            conversation, lambda: desk.transfer(conversation.pk, by=silvia, agent="atendente2")
        )
        assert texts == [WITH_NAME]

    def test_started_once_assigned_again_says_nothing(self, ana: User, silvia: User) -> None:
        conversation = served()
        desk.transfer(conversation.pk, by=ana, classification=human().pk)
        texts = new_texts(
            conversation, lambda: desk.transfer(conversation.pk, by=silvia, agent="atendente2")
        )
        assert texts == []

    def test_a_waiting_one_moved_to_another_queue_is_told(self, silvia: User) -> None:
        conversation, target = waiting(), other_queue()
        texts = new_texts(
            conversation,
            lambda: desk.transfer(conversation.pk, by=silvia, classification=target.pk),
        )
        assert texts == [TO_QUEUE]

    def test_the_bots_hand_off_has_only_the_bots_text(self, house: None) -> None:
        setting("AVISO_TRANSFER", "S", "transferido")
        assert "transferido" not in sent(waiting())

    def test_own_words(self, ana: User) -> None:
        setting("AVISO_TRANSFER", "S", "{cliente}, agora com {atendente} ({classificacao})")
        conversation = served()
        desk.transfer(conversation.pk, by=ana, agent="atendente2")
        assert sent(conversation)[-1] == "Maria Souza, agora com Bruno Reis (WhatsApp)"

    @pytest.mark.parametrize("answer", ["N", "", None])
    def test_silent(self, ana: User, answer: str | None) -> None:
        if answer is None:
            silence("AVISO_TRANSFER")
        else:
            setting("AVISO_TRANSFER", answer, "texto que não sai")
        conversation = served()
        assert (
            new_texts(
                conversation, lambda: desk.transfer(conversation.pk, by=ana, agent="atendente2")
            )
            == []
        )


class TestHoldNotice:
    def test_it_goes_on_entering_only(self, ana: User) -> None:
        conversation = served()
        assert new_texts(conversation, lambda: desk.hold(conversation.pk, by=ana)) == [ON_HOLD]
        with pytest.raises(Conflict):
            desk.hold(conversation.pk, by=ana)
        assert new_texts(conversation, lambda: desk.resume(conversation.pk, by=ana)) == []
        assert sent(conversation).count(ON_HOLD) == 1

    def test_a_second_hold_is_another_event(self, ana: User) -> None:
        conversation = served()
        for _ in range(2):
            desk.hold(conversation.pk, by=ana)
            desk.resume(conversation.pk, by=ana)
        assert sent(conversation).count(ON_HOLD) == 2

    def test_own_words_name_the_owner_whoever_holds(self, silvia: User) -> None:
        setting("AVISO_ESPERA", "s", "{atendente} já volta, {cliente}.")
        conversation = served()
        desk.hold(conversation.pk, by=silvia)
        assert sent(conversation)[-1] == "Ana Lima já volta, Maria Souza."

    @pytest.mark.parametrize("answer", ["N", "", None])
    def test_silent(self, ana: User, answer: str | None) -> None:
        if answer is None:
            silence("AVISO_ESPERA")
        else:
            setting("AVISO_ESPERA", answer, "texto que não sai")
        conversation = served()
        assert new_texts(conversation, lambda: desk.hold(conversation.pk, by=ana)) == []


@pytest.mark.parametrize(
    ("make", "act", "recorded"),
    [
        (served, "hold", "hold_not_sent"),
        (served, "to an agent", "transfer_not_sent"),
        (served, "to another queue", "transfer_not_sent"),
        (waiting, "to an agent", "start_not_sent"),
    ],
)
def test_after_the_window_a_notice_is_recorded_and_not_sent(
    silvia: User, make: Any, act: str, recorded: str
) -> None:
    conversation = make()
    with time_machine.travel(timezone.now() + timedelta(hours=24, seconds=1)):
        assert new_texts(conversation, lambda: ACTS[act](conversation.pk, silvia)) == []
    assert trace(conversation)[-1] == (recorded, "window")


class TestCustomerWritesDuringAHold:
    def test_it_goes_on_with_its_owner(self, ana: User) -> None:
        conversation = held()
        writes("E então?")
        conversation.refresh_from_db()
        assert (conversation.status, conversation.agent) == ("active", ana)
        assert trace(conversation)[-1] == ("resume", "customer_wrote")

    @pytest.mark.parametrize("lost", ["membership", "account"])
    def test_it_waits_again_where_the_owner_may_no_longer(self, ana: User, lost: str) -> None:
        conversation = held()
        if lost == "membership":
            Membership.objects.filter(user=ana).delete()
        else:
            User.objects.filter(pk=ana.pk).update(is_active=False)
        writes("E então?")
        conversation.refresh_from_db()
        assert (conversation.status, conversation.agent) == ("waiting", None)
        assert trace(conversation)[-1] == ("requeue", "owner_gone")
        assert conversation.unread_count


class TestClosingWithoutTheMessage:
    def test_it_is_left_out_once_and_audited(self, ana: User) -> None:
        conversation = served()
        texts = new_texts(
            conversation, lambda: messages.close(conversation.pk, by=ana, skip_message=True)
        )
        assert texts == []
        assert trace(conversation)[-2:] == [("close", "by_person"), ("closing_not_sent", "skipped")]
        entry = AuditEntry.objects.get(what="closing_skipped")
        assert (entry.by, entry.about) == (ana, str(conversation))

    def test_where_nothing_would_be_sent_nothing_is_audited(self, ana: User) -> None:
        setting("MSG_ENCERRAMENTO", "N")
        messages.close(served().pk, by=ana, skip_message=True)
        assert not AuditEntry.objects.exists()


def test_every_event_has_its_sentence(ana: User, silvia: User) -> None:
    conversation = served()
    desk.hold(conversation.pk, by=ana)
    desk.resume(conversation.pk, by=ana)
    desk.transfer(conversation.pk, by=ana, agent="atendente2", note="veja")
    desk.transfer(conversation.pk, by=silvia, classification=other_queue().pk)
    for event in conversation.events.all():
        said = line(event)
        assert said.what != event.what
        assert said.why != event.why or not event.why
        assert "%(" not in said.what + said.why
