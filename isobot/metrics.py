"""Figures for a monitoring system, in Prometheus' text format, each read from the database.

They are the installation's, not one process's: any web process answers the same.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from chat.models import Attachment, Conversation
from chat.models.conversation import UNFINISHED, Status
from isobot.models import Heartbeat
from provider import clock
from provider.models import Delivery, Incident, SendingPause, WebhookEvent

Figures = Iterator[GaugeMetricFamily]


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures, to who has the token or asks from this machine; to others no such page."""
    if not _may_read(request):
        raise Http404
    registry = CollectorRegistry()
    registry.register(Installation())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    scheme, _space, given = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    token = settings.ISOBOT_METRICS_TOKEN
    if token and scheme.lower() == "bearer":
        return secrets.compare_digest(given.strip().encode(), token.encode())
    # Behind a proxy on this machine everybody comes from loopback.
    return not settings.ISOBOT_TRUSTED_PROXIES and _is_loopback(request.META.get("REMOTE_ADDR", ""))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:  # a socket that is a file tells no address
        return False


class Installation(Collector):
    """Each figure by one query on an index, so that asking often costs little."""

    def collect(self) -> Figures:
        now = clock.read()
        yield from _parts(now)
        yield from _webhooks(now)
        yield from _sends(now)
        yield from _files(now)
        yield from _conversations(now)
        yield from _incidents()


def _figure(name: str, meaning: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"isobot_{name}", meaning, labels=labels)


def _age(name: str, meaning: str, now: datetime, since: datetime | None) -> GaugeMetricFamily:
    """Seconds since then; none where there is nothing."""
    figure = _figure(name, meaning)
    figure.add_metric([], max(0.0, (now - since).total_seconds()) if since else 0.0)
    return figure


def _parts(now: datetime) -> Figures:
    figure = _figure("part_silent_seconds", "Since a part of the installation was seen.", "part")
    for part, at in Heartbeat.objects.values_list("part", "at"):
        figure.add_metric([part], (now - at).total_seconds())
    yield figure


def _webhooks(now: datetime) -> Figures:
    State = WebhookEvent.State  # noqa: N806 - a class
    figure = _figure("webhooks", "Stored webhooks that are not settled, by state.", "state")
    for state in (State.RECEIVED, State.DEAD):
        figure.add_metric([state.value], WebhookEvent.objects.filter(state=state).count())
    yield figure
    due = WebhookEvent.objects.filter(state=State.RECEIVED, next_attempt_at__lte=now)
    first = due.aggregate(at=Min("next_attempt_at"))["at"]
    yield _age("webhooks_lag_seconds", "How long the oldest due webhook has waited.", now, first)
    newest = WebhookEvent.objects.order_by("-id").values_list("received_at", flat=True).first()
    yield _age("webhook_last_seconds", "Since the last webhook was stored.", now, newest)


def _sends(now: datetime) -> Figures:
    State = Delivery.State  # noqa: N806 - a class
    unsettled = Delivery.unsettled()
    figure = _figure("sends", "Messages in the outbox that are not settled, by state.", "state")
    counted = {"held": unsettled.filter(state=State.QUEUED, held=True).count()}
    for state in (State.QUEUED, State.LEASED, State.UNCONFIRMED):
        counted[state.value] = unsettled.filter(state=state, held=False).count()
    for name, count in counted.items():
        figure.add_metric([name], count)
    yield figure
    waiting = unsettled.filter(state__in=[State.QUEUED, State.LEASED], held=False)
    oldest = waiting.aggregate(at=Min("created_at"))["at"]
    yield _age("sends_oldest_seconds", "Age of the oldest message that may leave.", now, oldest)
    figure = _figure("sends_paused", "1 while a restored backup waits for a decision.")
    figure.add_metric([], SendingPause.objects.count())
    yield figure


def _files(now: datetime) -> Figures:
    pending = Attachment.objects.filter(state=Attachment.State.PENDING)
    figure = _figure("files_pending", "Files of customers that are still to be fetched.")
    figure.add_metric([], pending.count())
    yield figure
    oldest = pending.aggregate(at=Min("created_at"))["at"]
    yield _age("files_oldest_seconds", "Age of the oldest of them.", now, oldest)


def _conversations(now: datetime) -> Figures:
    unfinished = Conversation.objects.filter(status__in=UNFINISHED)
    figure = _figure("conversations", "Conversations that are not closed, by status.", "status")
    found = dict(unfinished.order_by().values_list("status").annotate(Count("id")))
    for status in Status:
        if status != Status.CLOSED:
            figure.add_metric([status.value], found.get(status.value, 0))
    yield figure
    first = unfinished.filter(status=Status.WAITING).aggregate(at=Min("waiting_since"))["at"]
    yield _age("waiting_oldest_seconds", "How long the first customer has waited.", now, first)


def _incidents() -> Figures:
    figure = _figure("incidents", "Open incidents of provider accounts.", "adapter", "kind")
    found = Incident.objects.filter(closed_at=None).order_by().values_list("adapter", "kind")
    for adapter, kind, count in found.annotate(Count("id")):
        figure.add_metric([adapter, kind], count)
    yield figure
