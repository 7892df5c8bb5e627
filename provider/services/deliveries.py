"""The outbox: queue a send, claim it, try it, and write down what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from provider import credentials, inbox, registry
from provider.adapter import Adapter
from provider.contracts import (
    Cause,
    ChannelKind,
    Credentials,
    Line,
    OutboundMessage,
    Receipt,
    Status,
    StatusUpdate,
)
from provider.errors import (
    AmbiguousError,
    CredentialsError,
    ProviderError,
    RejectedError,
    TemporaryError,
)
from provider.models import Account, Attempt, Delivery
from provider.services import ties, tokens
from provider.services.tokens import Health

log = structlog.get_logger(__name__)

State, Tried = Delivery.State, Attempt.Outcome
LEASE = timedelta(seconds=60)
MAX_AGE = timedelta(hours=24)
# How long a send whose answer was lost keeps back what follows it in the conversation.
UNCONFIRMED_HOLDS_BACK = timedelta(seconds=60)
HELD_FOR = timedelta(seconds=5)
_RETRIES = [timedelta(seconds=s) for s in (5, 30, 120, 600, 3600, 21600)]


def enqueue(message: OutboundMessage) -> None:
    """Put a message in the outbox, in the caller's transaction."""
    now = timezone.now()
    Delivery.objects.create(
        reference=message.reference,
        stream=message.stream,
        adapter=message.line.adapter,
        channel_kind=message.line.kind,
        line=message.line.line,
        line_reference=message.line.reference,
        recipient=message.recipient,
        text=message.text,
        next_attempt_at=now,
        created_at=now,
    )


def drain(
    call_for_help: Callable[[], None] = lambda: None,
    is_ending: Callable[[], bool] = lambda: False,
) -> int:
    """Send what may leave now, until nothing may or this process ends; how many were tried.

    Any number of workers may run it at once: each send is claimed by one of them.
    `call_for_help` is called once where more conversations wait than one worker can serve.
    """
    made = 0
    for adapter in registry.found().values():
        while not is_ending() and _is_open(adapter):
            delivery = _claim(adapter)
            if delivery is None:
                break
            if made == 0 and _sendable(timezone.now()).exists():
                call_for_help()
            _try(adapter, delivery)
            made += 1
    return made


def _is_open(adapter: Adapter) -> bool:
    """Whether the account can send. Where it cannot, what waits is told why."""
    state = tokens.account(adapter)
    held = credentials.load(adapter, state.channel_key)
    health = tokens.health(adapter, held, state)
    if health is Health.STUCK and (
        tokens.renew(adapter, state) or _renewed_meanwhile(adapter, state)
    ):
        health = Health.USABLE
    if health is Health.STUCK and any(_queued(adapter)) and tokens.may_probe(state):
        health = Health.USABLE
    if health is Health.ABSENT:
        _give_up(_queued(adapter), Cause.AUTHENTICATION)
    elif health is Health.STUCK:
        _hold(_queued(adapter))
    return health is Health.USABLE


def _renewed_meanwhile(adapter: Adapter, state: Account) -> bool:
    state.refresh_from_db()
    held = credentials.load(adapter, state.channel_key)
    return tokens.health(adapter, held, state) is Health.USABLE


def _queued(adapter: Adapter) -> Iterator[Delivery]:
    now = timezone.now()
    rows = Delivery.objects.filter(
        adapter=adapter.slug, state=State.QUEUED, next_attempt_at__lte=now
    )
    yield from rows.order_by("id")[:200]


def _hold(deliveries: Iterator[Delivery]) -> None:
    """Keep sends queued, and say once that it is the credentials they wait for."""
    now = timezone.now()
    for delivery in deliveries:
        with transaction.atomic():
            rows = Delivery.objects.filter(pk=delivery.pk, state=State.QUEUED)
            if rows.update(next_attempt_at=now + HELD_FOR, held=True) and not delivery.held:
                _tell(delivery, Status.QUEUED, cause=Cause.AUTHENTICATION)


