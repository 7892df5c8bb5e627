"""Webhooks: verified and stored in the request, understood and applied after it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from provider import credentials, inbox, registry
from provider.contracts import (
    Applied,
    EchoMessage,
    Ignored,
    InboundMessage,
    Outcome,
    Parsed,
    Reason,
    Refused,
    StatusReport,
    Waiting,
    Watermark,
)
from provider.errors import UnreadableBody
from provider.models import EventTie, WebhookEvent
from provider.services import lanes, ties

log = structlog.get_logger(__name__)

MAX_BODY = 4 * 1024 * 1024
MAX_TRIES = 5
BATCH = 50
LANE = "events"
# A status waits this long for the message it is about.
PATIENCE = timedelta(hours=24)
_WAITS = [timedelta(seconds=s) for s in (2, 5, 15, 60, 300, 1800, 3600)]
_RETRIES = [timedelta(seconds=s) for s in (1, 5, 30, 120)]


def receive(adapter_slug: str, channel_key: str, headers: Mapping[str, str], body: bytes) -> None:
    """Verify a webhook and store it, committed, before returning. Free of HTTP.

    Raises registry.UnknownAdapter, errors.ForgedWebhook (nothing is stored), or the database's
    error where the event could not be stored.
    """
    adapter = registry.get(adapter_slug)
    if channel_key and "" not in adapter.credentials.values():
        # One account serves all its channels: there is no address for one of them.
        raise registry.UnknownAdapter(adapter_slug)
    adapter.verify(body, headers, credentials.load(adapter, channel_key))
    now = timezone.now()
    kept = {name: headers[name][:200] for name in adapter.event_headers if name in headers}
    event = WebhookEvent(
        adapter=adapter_slug,
        channel_key=channel_key,
        digest=hashlib.sha256(body).hexdigest(),
        body=body,
        headers=kept,
        received_at=now,
        next_attempt_at=now,
    )
    WebhookEvent.objects.bulk_create([event], ignore_conflicts=True)


def drain(is_ending: Callable[[], bool] = lambda: False) -> int:
    """Process what is due, oldest first, one worker at a time; how many events were looked at.

    One driver keeps the order in which people wrote; what is slow (the network) is elsewhere.
    """
    looked_at = 0
    with lanes.driving(LANE) as drive:
        while drive is not None and drive.keep():
            due = WebhookEvent.objects.filter(
                state=WebhookEvent.State.RECEIVED, next_attempt_at__lte=timezone.now()
            )
            batch = list(due.order_by("id")[:BATCH])
            if not batch:
                break
            for event in batch:
                if is_ending():
                    return looked_at
                process(event)
                looked_at += 1
    return looked_at


def process(event: WebhookEvent) -> None:
    """Apply one event. Whatever goes wrong, it ends in a state that says so."""
    open_row = WebhookEvent.objects.filter(pk=event.pk, state=WebhookEvent.State.RECEIVED)
    # Counted before the handler runs: an event that kills the worker must not be tried for ever.
    if not open_row.update(tries=F("tries") + 1):
        return
    event.tries += 1
    if event.tries > MAX_TRIES:
        _bury(event)
        return
    try:
        unapplied, waiting = _apply_all(event)
    except Exception as error:
        log.exception(
            "event failed", event_id=event.pk, tries=event.tries, error=type(error).__name__
        )
        if event.tries >= MAX_TRIES:
            _bury(event)
        else:
            open_row.update(next_attempt_at=timezone.now() + _RETRIES[event.tries - 1])
        return
    _settle(event, unapplied, waiting)


def _apply_all(event: WebhookEvent) -> tuple[list[dict[str, object]], set[str]]:
    """Apply the items not applied yet; what is left with its reason, and the ids waited for."""
    try:
        items = registry.get(event.adapter).parse(bytes(event.body))
    except UnreadableBody:
        return [{"index": None, "id": "", "reason": Reason.UNREADABLE}], set()
    todo = None if event.unapplied is None else {item["index"] for item in event.unapplied}
    unapplied: list[dict[str, object]] = []
    waiting: set[str] = set()
    for index, item in enumerate(items):
        if todo is not None and index not in todo and None not in todo:
            continue
        with transaction.atomic():
            outcome = _apply(item, event)
        if isinstance(outcome, Applied):
            continue
        reason = Reason.NO_MESSAGE if isinstance(outcome, Waiting) else outcome.reason
        if isinstance(outcome, Waiting):
            waiting.update(outcome.ties)
        unapplied.append({"index": index, "id": _name(item), "reason": reason})
    return unapplied, waiting


def _apply(item: Parsed, event: WebhookEvent) -> Outcome:
    match item:
        case InboundMessage():
            return inbox.publish(item)
        case EchoMessage():
            return Applied() if ties.bind_echo(item) else inbox.publish(item)
        case StatusReport():
            return ties.apply_status(item, received_at=event.received_at)
        case Watermark():
            return ties.apply_watermark(item)
        case Ignored():
            return Refused(item.reason)


def _name(item: Parsed) -> str:
    match item:
        case InboundMessage() | EchoMessage():
            return item.external_id[:100]
        case StatusReport():
            return item.ties[0][:100]
        case Ignored():
            return item.item[:100]
    return ""


def _settle(event: WebhookEvent, unapplied: list[dict[str, object]], waiting: set[str]) -> None:
    now = timezone.now()
    if waiting and now - event.received_at < PATIENCE:
        _wait(event, unapplied, waiting, now)
        return
    event.unapplied = unapplied
    event.state = WebhookEvent.State.PROCESSED
    if unapplied and len(unapplied) == _item_count(event):
        event.state = WebhookEvent.State.DISCARDED
    event.processed_at = now
    event.save(update_fields=["unapplied", "state", "processed_at"])
    EventTie.objects.filter(event=event).delete()


def _item_count(event: WebhookEvent) -> int:
    try:
        return max(1, len(registry.get(event.adapter).parse(bytes(event.body))))
    except UnreadableBody:
        return 1


def _wait(
    event: WebhookEvent, unapplied: list[dict[str, object]], waiting: set[str], now: datetime
) -> None:
    """Keep the event open until one of the ids it waits for turns up, and look now and then."""
    with transaction.atomic():
        rows = [EventTie(event=event, tie=tie[:255]) for tie in sorted(waiting)]
        EventTie.objects.bulk_create(rows, ignore_conflicts=True)
        delay = _WAITS[min(event.waits, len(_WAITS) - 1)]
        event.unapplied = unapplied
        event.waits += 1
        event.tries = 0
        event.next_attempt_at = now + delay
        event.save(update_fields=["unapplied", "waits", "tries", "next_attempt_at"])


def _bury(event: WebhookEvent) -> None:
    """Set aside what fails every time, where people see it and can replay it."""
    event.state = WebhookEvent.State.DEAD
    event.unapplied = event.unapplied or [{"index": None, "id": "", "reason": Reason.BROKEN}]
    event.save(update_fields=["state", "unapplied"])
    log.error("event set aside", event_id=event.pk)


def replay(event: WebhookEvent) -> None:
    """Put a settled event back in line; items that were applied are not applied again."""
    settled = WebhookEvent.objects.filter(pk=event.pk).exclude(state=WebhookEvent.State.RECEIVED)
    now = timezone.now()
    settled.update(state=WebhookEvent.State.RECEIVED, tries=0, waits=0, next_attempt_at=now)
