"""Incidents: opened by the first failure, closed by the next success, told by one mail each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Protocol

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from provider import clock
from provider.accounts import IncidentKind
from provider.models import Incident
from provider.services import pauses

log = structlog.get_logger(__name__)

Mail = Incident.Mail
# The same trouble coming back within this time is the same incident: a provider that takes
# every second call would otherwise fill people's mailboxes.
SAME_WITHIN = timedelta(hours=1)
_SEEN_EVERY = timedelta(seconds=20)
_MAIL_BACKOFF = [timedelta(minutes=m) for m in (1, 5, 15, 60)]


class Whose(Protocol):
    """An account, or what stands for one."""

    @property
    def adapter(self) -> str: ...
    @property
    def channel_key(self) -> str: ...


def report(
    state: Whose,
    kind: IncidentKind,
    *,
    cause: str = "",
    detail: str = "",
    keys: Iterable[str] = (),
) -> None:
    """Open an incident, or say that it is still so. An account has one trouble at a time."""
    now = timezone.now()
    told = {"cause": cause[:50], "detail": detail[:300], "keys": ", ".join(keys)[:300]}
    rows = _of(state)
    mine = rows.filter(kind=kind, closed_at=None)
    if mine.filter(last_seen_at__gt=now - _SEEN_EVERY, **told).exists():
        return
    with transaction.atomic():
        rows.filter(closed_at=None).exclude(kind=kind).update(closed_at=now)
        if mine.update(last_seen_at=now, **told):
            return
        try:
            with transaction.atomic():
                _open(rows, state, kind, told)
        except IntegrityError:
            pass  # somebody else has just opened it


def _open(rows: QuerySet[Incident], state: Whose, kind: IncidentKind, told: dict[str, str]) -> None:
    now = timezone.now()
    recent = rows.filter(kind=kind, cause=told["cause"], closed_at__gt=now - SAME_WITHIN).first()
    if recent is not None:
        # No second mail; but that it was well in between must not be forgotten.
        rows.filter(pk=recent.pk).update(closed_at=None, opened_at=now, last_seen_at=now, **told)
    else:
        Incident.objects.create(
            adapter=state.adapter,
            channel_key=state.channel_key,
            kind=kind,
            opened_at=now,
            last_seen_at=now,
            **told,
        )
    log.error("incident", account=str(state), kind=kind, cause=told["cause"])


def close(state: Whose, *, but: Iterable[IncidentKind] = (), sent: bool = False) -> None:
    """What was in the way of this account is over; of credit only a `sent` message tells."""
    kept = [*but] if sent else [*but, IncidentKind.NO_CREDIT]
    rows = _of(state).filter(closed_at=None).exclude(kind__in=kept)
    # Looked at first: this is asked after every send, and there is next to never one.
    if rows.exists() and rows.update(closed_at=timezone.now()):
        log.info("incident over", account=str(state))


def ongoing() -> QuerySet[Incident]:
    return Incident.objects.filter(closed_at=None).order_by("opened_at", "id")


def _of(state: Whose) -> QuerySet[Incident]:
    return Incident.objects.filter(adapter=state.adapter, channel_key=state.channel_key)


def to_tell() -> list[Incident]:
    """Open incidents whose mail is due. Those that came with a backup may have been told."""
    if pauses.is_on():
        return []
    is_due = Q(mail_after=None) | Q(mail_after__lte=clock.now())
    return list(ongoing().filter(is_due, mail=Mail.WAITING))


def claim_mail(incident: Incident) -> bool:
    """Take the right to send this incident's mail; committed before anything is sent."""
    rows = ongoing().filter(pk=incident.pk, mail=Mail.WAITING, mail_tries=incident.mail_tries)
    return rows.order_by().update(mail=Mail.SENDING, mail_tries=F("mail_tries") + 1) == 1


def mail_sent(incident: Incident) -> None:
    _claimed(incident).update(mail=Mail.SENT, mailed_at=timezone.now())


def mail_not_taken(incident: Incident) -> None:
    """The mail server has certainly not taken it: another try, later."""
    wait = _MAIL_BACKOFF[min(incident.mail_tries, len(_MAIL_BACKOFF) - 1)]
    _claimed(incident).update(mail=Mail.WAITING, mail_after=clock.now() + wait)


def mail_lost(incident: Incident) -> None:
    """Nobody knows whether it was taken: it is not sent again."""
    _claimed(incident).update(mail=Mail.LOST)


def _claimed(incident: Incident) -> QuerySet[Incident]:
    return Incident.objects.filter(pk=incident.pk, mail=Mail.SENDING)
