"""The outbox: queue a send, claim it and try it, in the order of its conversation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from provider import choices, clock, credentials, faults, links, registry
from provider.adapter import Adapter
from provider.contracts import (
    Cause,
    ChannelKind,
    Line,
    OutboundMessage,
    Receipt,
    Status,
    storable,
)
from provider.errors import (
    AmbiguousError,
    ProviderError,
)
from provider.models import Account, Attempt, Delivery, SendingPause
from provider.services import extras, outcomes, pauses, renewals, tokens, turns
from provider.services.tokens import Health

State, Tried = Delivery.State, Attempt.Outcome
LEASE = timedelta(seconds=60)
MAX_AGE = timedelta(hours=24)
# How long a send whose answer was lost keeps back what follows it in the conversation.
UNCONFIRMED_HOLDS_BACK = timedelta(seconds=60)
HELD_FOR = timedelta(seconds=5)


def enqueue(message: OutboundMessage) -> None:
    """Put a message in the outbox, in the caller's transaction."""
    message = replace(message, choices=choices.offered(message))
    Delivery.objects.create(
        reference=message.reference,
        stream=message.stream,
        adapter=message.line.adapter,
        channel_kind=message.line.kind,
        line=message.line.line,
        line_reference=message.line.reference,
        channel_key=message.line.channel_key,
        recipient=message.recipient,
        text=message.text,
        extra=extras.packed(message),
        next_attempt_at=clock.now(),
        created_at=timezone.now(),
    )


def drain(
    call_for_help: Callable[[], None] = lambda: None,
    is_ending: Callable[[], bool] = lambda: False,
) -> int:
    """Send what may leave now, until nothing may or this process ends; how many were tried.

    Any number of workers may run it at once: each send is claimed by one of them.
    `call_for_help` is called once where more conversations wait than one worker can serve.
    """
    made, before = 0, -1
    # On pause nothing is asked of the accounts either: their tokens are as old as the backup.
    while made > before and not pauses.is_on():
        before = made
        # In turn, so that an account with much to send does not keep the others waiting.
        for adapter, channel_key in _accounts():
            # Where there is no turn, those who have one go on with what waits.
            with turns.turn((adapter.slug, channel_key)) as is_given:
                if not is_given or is_ending() or not _is_open(adapter, channel_key):
                    continue
                delivery = _claim(adapter, channel_key)
                if delivery is None:
                    continue
                if made == 0 and _sendable().exists():
                    call_for_help()
                _try(adapter, delivery)
                made += 1
    return made


def _accounts() -> list[tuple[Adapter, str]]:
    """The accounts with something to send, and those that renew their tokens by themselves."""
    due = Delivery.objects.filter(state=State.QUEUED, next_attempt_at__lte=clock.now())
    found = set(due.values_list("adapter", "channel_key").distinct())
    known = registry.found()
    found |= {(slug, "") for slug, adapter in known.items() if not adapter.channel_names}
    return [(known[slug], key) for slug, key in sorted(found) if slug in known]


def _is_open(adapter: Adapter, channel_key: str) -> bool:
    """Whether the account can send. Where it cannot, what waits is told why."""
    state = tokens.account(adapter, channel_key)
    held = credentials.load(adapter, channel_key)
    health = tokens.health(adapter, held, state)
    if health is Health.STUCK:
        renewals.renew(adapter, state, held)
        state.refresh_from_db()
        held = credentials.load(adapter, channel_key)
        health = tokens.health(adapter, held, state)
    if health is Health.STUCK and any(_queued(state)) and tokens.may_probe(state):
        health = Health.USABLE
    if health is Health.ABSENT:
        _give_up(_queued(state), Cause.AUTHENTICATION)
    elif health is Health.STUCK:
        _hold(_queued(state))
    return health is Health.USABLE


def _queued(account: Account) -> Iterator[Delivery]:
    rows = Delivery.objects.filter(
        adapter=account.adapter,
        channel_key=account.channel_key,
        state=State.QUEUED,
        next_attempt_at__lte=clock.now(),
    )
    yield from rows.order_by("id")[:200]


def _hold(deliveries: Iterator[Delivery]) -> None:
    """Keep sends queued, and say once that it is the credentials they wait for."""
    until = clock.now() + HELD_FOR
    for delivery in deliveries:
        with transaction.atomic():
            rows = Delivery.objects.filter(pk=delivery.pk, state=State.QUEUED)
            if rows.update(next_attempt_at=until, held=True) and not delivery.held:
                outcomes.tell(delivery, Status.QUEUED, cause=Cause.AUTHENTICATION)


def _give_up(deliveries: Iterator[Delivery], cause: Cause) -> None:
    for delivery in deliveries:
        with transaction.atomic():
            rows = Delivery.objects.filter(pk=delivery.pk, state=State.QUEUED)
            if rows.update(state=State.FAILED, settled_at=clock.now()):
                outcomes.tell(delivery, Status.FAILED, cause=cause)


def readdress(stream: str, recipient: str) -> None:
    """Have what waits in a stream go to another id; where there is none it fails.

    Who has the old id next is somebody else. What is being sent is too late to change, but not
    what comes of it: where it has to be tried again, it goes to the new id too.
    """
    rows = Delivery.objects.filter(stream=stream)
    rows.filter(state=State.LEASED).update(recipient=recipient)
    waiting = rows.filter(state=State.QUEUED)
    if recipient:
        waiting.update(recipient=recipient)
    else:
        _give_up(waiting.order_by("id").iterator(), Cause.RECIPIENT)


