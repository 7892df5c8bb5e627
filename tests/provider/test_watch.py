"""Somebody is told when the installation itself is in trouble, and when that is over (R32)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from chat.services import alarms
from provider import gateway
from provider.models import Delivery, Incident, WebhookEvent
from provider.services import watch
from tests.chat.conftest import person
from tests.conftest import Customer, Provider, user_text


def kinds() -> list[str]:
    return sorted(incident.kind for incident in gateway.open_incidents())


@pytest.fixture
def event(customer: Customer) -> WebhookEvent:
    """One that was stored, and nobody has applied."""
    customer.post(user_text("Oi"))
    return WebhookEvent.objects.get()


@pytest.fixture
def send(customer: Customer) -> Iterator[Delivery]:
    """One that nobody takes."""
    customer.says("Oi")
    WebhookEvent.objects.all().delete()
    return Delivery.objects.latest("id")


def aged(row: Any, seconds: float, field: str, **more: Any) -> None:
    values = {field: timezone.now() - timedelta(seconds=seconds), **more}
    type(row).objects.filter(pk=row.pk).update(**values)


def test_a_webhook_that_waits_for_half_a_minute_is_told_and_untold(event: WebhookEvent) -> None:
    aged(event, 25, "next_attempt_at")
    watch.look()
    assert kinds() == []
    aged(event, 31, "next_attempt_at")
    watch.look()
    watch.look()
    assert kinds() == ["events_wait"]
    assert Incident.objects.count() == 1
    WebhookEvent.objects.update(state="processed")
    watch.look()
    assert kinds() == []


def test_one_that_waits_for_its_message_is_not_late(event: WebhookEvent) -> None:
    aged(event, -3600, "next_attempt_at")
    watch.look()
    assert kinds() == []


def test_a_send_that_waits_for_a_minute_is_told(send: Delivery) -> None:
    aged(send, 55, "created_at", state="queued")
    watch.look()
    assert kinds() == []
    aged(send, 61, "created_at")
    watch.look()
    assert kinds() == ["sends_wait"]
    aged(send, 61, "created_at", state="accepted")
    watch.look()
    assert kinds() == []


def test_one_without_credentials_is_an_incident_of_the_account_instead(send: Delivery) -> None:
    aged(send, 300, "created_at", state="queued", held=True)
    watch.look()
    assert kinds() == []


def test_a_webhook_that_was_set_aside_is_told_for_a_day(event: WebhookEvent) -> None:
    aged(event, 60, "received_at", state="dead")
    watch.look()
    assert kinds() == ["events_dead"]
    aged(event, 90_000, "received_at")
    watch.look()
    assert kinds() == []


@pytest.mark.parametrize(
    ("count", "over_minutes", "silent_minutes", "told"),
    [(80, 20, 31, True), (80, 20, 29, False), (40, 20, 31, False), (80, 90, 31, False)],
    ids=["busy then silent", "not for long", "few", "slowly"],
)
def test_a_busy_provider_that_falls_silent_is_told(
    db: None, count: int, over_minutes: int, silent_minutes: int, told: bool
) -> None:
    last = timezone.now() - timedelta(minutes=silent_minutes)
    step = timedelta(minutes=over_minutes) / count
    WebhookEvent.objects.bulk_create(
        WebhookEvent(
            adapter="botmaker",
            digest=f"{n:064d}",
            body=b"{}",
            received_at=last - step * (count - 1 - n),
            next_attempt_at=last,
            state="processed",
        )
        for n in range(count)
    )
    watch.look()
    assert kinds() == (["provider_silent"] if told else [])


def test_several_troubles_are_told_at_once_each_with_its_next_step(
    event: WebhookEvent, provider: Provider, client: Client
) -> None:
    aged(event, 60, "next_attempt_at")
    WebhookEvent.objects.create(
        adapter="botmaker",
        digest="0" * 64,
        body=b"{}",
        received_at=timezone.now(),
        next_attempt_at=timezone.now(),
        state="dead",
    )
    watch.look()
    assert kinds() == ["events_dead", "events_wait"]
    client.force_login(person("supervisor"))
    text = client.get("/supervisor/").content.decode()
    assert "Um webhook do provedor espera há mais de 30 segundos" in text
    assert "Um webhook falhou cinco vezes e foi posto de lado" in text
    assert "events_wait" not in text
    gateway.check_access()  # the account is well, which says nothing of the installation
    assert kinds() == ["events_dead", "events_wait"]


def test_a_mail_is_sent_within_a_minute(event: WebhookEvent, mailbox: Any) -> None:
    user = person("supervisor")
    user.email = "supervisor@example.com"
    user.save()
    aged(event, 31, "next_attempt_at")
    watch.look()
    assert alarms.tell() == 1
    watch.look()
    assert alarms.tell() == 0
