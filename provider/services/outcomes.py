"""What came of a send: written down, told to chat, and the send settled or back in line."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from provider import clock, credentials, inbox
from provider.accounts import IncidentKind
from provider.adapter import Adapter
from provider.contracts import Cause, ChannelKind, Credentials, Receipt, Status, StatusUpdate
from provider.errors import CredentialsError, ProviderError, RejectedError, TemporaryError
from provider.models import Account, Attempt, Delivery
from provider.services import incidents, ties, tokens

log = structlog.get_logger(__name__)

State, Tried = Delivery.State, Attempt.Outcome
RETRIES = [timedelta(seconds=s) for s in (5, 30, 120, 600, 3600, 21600)]


@transaction.atomic
def record_receipt(delivery: Delivery, receipt: Receipt) -> None:
    now = timezone.now()
    _finish(delivery, Tried.ACCEPTED, receipt=receipt)
    _settle(delivery, State.ACCEPTED)
    # A late result still is a fact: it is told whatever became of the lease.
    tell(delivery, Status.SENT, at=now, external_id=receipt.external_id)
    ties.wake_waiting(receipt.external_id, receipt.job_id, str(delivery.reference))


def record_error(
    adapter: Adapter, delivery: Delivery, error: ProviderError, held: Credentials
) -> None:
    # A provider may quote the caller's secrets in the words of its refusal.
    error.detail = credentials.without_secrets(error.detail, adapter, held)
    error.code = credentials.without_secrets(error.code, adapter, held)
    log.warning("send not taken", delivery=delivery.pk, error=type(error).__name__, code=error.code)
    match error:
        case CredentialsError() if not held[adapter.token_name]:
            # Nothing can be renewed, so the same send again would be refused the same way.
            _record_end(delivery, Tried.FAILED, error, Status.FAILED, Cause.AUTHENTICATION)
        case CredentialsError():
            _record_unauthorized(adapter, delivery, error, held[adapter.token_name])
        case TemporaryError():
            _record_temporary(adapter, delivery, error)
        case RejectedError():
            _record_end(delivery, Tried.FAILED, error, Status.FAILED, error.cause)
            if error.cause is Cause.SERVICE_ACCESS:
                state = tokens.account(adapter, delivery.channel_key)
                told = {"cause": error.code, "detail": error.detail}
                incidents.report(state, IncidentKind.NO_CREDIT, **told)
        case _:
            _record_end(delivery, Tried.UNCONFIRMED, error, Status.UNKNOWN, None)


def _record_unauthorized(
    adapter: Adapter, delivery: Delivery, error: ProviderError, token: str
) -> None:
    """The token is dead: this send goes back in line, uncharged, and everybody stops using it."""
    with transaction.atomic():
        _finish(delivery, Tried.UNAUTHORIZED, error=error)
        tokens.mark_dead(adapter, tokens.account(adapter, delivery.channel_key), token)
        _back_in_line(delivery, clock.now())


def _record_temporary(adapter: Adapter, delivery: Delivery, error: TemporaryError) -> None:
    now = clock.now()
    with transaction.atomic():
        _finish(delivery, Tried.RETRY, error=error)
        state = tokens.account(adapter, delivery.channel_key)
        if error.retry_after is not None:
            # The provider asked everybody to wait; that is not this message's fault.
            until = now + timedelta(seconds=error.retry_after)
            Account.objects.filter(pk=state.pk).update(paused_until=until)
            _back_in_line(delivery, until)
        else:
            Account.objects.filter(pk=state.pk).update(failures=F("failures") + 1)
            delay = RETRIES[min(delivery.charged_tries, len(RETRIES) - 1)]
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
        tell(delivery, status, cause=cause, detail=error.detail)


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
    changed = _mine(delivery).update(state=state, settled_at=clock.now(), lease_until=None)
    return bool(changed)


def _back_in_line(delivery: Delivery, at: clock.Moment, *, charge: int = 0) -> None:
    rows = _mine(delivery).filter(state=State.LEASED)
    lost = rows.filter(recipient="")  # its person has no id any more: see `deliveries.readdress`
    if lost.update(state=State.FAILED, settled_at=clock.now(), lease_until=None):
        tell(delivery, Status.FAILED, cause=Cause.RECIPIENT)
        return
    rows.update(
        state=State.QUEUED,
        lease_until=None,
        next_attempt_at=at,
        charged_tries=F("charged_tries") + charge,
    )


def tell(
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


def finish_lost(delivery: Delivery) -> None:
    Attempt.objects.filter(delivery=delivery, epoch=delivery.epoch, outcome="").update(
        outcome=Tried.UNCONFIRMED, finished_at=timezone.now()
    )
