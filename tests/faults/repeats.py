"""R28: one answer that a screen posts several times at one moment is one message.

R03: a webhook that is repeated before the first of it is committed is one webhook.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from django.db import transaction

from chat.models import Message
from provider.models import Delivery, WebhookEvent
from provider.services import webhooks
from tests.faults import scene
from tests.faults.rows import Outcome, Trial

COPIES = 5
COMMITS_AFTER = 1.0


def run(trial: Trial) -> Outcome:
    rounds, outcome, alike = trial.either(smoke=5, full=200), Outcome(), 0
    for number in range(rounds):
        # It waits: the answer takes it too, with its notice.
        conversation = scene.waiting(f"55413{number:08d}")
        address = f"/api/v1/conversations/{conversation.pk}/messages/"
        body = {"text": f"Resposta {number}", "client_id": f"press-{number}"}
        answers = scene.at_once([partial(_press, address, body)] * COPIES)
        told = [(one.status_code, one.json()) if one else one for one in answers]
        same = all(one and one[1] == told[0][1] for one in told)
        statuses = sorted(one[0] for one in told if one)
        is_right = same and statuses == [200] * (COPIES - 1) + [201]
        outcome.expect(is_right, f"round {number} was answered {told}")
        alike += is_right
        mine = Message.objects.filter(conversation=conversation, author="agent")
        notices = Message.objects.filter(conversation=conversation, author="system")
        sends = Delivery.objects.filter(text=body["text"])
        found = (mine.count(), notices.count(), sends.count())
        outcome.expect(found == (1, 1, 1), f"messages, notices, sends of {number}: {found}")
    outcome.figures.update({"rounds": rounds, "answered alike": alike})
    outcome.figures["messages"] = Message.objects.filter(author="agent").count()
    _before_the_commit(trial.either(smoke=1, full=10), outcome)
    return outcome


def _press(address: str, body: dict[str, str]) -> Any:
    return scene.rest("atendente").post(address, body, format="json")


def _before_the_commit(rounds: int, outcome: Outcome) -> None:
    """The first copy takes its time to commit, and the others come meanwhile."""
    before = Message.objects.filter(direction="in").count()
    for number in range(rounds):
        body = scene.said(f"55427{number:08d}", "atendente")
        copies = [partial(_slowly, body), *[partial(scene.post, body)] * (COPIES - 1)]
        taken = scene.at_once(copies)
        outcome.expect(len({getattr(one, "pk", one) for one in taken}) == 1, f"stored: {taken}")
        events = list({event.pk: event for event in taken}.values())
        scene.at_once([partial(webhooks.process, event) for event in events * 2])
    effects = Message.objects.filter(direction="in").count() - before
    outcome.figures.update({"repeated before the commit": rounds, "effects": effects})
    outcome.expect(effects == rounds, f"{effects} effects of {rounds} webhooks")


def _slowly(body: dict[str, Any]) -> WebhookEvent:
    with transaction.atomic():
        event = scene.post(body)
        time.sleep(COMMITS_AFTER)
    return event
