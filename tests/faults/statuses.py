"""R14: in whatever order statuses come, what is shown never goes back and ends the same."""

from __future__ import annotations

import itertools
import random
import uuid

from chat.models import Message
from chat.models.message import Fact, view_of
from provider.contracts import ChannelKind, Status
from provider.services import deliveries
from tests.faults import scene
from tests.faults.rows import Outcome, Trial

# Written down here again, so that a change of the product's own table is noticed.
ORDER = ["queued", "unknown", "sent", "failed", "delivered", "read"]
FOUR = [Status.SENT, Status.FAILED, Status.DELIVERED, Status.READ]


def run(trial: Trial) -> Outcome:
    outcome = Outcome()
    orders = list(itertools.permutations(FOUR))
    agree = sum(_shown(order) == "read" for order in orders)
    outcome.figures["permutations"] = f"{agree}/{len(orders)}"
    outcome.expect(agree == len(orders), f"only {agree} permutations end as read")
    rounds = trial.either(smoke=2_000, full=20_000)
    outcome.figures["interleavings"] = rounds
    outcome.figures["regressions"] = _interleave(rounds, trial.random, outcome)
    outcome.figures["through webhooks"] = f"{_by_webhook(orders, outcome)}/{len(orders)}"
    return outcome


def _shown(order: tuple[Status, ...]) -> str:
    reference = uuid.uuid4()
    return view_of([Fact(reference, s) for s in order], reference, ChannelKind.WHATSAPP).status


def _interleave(rounds: int, chance: random.Random, outcome: Outcome) -> int:
    """Random facts with repeats about two sends of one message; how often the view went back."""
    regressions = 0
    for _ in range(rounds):
        earlier, newest = uuid.UUID(int=1), uuid.UUID(int=2)
        kind = chance.choice(list(ChannelKind))
        facts: list[Fact] = []
        before = "queued"
        for _ in range(chance.randint(1, 12)):
            facts.append(
                Fact(chance.choice((earlier, newest, newest)), Status(chance.choice(ORDER)))
            )
            chance.shuffle(facts)  # the order in which they are kept says nothing
            known = view_of(facts, newest, ChannelKind.WHATSAPP).status
            shown = view_of(facts, newest, kind).status
            # Where delivered is shown as sent, it still outranks an earlier failure.
            if ORDER.index(known) < ORDER.index(before) or shown != _expected(facts, newest, kind):
                regressions += 1
                outcome.expect(False, f"{before} became {shown} on {kind} by {_short(facts)}")
            before = known
    return regressions


def _short(facts: list[Fact]) -> list[str]:
    return [f"{fact.reference.int}:{fact.status}" for fact in facts]


def _expected(facts: list[Fact], newest: uuid.UUID, kind: ChannelKind) -> str:
    """The contract's own words, said another way than the product says them."""
    said = {str(fact.status) for fact in facts if fact.reference == newest}
    said |= {str(fact.status) for fact in facts} & {"delivered", "read"}
    highest = next((status for status in reversed(ORDER) if status in said), "queued")
    is_proof = highest in ("delivered", "read")
    return "sent" if is_proof and kind is not ChannelKind.WHATSAPP else highest


def _by_webhook(orders: list[tuple[Status, ...]], outcome: Outcome) -> int:
    """Each permutation as real webhooks about a real send; how many ended as read."""
    scene.control("switches", echo=False, statuses=False)
    ended = 0
    for number, order in enumerate(orders):
        contact = f"55415{number:08d}"
        scene.write(contact, "Oi")
        deliveries.drain()
        entry = scene.control("ledger")["entries"][-1]
        message = Message.objects.get(reference=entry["webhook_payload"])
        rank = ORDER.index("sent")
        for status in order:
            body = {
                "type": "status",
                "status": str(status),
                "contactId": contact,
                "messageId": entry["message_id"],
                "intentTxId": entry["tx_id"],
            }
            scene.receive(body)
            scene.receive({**body, "again": True})
            message.refresh_from_db()
            now = ORDER.index(message.status)
            outcome.expect(now >= rank, f"{[str(s) for s in order]}: went back at {status}")
            rank = now
        ended += message.status == "read"
        outcome.expect(message.status == "read", f"{order} ends as {message.status}")
    return ended
