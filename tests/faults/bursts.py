"""R04: somebody new who writes many messages at one moment is one person in one conversation."""

from __future__ import annotations

from functools import partial
from typing import Any

from chat.models import Conversation, Identity, Message
from provider.models import WebhookEvent
from provider.services import webhooks
from tests.faults import scene
from tests.faults.rows import Outcome, Trial

# Nothing the menu knows: it does not end what this counts.
TEXTS = [f"pergunta {letter}" for letter in "abcdefghij"]


def run(trial: Trial) -> Outcome:
    rounds, outcome, again = trial.either(smoke=10, full=200), Outcome(), 0
    for number in range(rounds):
        contact = f"55412{number:08d}"
        # What somebody else wrote to them, and the fate of it, speak of the same new person.
        others = [_operator(contact), {"type": "status", "status": "read", "messageId": contact}]
        bodies = [scene.said(contact, text) for text in TEXTS]
        events = [scene.post({**body, "contactId": contact}) for body in (*bodies, *others)]
        scene.at_once([partial(webhooks.process, event) for event in events])
        again += _finish()
        _check(outcome, contact)
    outcome.figures.update(
        {
            "rounds": rounds,
            "messages": Message.objects.filter(direction="in").count(),
            "people": Identity.objects.filter(external_id__startswith="55412").count(),
            "open conversations": Conversation.objects.exclude(status="closed").count(),
            "tried again": again,
        }
    )
    return outcome


def _operator(contact: str) -> dict[str, Any]:
    """A message written on the provider's own console."""
    return {**scene.said(contact, "Segue a proposta."), "from": "operator", "fromCustomer": False}


def _finish() -> int:
    """Try again what lost a race, as the worker would; how many those were."""
    messages = WebhookEvent.objects.filter(state="received", waits=0)
    count = messages.count()
    while messages.exists():
        scene.due_now()
        webhooks.drain()
    return count


def _check(outcome: Outcome, contact: str) -> None:
    people = Identity.objects.filter(external_id=contact)
    outcome.expect(people.count() == 1, f"{contact} is {people.count()} people")
    opened = Conversation.objects.filter(identity__external_id=contact)
    outcome.expect(opened.count() == 1, f"{contact} has {opened.count()} conversations")
    written = Message.objects.filter(conversation__in=opened, direction="in")
    texts = sorted(written.values_list("text", flat=True))
    outcome.expect(texts == TEXTS, f"{contact} wrote {texts}")