def _give_up(deliveries: Iterator[Delivery], cause: Cause) -> None:
    for delivery in deliveries:
        with transaction.atomic():
            rows = Delivery.objects.filter(pk=delivery.pk, state=State.QUEUED)
            if rows.update(state=State.FAILED, settled_at=timezone.now()):
                _tell(delivery, Status.FAILED, cause=cause)


def _sendable(now: datetime) -> QuerySet[Delivery]:
    """Queued and due sends with nothing open before them in their stream."""
    before = Delivery.objects.filter(stream=OuterRef("stream"), id__lt=OuterRef("id"))
    in_the_way = before.filter(
        Q(state__in=[State.QUEUED, State.LEASED])
        | Q(state=State.UNCONFIRMED, settled_at__gt=now - UNCONFIRMED_HOLDS_BACK)
    )
    due = Delivery.objects.filter(state=State.QUEUED, next_attempt_at__lte=now)
    return due.filter(~Exists(in_the_way))


def _claim(adapter: Adapter) -> Delivery | None:
    """Lease one send and commit its attempt: from here on it is tried, or its loss is seen."""
    now = timezone.now()
    candidates = _sendable(now).filter(adapter=adapter.slug).order_by("id")[:20]
    for delivery in candidates:
        with transaction.atomic():
            rows = Delivery.objects.filter(
                pk=delivery.pk, state=State.QUEUED, epoch=delivery.epoch, next_attempt_at__lte=now
            )
            until = timezone.now() + LEASE
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
    held = credentials.load(adapter)
    try:
        receipt = adapter.send(_message(delivery), held)
    except ProviderError as error:
        _record_error(adapter, delivery, error, held)
    except Exception as error:
        # A fault of ours after bytes may have left: the same doubt as a lost answer.
        log.exception("send broke", delivery=delivery.pk)
        lost = AmbiguousError(type(error).__name__)
        _record_error(adapter, delivery, lost, held)
    else:
        _record_receipt(delivery, receipt)
        tokens.mark_alive(adapter, tokens.account(adapter), held[adapter.token_name])


def _message(delivery: Delivery) -> OutboundMessage:
    kind = ChannelKind(delivery.channel_kind)
    line = Line(delivery.adapter, kind, delivery.line, delivery.line_reference)
    return OutboundMessage(
        delivery.reference, delivery.stream, line, delivery.recipient, delivery.text
    )


@transaction.atomic
def _record_receipt(delivery: Delivery, receipt: Receipt) -> None:
    now = timezone.now()
    _finish(delivery, Tried.ACCEPTED, receipt=receipt)
    _settle(delivery, State.ACCEPTED)
    # A late result still is a fact: it is told whatever became of the lease.
    _tell(delivery, Status.SENT, at=now, external_id=receipt.external_id)
    ties.wake_waiting(receipt.external_id, receipt.job_id, str(delivery.reference))


def _record_error(
    adapter: Adapter, delivery: Delivery, error: ProviderError, held: Credentials
) -> None:
    # A provider may quote the caller's secrets in the words of its refusal.
    error.detail = credentials.without_secrets(error.detail, adapter, held)
    error.code = credentials.without_secrets(error.code, adapter, held)
    log.warning("send not taken", delivery=delivery.pk, error=type(error).__name__, code=error.code)
    match error:
        case CredentialsError():
            _record_unauthorized(adapter, delivery, error, held[adapter.token_name])
        case TemporaryError():
            _record_temporary(adapter, delivery, error)
        case RejectedError():
            _record_end(delivery, Tried.FAILED, error, Status.FAILED, error.cause)
        case _:
            _record_end(delivery, Tried.UNCONFIRMED, error, Status.UNKNOWN, None)


def _record_unauthorized(
    adapter: Adapter, delivery: Delivery, error: ProviderError, token: str
) -> None:
    """The token is dead: this send goes back in line, uncharged, and everybody stops using it."""
    with transaction.atomic():
        _finish(delivery, Tried.UNAUTHORIZED, error=error)
        state = tokens.account(adapter)
        current = credentials.load(adapter, state.channel_key)[adapter.token_name]
        if current == token:
            tokens.mark_dead(state, token)
        _back_in_line(delivery, timezone.now())


