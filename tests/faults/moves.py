"""R17: close, transfer, hold and a customer who writes, at one moment, leave a legal state."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

from django.db.models import F

from chat.errors import Refusal
from chat.models import Conversation, Message
from chat.services import desk, messages
from provider.models import WebhookEvent
from provider.services import webhooks
from tests.faults import scene
from tests.faults.rows import Outcome, Trial

# Written down here again, so that a change of the product's own table is noticed.
LEGAL = {
    "assume": {"waiting": "active"},
    "assign": {"waiting": "active", "active": "active", "on_hold": "active"},
    "requeue": {"waiting": "waiting", "active": "waiting", "on_hold": "waiting"},
    "hold": {"active": "on_hold"},
    "resume": {"on_hold": "active"},
    "hand_off": {"bot": "waiting"},
    "close": dict.fromkeys(("bot", "waiting", "active", "on_hold"), "closed"),
}


def run(trial: Trial) -> Outcome:
    rounds, outcome = trial.either(smoke=10, full=500), Outcome()
    ends: Counter[str] = Counter()
    for number in range(rounds):
        ends.update(_round(number, outcome))
    illegal = sum(_is_illegal(row) for row in Conversation.objects.all())
    written = Message.objects.filter(direction="in")
    inbound = written.count()
    # Nobody looks into a closed conversation for what is new.
    late = written.filter(created_at__gt=F("conversation__closed_at")).count()
    outcome.figures.update(
        {
            "rounds": rounds,
            "first ended as": dict(ends),
            "illegal": illegal,
            "messages written": 2 * rounds,
            "kept in a conversation": inbound,
            "after it was closed": late,
        }
    )
    outcome.expect(illegal == 0, f"{illegal} conversations in an illegal state")
    outcome.expect(inbound == 2 * rounds, f"{inbound} of {2 * rounds} messages")
    outcome.expect(late == 0, f"{late} messages in a conversation that was closed before")
    outcome.expect(len(ends) > 1 or rounds < 20, "they never met")
    return outcome


def _round(number: int, outcome: Outcome) -> list[str]:
    contact = f"55424{number:08d}"
    ana = scene.person("atendente")
    first = messages.assume(scene.waiting(contact).pk, by=ana)
    event = scene.post(scene.said(contact, "Ainda está aí?"))
    to = {"agent": "atendente2"} if number % 2 else {"classification": first.classification_id}
    acts = [
        partial(messages.close, first.pk, by=ana),
        partial(desk.transfer, first.pk, by=ana, **to),
        partial(desk.hold, first.pk, by=ana),
        partial(webhooks.process, event),
    ]
    chosen = acts[number % 4 :] + acts[: number % 4]  # who starts first is first more often
    for answer in scene.at_once(chosen):
        is_known = not isinstance(answer, Exception) or isinstance(answer, Refusal)
        outcome.expect(is_known, f"round {number}: {type(answer).__name__}: {answer}")
    while WebhookEvent.objects.filter(state="received").exists():
        scene.due_now()
        webhooks.drain()
    theirs = Conversation.objects.filter(identity__external_id=contact)
    opened = theirs.exclude(status="closed").count()
    outcome.expect(opened <= 1, f"round {number}: {opened} open conversations")
    first.refresh_from_db()
    return [first.status]


def _is_illegal(row: Conversation) -> bool:
    """Whether its trace has a move no table allows, or its end fits neither trace nor owner."""
    state: str | None = "waiting" if _first(row) == "no_bot_classification" else "bot"
    for what in row.events.order_by("id").values_list("what", flat=True):
        if what in LEGAL:
            state = LEGAL[what].get(state or "")
    owned = row.status in ("active", "on_hold")
    fits: Any = row.status == "closed" or owned == (row.agent_id is not None)
    return state != row.status or not fits


def _first(row: Conversation) -> str:
    return row.events.order_by("id").values_list("why", flat=True)[0]
