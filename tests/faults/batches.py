"""R05: of a webhook with a hundred items, three of them bad, the others are applied."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from chat.models import Message
from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider import gateway, inbox
from provider.models import WebhookEvent
from provider.services import webhooks
from tests.faults import scene
from tests.faults.rows import Outcome, Trial

ITEMS, BREAKS = 100, "veneno"
# In the middle, at the end, and at the beginning, where it could keep all others back.
BAD = {0: "broken", 50: "unknown_kind", 99: "too_long"}


def run(trial: Trial) -> Outcome:
    payloads, outcome = trial.either(smoke=2, full=20), Outcome()
    publish = inbox.publish

    def picky(item: Any) -> Any:
        if getattr(item, "text", "") == BREAKS:
            raise RuntimeError("the handler breaks over it")
        return publish(item)

    inbox.publish = picky
    for number in range(payloads):
        _try(number, outcome)
    inbox.publish = publish
    applied = Message.objects.filter(direction="in").count()
    reasons = {
        item["reason"]
        for event in WebhookEvent.objects.all()
        for item in event.unapplied or [{"reason": "none"}]
    }
    outcome.figures.update(
        {"payloads": payloads, "items": payloads * ITEMS, "applied": applied}
        | {"kept with a reason": ", ".join(sorted(reasons))}
    )
    _replay(outcome, applied + payloads)
    return outcome


def _try(number: int, outcome: Outcome) -> None:
    body, contact = _payload(number), f"55411{number:08d}"
    token = {"auth-bm-token": store.read(ISOCHATBOT.PROVEDOR_WEBHOOK_TOKEN)}
    answer = Client(SERVER_NAME="127.0.0.1").post(
        "/webhooks/botmaker/", body, "application/json", headers=token
    )
    outcome.expect(answer.status_code == 200, f"answered {answer.status_code}")
    event = WebhookEvent.objects.latest("id")
    for _ in range(webhooks.MAX_TRIES):
        scene.due_now()
        webhooks.drain()
        there = Message.objects.filter(conversation__identity__external_id=contact, direction="in")
        outcome.expect(there.count() == ITEMS - len(BAD), f"{there.count()} applied of {ITEMS}")
    event.refresh_from_db()
    kept = {item["index"]: item["reason"] for item in event.unapplied}
    outcome.expect(kept == BAD, f"kept aside: {kept}")
    outcome.expect(event.state == "dead", f"it ends as {event.state}")


def _payload(number: int) -> bytes:
    items: list[dict[str, Any]] = [
        {"_id_": f"B{number}-{at}", "message": f"mensagem {at}", "from": "user"}
        for at in range(ITEMS)
    ]
    items[0]["message"] = BREAKS
    items[50]["from"] = "martian"
    items[99]["_id_"] = "x" * 300
    body = {
        "type": "message",
        "chatPlatform": "whatsapp",
        "contactId": f"55411{number:08d}",
        "whatsappNumber": "5541999990000",
        "messages": items,
    }
    return json.dumps(body).encode()


def _replay(outcome: Outcome, expected: int) -> None:
    """Once the handler is mended, what broke is applied, and nothing else again."""
    for event in WebhookEvent.objects.all():
        gateway.replay(event)
    webhooks.drain()
    found = Message.objects.filter(direction="in").count()
    outcome.figures["after the replay"] = found
    outcome.expect(found == expected, f"{found} messages after the replay, not {expected}")
