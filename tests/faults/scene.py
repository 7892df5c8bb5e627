"""What rows inside the product share: customers whose webhooks are received and applied."""

from __future__ import annotations

import itertools
import json
from typing import Any

import requests
from django.conf import settings

from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider.models import WebhookEvent
from provider.services import webhooks
from tests.faults.kills import flat_text

_numbers = itertools.count(1)


def receive(body: dict[str, Any]) -> str:
    """Take one webhook as the address does, and apply it; the state it ends in."""
    headers = {"auth-bm-token": store.read(ISOCHATBOT.PROVEDOR_WEBHOOK_TOKEN)}
    webhooks.receive("botmaker", "", headers, json.dumps(body).encode())
    webhooks.drain()
    return WebhookEvent.objects.latest("id").state


def write(contact: str, text: str) -> None:
    """The customer writes, and it is applied."""
    assert receive(flat_text(contact, text, next(_numbers))) == WebhookEvent.State.PROCESSED


def control(path: str, **switches: Any) -> Any:
    """Ask the provider's control interface; with switches, set them."""
    base = settings.BOTMAKER_V2_URL.removesuffix("/v2.0")
    url = f"{base}/_sandbox/{path}"
    answer = (
        requests.put(url, json=switches, timeout=10) if switches else requests.get(url, timeout=10)
    )
    answer.raise_for_status()
    return answer.json()
