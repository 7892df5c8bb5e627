"""The table of moves, whole: every verb from every status, and who may make the move."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from chat.errors import Conflict, NotAllowed
from chat.models import Conversation
from chat.models.conversation import MOVES, Status
from chat.services import conversations, messages
from tests.chat.conftest import IN_STATE, colleague, human, person, sent, trace, waiting, writes

# Written out here once more, so that a line added to the product's table by mistake is seen.
LEGAL = {
    ("hand_off", "bot"): "waiting",
    ("assume", "waiting"): "active",
    ("assign", "waiting"): "active",
    ("assign", "active"): "active",
    ("assign", "on_hold"): "active",
    ("requeue", "waiting"): "waiting",
    ("requeue", "active"): "waiting",
    ("requeue", "on_hold"): "waiting",
    ("hold", "active"): "on_hold",
    ("resume", "on_hold"): "active",
    ("close", "bot"): "closed",
    ("close", "waiting"): "closed",
    ("close", "active"): "closed",
    ("close", "on_hold"): "closed",
}
EVERY = [(verb, status) for verb in MOVES for status in Status.values]


def stored(conversation: Conversation) -> dict[str, Any]:
    """The row and its events as the database has them."""
    row = Conversation.objects.filter(pk=conversation.pk).values().get()
    return {**row, "events": conversation.events.count(), "messages": sent(conversation)}


@pytest.mark.parametrize(("verb", "status"), EVERY)
def test_a_move_is_in_the_table_or_changes_nothing(ana: User, verb: str, status: str) -> None:
    conversation = IN_STATE[status]()
    before = stored(conversation)
    changes = {"agent": ana} if verb in ("assume", "assign") else {}
    target = LEGAL.get((verb, status))
    if target is None:
        with pytest.raises(Conflict), conversations.changing(conversation.pk) as current:
            conversations.move(current, verb, by=ana, **changes)
        assert stored(conversation) == before
        return
    with conversations.changing(conversation.pk) as current:
        conversations.move(current, verb, by=ana, why="asked", **changes)
    after = stored(conversation)
    assert after["status"] == target
    assert after["version"] == before["version"] + 1
    assert after["events"] == before["events"] + 1
    assert trace(conversation)[-1] == (verb, "asked")
    assert (after["waiting_since"] is not None) == (target == "waiting")
    assert (after["closed_at"] is not None) == (target == "closed")


def test_the_products_table_is_the_one_written_out_here() -> None:
    pairs = {(verb, str(f)): str(t) for verb, ways in MOVES.items() for f, t in ways.items()}
    assert pairs == LEGAL


@pytest.mark.parametrize("status", ["bot", "active", "on_hold", "closed"])
def test_only_a_waiting_conversation_is_assumed(ana: User, bruno: User, status: str) -> None:
    conversation = IN_STATE[status]()
    before = stored(conversation)
    with pytest.raises(Conflict) as refusal:
        messages.assume(conversation.pk, by=bruno)
    assert str(refusal.value.detail)
    assert stored(conversation) == before


def test_of_two_who_assume_the_first_wins(ana: User, bruno: User) -> None:
    conversation = waiting()
    messages.assume(conversation.pk, by=ana)
    with pytest.raises(Conflict, match="Ana Lima"):
        messages.assume(conversation.pk, by=bruno)
    assert Conversation.objects.get(pk=conversation.pk).agent == ana


@pytest.mark.parametrize("username", ["supervisor", "admin", "de fora"])
def test_who_is_no_agent_of_the_classification_cannot_assume_it(house: None, username: str) -> None:
    conversation = waiting()
    before = stored(conversation)
    by = colleague(username) if username == "de fora" else person(username)
    with pytest.raises(NotAllowed):
        messages.assume(conversation.pk, by=by)
    assert stored(conversation) == before


def test_nobody_assumes_of_a_classification_that_was_switched_off(ana: User) -> None:
    conversation = waiting()
    type(human()).objects.filter(pk=human().pk).update(active=False)
    with pytest.raises(NotAllowed):
        messages.assume(conversation.pk, by=ana)


CLOSERS = ["owner", "member", "marked", "of another", "supervisor", "admin"]
MAY_CLOSE = {
    "bot": {"supervisor", "admin"},
    "waiting": {"marked", "supervisor", "admin"},
    "active": {"owner", "marked", "supervisor", "admin"},
    "on_hold": {"owner", "marked", "supervisor", "admin"},
    "closed": set(),
}


@pytest.mark.parametrize("who", CLOSERS)
@pytest.mark.parametrize("status", Status.values)
def test_the_owner_and_who_supervises_may_close(house: None, status: str, who: str) -> None:
    conversation = IN_STATE[status]()
    people = {"owner": "atendente", "member": "atendente2"}
    if who in ("marked", "of another"):
        by = colleague("mais um", marked=who == "marked", of=human() if who == "marked" else None)
    else:
        by = person(people.get(who, who))
    before = stored(conversation)
    if who in MAY_CLOSE[status]:
        assert messages.close(conversation.pk, by=by).status == "closed"
        return
    with pytest.raises((Conflict, NotAllowed)):
        messages.close(conversation.pk, by=by)
    assert stored(conversation) == before


def test_the_database_itself_refuses_a_second_open_conversation(house: None) -> None:
    conversation = writes()
    with pytest.raises(IntegrityError), transaction.atomic():
        conversations.open_for(
            conversation.identity, status=Status.BOT, classification=None, why="first_message"
        )


@pytest.mark.parametrize(("status", "owned"), [("active", False), ("waiting", True), ("bot", True)])
def test_the_database_itself_refuses_an_owner_that_does_not_fit(
    ana: User, status: str, owned: bool
) -> None:
    rows = Conversation.objects.filter(pk=writes().pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(status=status, agent=ana if owned else None)
