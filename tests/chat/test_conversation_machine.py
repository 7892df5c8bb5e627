"""Any order of what customers and agents do, against a model of what must come of it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from chat.errors import Conflict, NotAllowed, Refusal
from chat.models import Conversation, Message
from chat.services import conversations, messages
from tests.chat.conftest import person, sent, writes
from tests.conftest import examples

AGENTS = st.sampled_from(["atendente", "atendente2"])
_ids = itertools.count(1)


@dataclass
class Expected:
    """The newest conversation, as the rules of the house say it must be."""

    status: str = "closed"
    owner: str | None = None
    automatic: int = 0
    agents_said: list[str] = field(default_factory=list)
    noticed: bool = False


class House(RuleBasedStateMachine):
    """One customer, two agents of the classification, a supervisor."""

    def __init__(self) -> None:
        super().__init__()
        self.point = transaction.savepoint()
        self.model = Expected()
        self.id: int | None = None
        self.ended: dict[int, tuple[str, int]] = {}
        self.automatic = 0

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.point)
        connection.run_on_commit.clear()

    @rule(text=st.sampled_from(["Oi", "1", "menu", "pônei", "atendente", "sair", "2"]))
    def customer_writes(self, text: str) -> None:
        model = self.model
        fresh = model.status == "closed"
        if fresh:
            model = self.model = Expected("bot")
        answered = model.status == "bot" and self.automatic < 20
        conversation = writes(text)
        assert fresh == (conversation.pk != self.id), "a new one is opened only after the end"
        assert not fresh or conversation.previous_id == self.id
        self.id = conversation.pk
        if model.status == "on_hold":
            model.status = "active"
        elif model.status == "bot" and not answered:
            model.status = "waiting"
        elif answered:
            model.automatic += 1
            self.automatic += 1
            # What the menu decides is the engine's, tested alone; it may hand off or end.
            model.status = Conversation.objects.get(pk=self.id).status
            assert model.status in {
                "atendente": ("waiting",),
                "sair": ("closed",),
            }.get(text, ("bot", "waiting", "closed"))

    @rule(agent=AGENTS)
    def agent_assumes(self, agent: str) -> None:
        allowed = self.model.status == "waiting"
        self._tries(allowed, lambda c: messages.assume(c, by=person(agent)))
        if allowed and self.id:
            self._taken(agent)

    def _taken(self, agent: str) -> None:
        self.model.status, self.model.owner = "active", agent
        if not self.model.noticed:
            self.model.noticed = True
            self.automatic += 1

    @rule(agent=AGENTS)
    def agent_answers(self, agent: str) -> None:
        model = self.model
        owns = model.status in ("active", "on_hold") and model.owner == agent
        allowed = owns or model.status == "waiting"
        text = f"resposta {next(_ids)}"
        self._tries(allowed, lambda c: messages.answer(c, text, client_id=text, by=person(agent)))
        if allowed and self.id:
            if model.status == "waiting":
                self._taken(agent)
            model.status = "active"
            model.agents_said.append(text)

    @rule()
    def owner_holds(self) -> None:
        def hold(conversation_id: int) -> None:
            with conversations.changing(conversation_id) as conversation:
                conversations.move(conversation, "hold")

        allowed = self.model.status == "active"
        self._tries(allowed, hold)
        if allowed:
            self.model.status = "on_hold"

    @rule(who=st.sampled_from(["atendente", "atendente2", "supervisor"]))
    def somebody_closes(self, who: str) -> None:
        model = self.model
        owns = model.status in ("active", "on_hold") and model.owner == who
        allowed = model.status != "closed" and (owns or who == "supervisor")
        answered = model.status in ("active", "on_hold")
        self._tries(allowed, lambda c: messages.close(c, by=person(who)))
        if allowed and self.id:
            model.status = "closed"
            self.automatic += answered  # the closing message

    def _tries(self, allowed: bool, action: Any) -> None:
        if self.id is None:
            return
        if allowed:
            action(self.id)
            return
        before = self._stored()
        with pytest.raises(Refusal) as refusal:
            action(self.id)
        assert isinstance(refusal.value, Conflict | NotAllowed)
        assert self._stored() == before, "a refusal leaves everything as it was"

    def _stored(self) -> tuple[object, ...]:
        row = Conversation.objects.filter(pk=self.id).values().get()
        return (*row.values(), Message.objects.filter(conversation=self.id).count())

    @invariant()
    def the_house_agrees_with_the_model(self) -> None:
        if self.id is None:
            return
        now = Conversation.objects.select_related("agent").get(pk=self.id)
        assert now.status == self.model.status
        if now.status != "closed":
            assert (now.agent.username if now.agent else None) == self.model.owner
        texts = sent(now)
        assert [text for text in texts if text.startswith("resposta")] == self.model.agents_said
        assert sum("Vou continuar o seu atendimento" in text for text in texts) == int(
            self.model.noticed
        )

    @invariant()
    def what_ended_stays_ended_and_one_at_most_is_open(self) -> None:
        assert Conversation.objects.exclude(status="closed").count() <= 1
        for row in Conversation.objects.filter(status="closed"):
            found = (row.status, row.messages.count())
            assert self.ended.setdefault(row.pk, found) == found

    @invariant()
    def nobody_gets_more_than_the_bots_pace(self) -> None:
        since = timezone.now() - timedelta(minutes=10)
        bots = Message.objects.filter(author="bot", created_at__gt=since)
        assert bots.count() <= 20


def run(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        House,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_order_of_events_keeps_the_rules(house: None) -> None:
    run(examples(60), 15)


@pytest.mark.full
def test_many_more_orders_of_events_keep_the_rules(house: None) -> None:
    run(300, 30)
