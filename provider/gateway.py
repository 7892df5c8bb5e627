"""The door into provider: queue a message, ask for events, replay one."""

from __future__ import annotations

from django.db.models import QuerySet

from provider import tasks
from provider.contracts import OutboundMessage
from provider.models import WebhookEvent
from provider.services import deliveries, webhooks


def enqueue(message: OutboundMessage) -> None:
    """Queue a message in the caller's transaction; it leaves after the commit."""
    deliveries.enqueue(message)
    tasks.wake_deliveries()


def events() -> QuerySet[WebhookEvent]:
    """Every stored webhook, without its body."""
    return WebhookEvent.objects.defer("body")


def replay(event: WebhookEvent) -> None:
    """Process a stored webhook again; what it already did is not done twice."""
    webhooks.replay(event)
    tasks.wake_events()
