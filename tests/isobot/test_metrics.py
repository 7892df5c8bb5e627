"""Figures for a monitoring system: who may read them, and what they say."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from chat.models import Conversation
from isobot import health
from isobot.models import Heartbeat
from provider.models import Delivery, Incident, SendingPause, WebhookEvent
from tests.conftest import CUSTOMER, WEBHOOK_TOKEN, Customer, user_text

TOKEN = "a-metrics-token-1"
OUTSIDE = "203.0.113.9"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def figures() -> dict[str, float]:
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("token", "proxies", "address", "sent", "status"),
    [
        ("", False, "127.0.0.1", {}, 200),
        ("", False, "::1", {}, 200),
        ("", False, OUTSIDE, {}, 404),
        ("", False, "", {}, 404),
        ("", False, OUTSIDE, {"Authorization": "Bearer "}, 404),
        ("", True, "127.0.0.1", {}, 404),
        (TOKEN, False, OUTSIDE, BEARER, 200),
        (TOKEN, True, "127.0.0.1", BEARER, 200),
        (TOKEN, True, OUTSIDE, {"Authorization": f"bearer {TOKEN}"}, 200),
        (TOKEN, True, "127.0.0.1", {}, 404),
        (TOKEN, False, OUTSIDE, {}, 404),
        (TOKEN, False, OUTSIDE, {"Authorization": f"Bearer {TOKEN}x"}, 404),
        (TOKEN, False, OUTSIDE, {"Authorization": "Bearer metrics"}, 404),
        (TOKEN, False, OUTSIDE, {"Authorization": "Bearer ção"}, 404),
        (TOKEN, False, OUTSIDE, {"Authorization": f"Token {TOKEN}"}, 404),
        (TOKEN, False, OUTSIDE, {"X-Forwarded-For": "127.0.0.1"}, 404),
    ],
)
def test_AZ7_the_figures_are_there_for_who_has_the_token_or_is_on_this_machine(
    db: None,
    settings: Any,
    token: str,
    proxies: bool,
    address: str,
    sent: dict[str, str],
    status: int,
) -> None:
    settings.ISOBOT_METRICS_TOKEN = token
    settings.ISOBOT_TRUSTED_PROXIES = [ipaddress.ip_network("127.0.0.1/32")] if proxies else []
    answer = Client().get("/metrics", headers=sent, REMOTE_ADDR=address)
    assert answer.status_code == status
    if status == 404:
        assert b"isobot_webhooks" not in answer.content


def test_an_empty_installation_has_figures(db: None) -> None:
    found = figures()
    assert found["isobot_webhooks received"] == 0
    assert found["isobot_webhooks_lag_seconds"] == 0
    assert found["isobot_conversations waiting"] == 0
    assert not any(name.startswith("isobot_incidents") for name in found)


def test_what_waits_is_counted_and_its_age_told(customer: Customer) -> None:
    customer.post(user_text("Oi"))
    now = timezone.now()
    WebhookEvent.objects.update(next_attempt_at=now - timedelta(seconds=90))
    found = figures()
    assert found["isobot_webhooks received"] == 1
    assert 89 < found["isobot_webhooks_lag_seconds"] < 120
    assert found["isobot_webhook_last_seconds"] < 30

    customer.drain()
    Delivery.objects.update(created_at=now - timedelta(seconds=300), state=Delivery.State.QUEUED)
    found = figures()
    assert found["isobot_webhooks received"] == 0
    assert found["isobot_webhooks_lag_seconds"] == 0
    assert found["isobot_sends queued"] == Delivery.objects.count() > 0
    assert 299 < found["isobot_sends_oldest_seconds"] < 330
    assert found["isobot_conversations bot"] == 1

    assert found["isobot_sends_paused"] == 0
    SendingPause.objects.create(since=now, last_restored=1)
    assert figures()["isobot_sends_paused"] == 1

    Delivery.objects.update(held=True)  # no credentials: an incident says so, not a lag
    found = figures()
    assert found["isobot_sends held"] > 0 == found["isobot_sends queued"]
    assert found["isobot_sends_oldest_seconds"] == 0


def test_dead_events_incidents_and_silent_parts_show(customer: Customer) -> None:
    customer.says("Oi")
    WebhookEvent.objects.update(state=WebhookEvent.State.DEAD)
    Conversation.objects.all().delete()
    health.beat(health.WORKER)
    Heartbeat.objects.update(at=timezone.now() - timedelta(seconds=70))
    Incident.objects.create(
        adapter="botmaker", kind="refused", opened_at=timezone.now(), last_seen_at=timezone.now()
    )
    found = figures()
    assert found["isobot_webhooks dead"] == 1
    assert 69 < found["isobot_part_silent_seconds worker"] < 100
    assert found["isobot_incidents botmaker refused"] == 1


def test_no_figure_names_a_person_a_text_or_a_secret(customer: Customer) -> None:
    customer.says("O meu segredo")
    text = Client().get("/metrics").content.decode()
    assert CUSTOMER not in text
    assert "segredo" not in text
    assert WEBHOOK_TOKEN not in text


def test_asking_costs_the_same_however_much_there_is(
    customer: Customer, django_assert_max_num_queries: Any
) -> None:
    customer.says("Oi")
    with django_assert_max_num_queries(17):
        Client().get("/metrics")
