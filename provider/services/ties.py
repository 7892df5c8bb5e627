"""Tying what a provider says to the send it is about.

The answer to a send may name a job, not the message; the message's own id comes later, in an
echo or a status. Each way to learn it is tried, and the first that fits is written down.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.utils import timezone

from provider import clock, inbox
from provider.channels import written_ids
from provider.contracts import (
    Applied,
    EchoMessage,
    Outcome,
    Status,
    StatusReport,
    StatusUpdate,
    Waiting,
    Watermark,
)
from provider.errors import late_cause
from provider.models import Attempt, Delivery, EventTie, WebhookEvent

# How long after a send its echo may come.
ECHO_WITHIN = timedelta(minutes=10)
# A provider's clock that runs behind ours still counts as the same moment.
CLOCK_SLACK = timedelta(seconds=2)
MARKS_REACH_BACK = timedelta(days=7)


def find(
    adapter: str, kind: str | None, ties: Iterable[str], channel_key: str = ""
) -> Attempt | None:
    """The attempt any of these ids names: by our own reference, the message's id or the job's.

    Where the provider does not say which kind of channel it speaks of, the ids alone tell.
    Only what the same account sent is looked at.
    """
    known = [tie for tie in ties if tie]
    if not known:
        return None
    attempts = Attempt.objects.select_related("delivery").filter(
        delivery__adapter=adapter, delivery__channel_key=channel_key
    )
    if kind is not None:
        attempts = attempts.filter(delivery__channel_kind=kind)
    ours = [reference for tie in known if (reference := _uuid(tie))]
    # A look-up for each: for alternatives of two tables a database reads both from end to end.
    for named in (
        attempts.filter(delivery__reference__in=ours),  # of none the database is not asked
        attempts.exclude(external_id="").filter(external_id__in=known),
        attempts.exclude(job_id="").filter(job_id__in=known),
    ):
        if (attempt := named.order_by("-epoch").first()) is not None:
            return attempt
    return None


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def apply_status(report: StatusReport, *, received_at: datetime, channel_key: str = "") -> Outcome:
    """Publish a status as a fact about the send it names; wait where it names none yet."""
    fact = StatusUpdate(
        report.status,
        _clamped(report.at, received_at),
        report.adapter,
        report.kind,
        cause=(report.cause or late_cause(report.code)) if report.status is Status.FAILED else None,
        detail=" ".join(part for part in (report.code, report.detail) if part),
        channel_key=channel_key,
    )
    attempt = find(report.adapter, report.kind, report.ties, channel_key)
    if attempt is not None:
        _learn_ids(attempt, report)
        _was_taken(attempt)
        reference = attempt.delivery.reference
        return inbox.publish(replace(fact, reference=reference, external_id=attempt.external_id))
    if not report.message_id:
        return Waiting(report.ties)
    outcome = inbox.publish(replace(fact, external_id=report.message_id))
    return Waiting(report.ties) if isinstance(outcome, Waiting) else outcome


def _clamped(at: datetime | None, received_at: datetime) -> datetime:
    """A provider's time, unless it lies in our future."""
    return received_at if at is None or at > received_at else at


def _learn_ids(attempt: Attempt, report: StatusReport) -> None:
    """A status that names the message, or the job, besides what we knew teaches us that id."""
    if report.message_id and not attempt.external_id:
        bind(attempt, report.message_id)
    others = (tie for tie in report.ties if tie != report.message_id and not _uuid(tie))
    job_id = next(others, "")
    if job_id and not attempt.job_id:
        Attempt.objects.filter(pk=attempt.pk, job_id="").update(job_id=job_id[:255])
        wake_waiting(job_id)


def bind_echo(echo: EchoMessage, *, received_at: datetime) -> bool:
    """Whether this is a message of ours coming back; its id is then written on the attempt.

    The provider shows the message, so it took it, whatever became of its answer. When the message
    was shown counts, not when we got round to it: after an outage all echoes are old.
    """
    line, at = echo.line, _clamped(echo.sent_at, received_at)
    attempt = find(line.adapter, line.kind, echo.ties, line.channel_key) or _by_text(echo, at)
    if attempt is None:
        return False
    if not attempt.external_id:
        bind(attempt, echo.external_id)
    _was_taken(attempt)
    inbox.publish(
        StatusUpdate(
            Status.SENT,
            at,
            line.adapter,
            line.kind,
            attempt.delivery.reference,
            attempt.external_id,
        )
    )
    return True


def _by_text(echo: EchoMessage, at: datetime) -> Attempt | None:
    """The oldest send to this contact, minutes before, with this very text and no id yet."""
    since = at - ECHO_WITHIN
    return (
        Attempt.objects.select_related("delivery")
        .exclude(outcome__in=[Attempt.Outcome.FAILED, Attempt.Outcome.UNAUTHORIZED])
        .filter(
            external_id="",
            started_at__gte=since,
            delivery__adapter=echo.line.adapter,
            delivery__channel_kind=echo.line.kind,
            delivery__channel_key=echo.line.channel_key,
            delivery__recipient__in=[
                form
                for each in (echo.contact_id, *echo.aliases)
                for form in written_ids(echo.line.kind, each)
            ],
            delivery__text=echo.text,
        )
        .order_by("id")
        .first()
    )


def _was_taken(attempt: Attempt) -> None:
    """The provider speaks of this send: it is not tried again, and what follows it may leave."""
    doubtful = [Delivery.State.QUEUED, Delivery.State.LEASED, Delivery.State.UNCONFIRMED]
    if attempt.delivery.state not in doubtful:
        return
    rows = Delivery.objects.filter(pk=attempt.delivery_id, epoch=attempt.epoch, state__in=doubtful)
    rows.update(state=Delivery.State.ACCEPTED, settled_at=clock.now(), lease_until=None)


def bind(attempt: Attempt, external_id: str) -> None:
    """Write the message's id on the attempt and wake what waits for it."""
    Attempt.objects.filter(pk=attempt.pk, external_id="").update(external_id=external_id[:255])
    attempt.external_id = external_id[:255]
    wake_waiting(external_id, attempt.job_id, str(attempt.delivery.reference))


def wake_waiting(*ties: str) -> None:
    """Make the events that wait for any of these ids due now."""
    known = [tie for tie in ties if tie]
    waiting = EventTie.objects.filter(tie__in=known).values("event_id")
    WebhookEvent.objects.filter(pk__in=waiting, state=WebhookEvent.State.RECEIVED).update(
        next_attempt_at=clock.now()
    )


def apply_watermark(mark: Watermark, *, channel_key: str = "") -> Outcome:
    """Publish the status for everything that had left for this contact by then.

    While a send to the contact is under way it is not known whether it had left: the mark waits.
    """
    to_contact = Delivery.objects.filter(
        adapter=mark.adapter,
        channel_key=channel_key,
        channel_kind=mark.kind,
        recipient__in=written_ids(mark.kind, mark.contact_id),
    )
    if mark.line:
        to_contact = to_contact.filter(line=mark.line)
    under_way = to_contact.filter(state=Delivery.State.LEASED).first()
    if under_way is not None:
        return Waiting((str(under_way.reference),))
    at = min(mark.at, timezone.now())
    reached = to_contact.filter(
        attempts__outcome=Attempt.Outcome.ACCEPTED,
        attempts__started_at__lte=at + CLOCK_SLACK,
        attempts__started_at__gte=at - MARKS_REACH_BACK,
    ).order_by("-id")[:200]
    for delivery in reached:
        inbox.publish(
            StatusUpdate(
                mark.status, at, mark.adapter, mark.kind, delivery.reference, inferred=True
            )
        )
    return Applied()
