"""Webhooks: verified and stored in the request, understood and applied after it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from provider import clock, credentials, faults, inbox, registry
from provider.contracts import (
    Applied,
    EchoMessage,
    Ignored,
    InboundMessage,
    Line,
    Outcome,
    Parsed,
    PersonMoved,
    Reason,
    Refused,
    StatusReport,
    Waiting,
    Watermark,
)
from provider.errors import ForgedWebhook, ProviderError, UnreadableBody
from provider.models import EventTie, WebhookEvent
from provider.services import acknowledgements, lanes, ties

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
    if channel_key and not adapter.channel_names:
        # One account serves all its channels: there is no address for one of them.
        raise registry.UnknownAdapter(adapter_slug)
    held = credentials.load(adapter, channel_key)
    with faults.contained("webhook not verified", ForgedWebhook, adapter=adapter_slug):
        adapter.verify(body, headers, held)
    kept = {name: headers[name][:200] for name in adapter.event_headers if name in headers}
    event = WebhookEvent(
        adapter=adapter_slug,
        channel_key=channel_key,
        digest=hashlib.sha256(body).hexdigest(),
        body=body,
        headers=kept,
        received_at=timezone.now(),
        next_attempt_at=clock.now(),
    )
    WebhookEvent.objects.bulk_create([event], ignore_conflicts=True)


def challenge(adapter_slug: str, channel_key: str, query: Mapping[str, str]) -> str | None:
    """What to answer a provider that checks the address; None where it is not to be answered.

    Raises registry.UnknownAdapter, or NotImplementedError where the adapter has no such thing.
    """
    adapter = registry.get(adapter_slug)
    held = credentials.load(adapter, channel_key)
    try:
        with faults.contained("challenge broke", adapter=adapter_slug):
            return adapter.challenge(query, held)
    except ProviderError:
        return None


def drain(is_ending: Callable[[], bool] = lambda: False) -> int:
    """Process what is due, oldest first, one worker at a time; how many events were looked at.

    One driver keeps the order in which people wrote; what is slow (the network) is elsewhere.
    """
    looked_at = 0
    while True:
        with lanes.driving(LANE) as drive:
            if drive is None:
                return looked_at
            looked_at += _drive(drive, is_ending)
        # Who was called for what came in the last moment found the lane taken, and went.
        if is_ending() or not _due().exists():
            return looked_at


def _due() -> QuerySet[WebhookEvent]:
    return WebhookEvent.objects.filter(
        state=WebhookEvent.State.RECEIVED, next_attempt_at__lte=clock.now()
    )


def _drive(drive: lanes.Drive, is_ending: Callable[[], bool]) -> int:
    """Process batch after batch, until nothing is due or the lane is somebody else's."""
    looked_at = 0
    while drive.keep():
        batch = list(_due().order_by("id")[:BATCH])
        if not batch:
            break
        fresh = _count_first_tries(batch)
        for event in batch:
            if is_ending() or not drive.keep():
                return looked_at
            if event.pk in fresh:
                _try(event)
            else:
                process(event)
            looked_at += 1
    return looked_at


def _count_first_tries(batch: list[WebhookEvent]) -> set[int]:
    """Those tried for the first time, counted in one commit. Later tries are counted one by one.

    Who kills the worker has all of its batch counted once, and from then on only itself. Those
    that wait for a message are not among them: who sends it wakes them, row by row.
    """
    fresh = {event.pk: event for event in batch if not event.tries and not event.waits}
    open_rows = WebhookEvent.objects.filter(pk__in=fresh, state=WebhookEvent.State.RECEIVED)
    open_rows.update(tries=F("tries") + 1)
    for event in fresh.values():
        event.tries += 1
    return set(fresh)


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
    _try(event)


def _try(event: WebhookEvent) -> None:
    try:
        items = _items(event)
        # The usual webhook is one message, and one commit. What tells of sends commits apart: who
        # sends holds the row of a waiting event and asks for the message, and would be waited for.
        is_message = [isinstance(item, InboundMessage) for item in items or ()] == [True]
        with transaction.atomic() if is_message else nullcontext():
            taken = _apply_all(event, items)
        for message in taken:
            acknowledgements.tell(event.adapter, event.channel_key, message)
    except Exception as error:
        _log_failure(error, event)
        event.refresh_from_db(fields=["unapplied", "tries"])
        _try_later(event)


def _try_later(event: WebhookEvent) -> None:
    """Something in it failed: that much is tried again, and in the end the event is set aside."""
    if event.tries >= MAX_TRIES:
        _bury(event)
        return
    event.next_attempt_at = clock.now() + _RETRIES[event.tries - 1]
    event.save(update_fields=["next_attempt_at", "unapplied"])


def _log_failure(error: Exception, event: WebhookEvent) -> None:
    """Without its text, which may quote a secret or what somebody wrote."""
    log.error(
        "event failed",
        event_id=event.pk,
        tries=event.tries,
        error=type(error).__name__,
        place=faults.place(error),
    )


def _items(event: WebhookEvent) -> list[Parsed] | None:
    try:
        return registry.get(event.adapter).parse(bytes(event.body))
    except UnreadableBody:
        return None