def has_taken_since(moment: datetime, adapter: str) -> bool:
    """Whether the provider has accepted a send that was begun after this."""
    last = Attempt.objects.filter(delivery__adapter=adapter, outcome=Tried.ACCEPTED).order_by("-id")
    return any(attempt.started_at > moment for attempt in last[:1])


def _sendable() -> QuerySet[Delivery]:
    """Queued and due sends with nothing open before them in their stream."""
    now = clock.now()
    before = Delivery.unsettled().filter(stream=OuterRef("stream"), id__lt=OuterRef("id"))
    in_the_way = before.filter(
        Q(state__in=[State.QUEUED, State.LEASED])
        | Q(state=State.UNCONFIRMED, settled_at__gt=now - UNCONFIRMED_HOLDS_BACK)
    )
    due = Delivery.objects.filter(state=State.QUEUED, next_attempt_at__lte=now)
    return due.filter(~Exists(in_the_way))


def _claim(adapter: Adapter, channel_key: str) -> Delivery | None:
    """Lease one send and commit its attempt: from here on it is tried, or its loss is seen."""
    candidates = _sendable().filter(adapter=adapter.slug, channel_key=channel_key)
    # In the order of their index: the first are found without looking at all that wait.
    for delivery in candidates.order_by("next_attempt_at", "id")[:20]:
        with transaction.atomic():
            rows = Delivery.objects.filter(
                ~Exists(SendingPause.objects.all()),
                pk=delivery.pk,
                state=State.QUEUED,
                epoch=delivery.epoch,
                recipient=delivery.recipient,
                next_attempt_at__lte=clock.now(),
            )
            until = clock.now() + LEASE
            if not rows.update(state=State.LEASED, epoch=F("epoch") + 1, lease_until=until):
                continue
            delivery.epoch += 1
            Attempt.objects.create(
                delivery=delivery, epoch=delivery.epoch, started_at=timezone.now()
            )
            return delivery
    return None


def _try(adapter: Adapter, delivery: Delivery) -> None:
    """One attempt. No transaction is open while the provider is spoken to."""
    held = credentials.load(adapter, delivery.channel_key)
    try:
        # A fault of ours after bytes may have left: the same doubt as a lost answer.
        with faults.contained("send broke", AmbiguousError, delivery=delivery.pk):
            message = links.with_link(_message(delivery), adapter)
            extras.check(message, adapter, held)
            receipt = adapter.send(message, held)
            receipt = _looked_at(receipt)
    except (ProviderError, NotImplementedError) as error:
        known = error if isinstance(error, ProviderError) else AmbiguousError("not implemented")
        outcomes.record_error(adapter, delivery, known, held)
    else:
        outcomes.record_receipt(delivery, receipt)
        tokens.mark_alive(adapter, tokens.account(adapter, delivery.channel_key), held)


def _looked_at(receipt: object) -> Receipt:
    """As it can be kept. Without an id no status could ever be matched to the send."""
    ids = (receipt.external_id, receipt.job_id) if isinstance(receipt, Receipt) else ()
    if not any(ids) or not all(isinstance(one, str) for one in ids):
        raise AmbiguousError("the answer is not the provider's")
    return Receipt(*(storable(one) for one in ids))


def _message(delivery: Delivery) -> OutboundMessage:
    line = Line(
        delivery.adapter,
        ChannelKind(delivery.channel_kind),
        delivery.line,
        delivery.line_reference,
        delivery.channel_key,
    )
    return OutboundMessage(
        reference=delivery.reference,
        stream=delivery.stream,
        line=line,
        recipient=delivery.recipient,
        text=delivery.text,
        **extras.unpacked(delivery.extra),
    )


def recover() -> None:
    """Sends whose worker died while trying are not confirmed; sends too old do not leave."""
    now = clock.now()
    for delivery in Delivery.unsettled().filter(state=State.LEASED, lease_until__lt=now)[:200]:
        # In doubt since it was claimed: what follows has waited for the whole lease already.
        doubt(delivery, since=delivery.lease_until - LEASE if delivery.lease_until else now)
    if pauses.is_on():
        return  # what came with a backup may have left since: it is too early to call it failed
    old = Delivery.unsettled().filter(state=State.QUEUED, created_at__lt=now - MAX_AGE)
    for delivery in old[:200]:
        cause = Cause.AUTHENTICATION if delivery.held else Cause.EXPIRED
        _give_up(iter([delivery]), cause)


def doubt(delivery: Delivery, *, since: clock.Moment) -> bool:
    """Nobody knows whether it left: from `since` on it is not confirmed, unless it changed."""
    with transaction.atomic():
        outcomes.finish_lost(delivery)
        rows = Delivery.objects.filter(pk=delivery.pk, epoch=delivery.epoch, state=delivery.state)
        if not rows.update(state=State.UNCONFIRMED, settled_at=since, lease_until=None):
            return False
        outcomes.tell(delivery, Status.UNKNOWN)
        return True
