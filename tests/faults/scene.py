"""What rows inside the product share: customers whose webhooks are received and applied."""

from __future__ import annotations

import hashlib
import itertools
import json
import threading
from collections.abc import Callable, Sequence
from typing import Any

import requests
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone
from rest_framework.test import APIClient

from chat.models import Conversation
from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider.models import Delivery, WebhookEvent
from provider.services import webhooks
from tests.faults.kills import flat_text

_numbers = itertools.count(1)


def post(body: dict[str, Any]) -> WebhookEvent:
    """Take one webhook as the address does; nothing is applied yet."""
    headers = {"auth-bm-token": store.read(ISOCHATBOT.PROVEDOR_WEBHOOK_TOKEN)}
    raw = json.dumps(body).encode()
    webhooks.receive("botmaker", "", headers, raw)
    return WebhookEvent.objects.get(digest=hashlib.sha256(raw).hexdigest())


def receive(body: dict[str, Any]) -> str:
    """Take one webhook, and apply it; the state it ends in."""
    event = post(body)
    webhooks.drain()
    event.refresh_from_db()
    return event.state


def said(contact: str, text: str) -> dict[str, Any]:
    """The webhook of one new message."""
    return flat_text(contact, text, next(_numbers))


def write(contact: str, text: str) -> None:
    """The customer writes, and it is applied."""
    assert receive(said(contact, text)) == WebhookEvent.State.PROCESSED


def waiting(contact: str) -> Conversation:
    """A conversation whose customer asked for a person."""
    write(contact, "atendente")
    return Conversation.objects.exclude(status="closed").get(identity__external_id=contact)


def person(username: str) -> User:
    return User.objects.get(username=username)


def rest(username: str) -> APIClient:
    """The REST interface, for somebody signed in."""
    client = APIClient(raise_request_exception=False, SERVER_NAME="127.0.0.1")
    client.force_authenticate(person(username))
    return client


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each of them answers, or the error it ends with; all of them begin together."""
    together = threading.Barrier(len(acts), timeout=60)
    answers: list[Any] = [None] * len(acts)

    def act(number: int) -> None:
        together.wait()
        try:
            answers[number] = acts[number]()
        except Exception as error:
            answers[number] = error
        connections.close_all()

    threads = [threading.Thread(target=act, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def due_now() -> None:
    """As if every pause was over."""
    now = timezone.now()
    WebhookEvent.objects.filter(state="received").update(next_attempt_at=now)
    Delivery.objects.filter(state="queued").update(next_attempt_at=now)


def control(path: str, **switches: Any) -> Any:
    """Ask the provider's control interface; with switches, set them."""
    base = settings.BOTMAKER_V2_URL.removesuffix("/v2.0")
    url = f"{base}/_sandbox/{path}"
    answer = (
        requests.put(url, json=switches, timeout=10) if switches else requests.get(url, timeout=10)
    )
    answer.raise_for_status()
    return answer.json()
