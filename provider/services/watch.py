"""Trouble of the installation itself: what waits too long, was set aside, or no longer comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from provider import clock
from provider.accounts import INSTALLATION, IncidentKind
from provider.models import Delivery, WebhookEvent
from provider.services import incidents

# Promised of what comes in and of what goes out.
EVENT_LATE = timedelta(seconds=30)
SEND_LATE = timedelta(seconds=60)
# What was set aside is news for a day; it is found under Eventos afterwards.
DEAD_FOR = timedelta(days=1)
# A line that was busy right before its silence: not every evening is an incident.
SILENT_FOR, BUSY_FOR, BUSY_WITH = timedelta(minutes=30), timedelta(minutes=30), 60


@dataclass(frozen=True)
class _Trouble:
    """The installation in the place of an account. Each trouble is one of its own."""

    channel_key: str
    adapter: str = INSTALLATION

    def __str__(self) -> str:
        return self.adapter


def look() -> None:
    """Open and close incidents as things are now. Every worker asks, as often as it likes."""
    now = clock.read()
    for kind, is_so in CHECKS.items():
        trouble = _Trouble(kind.value)
        if is_so(now):
            incidents.report(trouble, kind)
        else:
            incidents.close(trouble)


def _events_wait(now: datetime) -> bool:
    late = WebhookEvent.objects.filter(next_attempt_at__lt=now - EVENT_LATE)
    return late.filter(state=WebhookEvent.State.RECEIVED).exists()


def _events_dead(now: datetime) -> bool:
    dead = WebhookEvent.objects.filter(state=WebhookEvent.State.DEAD)
    return dead.filter(received_at__gt=now - DEAD_FOR).exists()


def _sends_wait(now: datetime) -> bool:
    """Those without credentials wait for them; that is an incident of its own."""
    open_ = [Delivery.State.QUEUED, Delivery.State.LEASED]
    waiting = Delivery.unsettled().filter(state__in=open_, held=False)
    return waiting.filter(created_at__lt=now - SEND_LATE).first() is not None


def _provider_silent(now: datetime) -> bool:
    newest = WebhookEvent.objects.order_by("-pk").values_list("received_at", flat=True)
    if (last := newest.first()) is None or last > now - SILENT_FOR:
        return False
    # Read by the key: there is no index of times, and these are the newest rows.
    before = newest[BUSY_WITH : BUSY_WITH + 1].first()
    return before is not None and before > last - BUSY_FOR


CHECKS: dict[IncidentKind, Callable[[datetime], bool]] = {
    IncidentKind.EVENTS_WAIT: _events_wait,
    IncidentKind.EVENTS_DEAD: _events_dead,
    IncidentKind.SENDS_WAIT: _sends_wait,
    IncidentKind.PROVIDER_SILENT: _provider_silent,
}