def _apply_all(event: WebhookEvent, items: list[Parsed] | None) -> list[InboundMessage]:
    """Apply the items not applied yet, and settle the event by what is left of them.

    Returns the messages that were taken.
    """
    taken: list[InboundMessage] = []
    if items is None:
        _settle(event, [{"index": None, "id": "", "reason": Reason.UNREADABLE}], set())
        return taken
    todo = None if event.unapplied is None else {item["index"] for item in event.unapplied}
    unapplied: list[dict[str, object]] = []
    waiting: set[str] = set()
    for index, item in enumerate(items):
        if todo is not None and index not in todo and None not in todo:
            continue
        try:
            with transaction.atomic():
                outcome = _apply(item, event)
        except Exception as error:
            # One bad item does not sink its webhook: those after it are applied.
            _log_failure(error, event)
            unapplied.append({"index": index, "id": _name(item), "reason": Reason.BROKEN})
            continue
        if isinstance(outcome, Applied):
            if isinstance(item, InboundMessage):
                taken.append(item)
            continue
        reason = Reason.NO_MESSAGE if isinstance(outcome, Waiting) else outcome.reason
        if isinstance(outcome, Waiting):
            waiting.update(outcome.ties)
        unapplied.append({"index": index, "id": _name(item), "reason": reason})
    if any(item["reason"] == Reason.BROKEN for item in unapplied):
        event.unapplied = unapplied
        _try_later(event)
    else:
        _settle(event, unapplied, waiting)
    return taken


def _apply(item: Parsed, event: WebhookEvent) -> Outcome:
    if _is_of_another(item, event):
        return Refused(Reason.UNKNOWN_LINE)
    match item:
        case InboundMessage() | EchoMessage() | PersonMoved():
            item = replace(item, line=_addressed(item.line, event))
            is_ours = isinstance(item, EchoMessage) and ties.bind_echo(
                item, received_at=event.received_at
            )
            return Applied() if is_ours else inbox.publish(item)
        case StatusReport():
            return ties.apply_status(
                item, received_at=event.received_at, channel_key=event.channel_key
            )
        case Watermark():
            return ties.apply_watermark(item, channel_key=event.channel_key)
        case Ignored():
            return Refused(item.reason)


def _is_of_another(item: Parsed, event: WebhookEvent) -> bool:
    """Whether an item at the address of one channel speaks of another's line, by its name there."""
    match item:
        case InboundMessage() | EchoMessage() | PersonMoved():
            named = item.line.reference
        case StatusReport() | Watermark():
            named = item.line_reference
        case Ignored():
            return False
    own = _own_reference(event)
    return bool(named and own and named != own)


def _addressed(line: Line, event: WebhookEvent) -> Line:
    """The line of the channel whose own address was posted to.

    The provider's name of a line settles it: numbers are written in more than one way.
    """
    if not event.channel_key:
        return line
    is_settled = line.reference and _own_reference(event)
    return replace(line, line="" if is_settled else line.line, channel_key=event.channel_key)


def _own_reference(event: WebhookEvent) -> str:
    """The provider's name of the line whose address was posted to; empty where it has none."""
    if not event.channel_key:
        return ""
    adapter = registry.get(event.adapter)
    _number, own = adapter.own_line(credentials.load(adapter, event.channel_key))
    return own


def _name(item: Parsed) -> str:
    match item:
        case InboundMessage() | EchoMessage() | PersonMoved():
            return item.external_id[:100]
        case StatusReport():
            return item.ties[0][:100]
        case Ignored():
            return item.item[:100]
    return ""


def _settle(event: WebhookEvent, unapplied: list[dict[str, object]], waiting: set[str]) -> None:
    now = timezone.now()
    if waiting and now - event.received_at < PATIENCE:
        _wait(event, unapplied, waiting)
        return
    event.unapplied = unapplied
    event.state = WebhookEvent.State.PROCESSED
    if unapplied and len(unapplied) == _item_count(event):
        event.state = WebhookEvent.State.DISCARDED
    event.processed_at = now
    event.save(update_fields=["unapplied", "state", "processed_at"])
    if event.waits:
        EventTie.objects.filter(event=event).delete()


def _item_count(event: WebhookEvent) -> int:
    return max(1, len(items_of(event)))


def items_of(event: WebhookEvent) -> list[Parsed]:
    """What a stored webhook says, item by item; nothing where it cannot be read."""
    try:
        adapter = registry.get(event.adapter)
        with faults.contained("event not read", event_id=event.pk):
            return adapter.parse(bytes(event.body))
    except (ProviderError, registry.UnknownAdapter):
        return []


def _wait(event: WebhookEvent, unapplied: list[dict[str, object]], waiting: set[str]) -> None:
    """Keep the event open until one of the ids it waits for turns up, and look now and then."""
    delay = _WAITS[min(event.waits, len(_WAITS) - 1)]
    # One that turned up since the event was looked at has made it due, and so it stays.
    as_seen = WebhookEvent.objects.filter(pk=event.pk, next_attempt_at=event.next_attempt_at)
    with transaction.atomic():
        rows = [EventTie(event=event, tie=tie[:255]) for tie in sorted(waiting)]
        EventTie.objects.bulk_create(rows, ignore_conflicts=True)
        as_seen.update(next_attempt_at=clock.now() + delay)
        event.unapplied = unapplied
        event.waits += 1
        event.tries = 0
        event.save(update_fields=["unapplied", "waits", "tries"])


def _bury(event: WebhookEvent) -> None:
    """Set aside what fails every time, where people see it and can replay it."""
    event.state = WebhookEvent.State.DEAD
    event.unapplied = event.unapplied or [{"index": None, "id": "", "reason": Reason.BROKEN}]
    event.save(update_fields=["state", "unapplied"])
    log.error("event set aside", event_id=event.pk)


def replay(event: WebhookEvent) -> None:
    """Put a settled event back in line; items that were applied are not applied again."""
    settled = WebhookEvent.objects.filter(pk=event.pk).exclude(state=WebhookEvent.State.RECEIVED)
    now = clock.now()
    settled.update(state=WebhookEvent.State.RECEIVED, tries=0, waits=0, next_attempt_at=now)