def _record_temporary(adapter: Adapter, delivery: Delivery, error: TemporaryError) -> None:
    now = timezone.now()
    with transaction.atomic():
        _finish(delivery, Tried.RETRY, error=error)
        if error.retry_after is not None:
            # The provider asked everybody to wait; that is not this message's fault.
            until = now + timedelta(seconds=error.retry_after)
            Account.objects.filter(pk=tokens.account(adapter).pk).update(paused_until=until)
            _back_in_line(delivery, until)
        else:
            delay = _RETRIES[min(delivery.charged_tries, len(_RETRIES) - 1)]
            _back_in_line(delivery, now + delay, charge=1)


def _record_end(
    delivery: Delivery,
    outcome: Attempt.Outcome,
    error: ProviderError,
    status: Status,
    cause: Cause | None,
) -> None:
    with transaction.atomic():
        _finish(delivery, outcome, error=error)
        _settle(delivery, State.FAILED if status is Status.FAILED else State.UNCONFIRMED)
        _tell(delivery, status, cause=cause, detail=error.detail)


def _finish(
    delivery: Delivery,
    outcome: Attempt.Outcome,
    *,
    receipt: Receipt | None = None,
    error: ProviderError | None = None,
) -> None:
    changes: dict[str, object] = {"outcome": outcome, "finished_at": timezone.now()}
    if receipt is not None:
        changes["job_id"] = receipt.job_id[:255]
        if receipt.external_id:
            changes["external_id"] = receipt.external_id[:255]
    if error is not None:
        changes.update(code=error.code[:50], detail=error.detail[:300])
    Attempt.objects.filter(delivery=delivery, epoch=delivery.epoch).update(**changes)


def _mine(delivery: Delivery) -> QuerySet[Delivery]:
    """The row while this claim is the newest one."""
    return Delivery.objects.filter(
        pk=delivery.pk, epoch=delivery.epoch, state__in=[State.LEASED, State.UNCONFIRMED]
    )


def _settle(delivery: Delivery, state: Delivery.State) -> bool:
    changed = _mine(delivery).update(state=state, settled_at=timezone.now(), lease_until=None)
    return bool(changed)


def _back_in_line(delivery: Delivery, at: datetime, *, charge: int = 0) -> None:
    _mine(delivery).filter(state=State.LEASED).update(
        state=State.QUEUED,
        lease_until=None,
        next_attempt_at=at,
        charged_tries=F("charged_tries") + charge,
    )


def _tell(
    delivery: Delivery,
    status: Status,
    *,
    at: datetime | None = None,
    cause: Cause | None = None,
    detail: str = "",
    external_id: str = "",
) -> None:
    inbox.publish(
        StatusUpdate(
            status,
            at or timezone.now(),
            delivery.adapter,
            ChannelKind(delivery.channel_kind),
            delivery.reference,
            external_id,
            cause,
            detail,
        )
    )


def recover() -> None:
    """Sends whose worker died while trying are not confirmed; sends too old do not leave."""
    now = timezone.now()
    for delivery in Delivery.objects.filter(state=State.LEASED, lease_until__lt=now)[:200]:
        # In doubt since it was claimed: what follows has waited for the whole lease already.
        tried_at = delivery.lease_until - LEASE if delivery.lease_until else now
        with transaction.atomic():
            _finish_lost(delivery)
            leased = _mine(delivery).filter(state=State.LEASED)
            if leased.update(state=State.UNCONFIRMED, settled_at=tried_at, lease_until=None):
                _tell(delivery, Status.UNKNOWN)
    old = Delivery.objects.filter(state=State.QUEUED, created_at__lt=now - MAX_AGE)
    for delivery in old.order_by("id")[:200]:
        cause = Cause.AUTHENTICATION if delivery.held else Cause.EXPIRED
        _give_up(iter([delivery]), cause)


def _finish_lost(delivery: Delivery) -> None:
    Attempt.objects.filter(delivery=delivery, epoch=delivery.epoch, outcome="").update(
        outcome=Tried.UNCONFIRMED, finished_at=timezone.now()
    )
