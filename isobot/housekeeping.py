"""What goes when its time is over: each kind of data, a few rows at a time, beside live work.

Every table that grows by itself has a chore here. A new one is added to `CHORES`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from chat.models import ApiToken, Attachment, AuditEntry, Conversation, Submission
from chat.models.conversation import Status
from chat.services import access, media
from isobot.models import Tries
from provider import gateway
from provider.models import Delivery, Incident, WebhookEvent

log = structlog.get_logger(__name__)

LANE = "housekeeping"
BATCH = 200
# What lies in the way of the oldest rows is looked past this far, and no whole table is read.
HEAD = 1000
# A pass that found more than it could do is followed by the next.
PASS_SECONDS = 20.0
# Between two batches others have the database for as long as the batch had it, and a moment more.
BREATH = 0.05

Rows = QuerySet[Any]


def _remove(rows: Rows) -> None:
    rows.delete()


def _remove_at_once(rows: Rows) -> None:
    """For rows nothing hangs on, whose model refuses to be deleted by anybody else."""
    rows._raw_delete(rows.db)


@dataclass(frozen=True)
class Chore:
    """One kind of data, and how long it is kept: `keep` names a line of ISOBOT_KEEP, or is fixed.

    `due` are the rows whose time was over at a moment; `end` does away with some of them.
    """

    name: str
    keep: str | timedelta
    due: Callable[[datetime], Rows]
    end: Callable[[Rows], None] = _remove
    batch: int = BATCH

    @property
    def kept_for(self) -> timedelta | None:
        """None is for ever."""
        if isinstance(self.keep, timedelta):
            return self.keep
        kept: timedelta | None = settings.ISOBOT_KEEP[self.keep]
        return kept

    def rows(self) -> Rows:
        """What is due now."""
        if self.kept_for is None:
            return self.due(timezone.now()).none()
        return self.due(timezone.now() - self.kept_for)

    def step(self) -> int:
        """End the oldest few in one transaction; how many."""
        keys = list(self.rows().order_by("pk").values_list("pk", flat=True)[: self.batch])
        if keys:
            with transaction.atomic():
                self.end(self.rows().filter(pk__in=keys).order_by())
        return len(keys)


def _oldest(model: type[Model]) -> Rows:
    """The head of a table whose rows end in about the order they came."""
    rows: Rows = model._default_manager.all()
    return rows.filter(pk__in=rows.order_by("pk").values("pk")[:HEAD])


def _events(before: datetime) -> Rows:
    rows = _oldest(WebhookEvent).filter(received_at__lt=before)
    return rows.exclude(state=WebhookEvent.State.RECEIVED)


def _sends(before: datetime) -> Rows:
    open_ = [Delivery.State.QUEUED, Delivery.State.LEASED]
    return _oldest(Delivery).filter(created_at__lt=before).exclude(state__in=open_)


def _conversations(before: datetime) -> Rows:
    return Conversation.objects.filter(status=Status.CLOSED, closed_at__lt=before)


def _files(before: datetime) -> Rows:
    kept = Attachment.objects.filter(state=Attachment.State.READY, created_at__lt=before)
    return kept.exclude(file="").exclude(message=None)


CHORES = (
    Chore("events", "events", _events),
    Chore("sends", "events", _sends),
    # A conversation takes its messages along.
    Chore("conversations", "conversations", _conversations, batch=20),
    Chore("media", "media", _files, media.expire, batch=50),
    Chore(
        "audit",
        "audit",
        lambda before: _oldest(AuditEntry).filter(at__lt=before),
        _remove_at_once,
    ),
    Chore(
        "acts in the administration",
        "audit",
        lambda before: _oldest(LogEntry).filter(action_time__lt=before),
    ),
    Chore("sessions", timedelta(0), lambda now: Session.objects.filter(expire_date__lte=now)),
    Chore("wrong passwords", timedelta(0), lambda now: Tries.objects.filter(until__lte=now)),
    Chore(
        "tokens",
        access.UNUSED_FOR,
        lambda before: ApiToken.objects.filter(last_used_at__lt=before),
    ),
    Chore("forms", timedelta(days=7), lambda before: Submission.objects.filter(at__lt=before)),
    Chore(
        "incidents",
        timedelta(days=365),
        lambda before: Incident.objects.filter(closed_at__lt=before),
    ),
)


def tidy(
    seconds: float = PASS_SECONDS, tell: Callable[[str, int], None] = lambda _name, _count: None
) -> dict[str, int] | None:
    """One pass, by one process at a time and no longer than this; how many of each went.

    None where another process is at it. `tell` hears of each batch.
    """
    deadline = time.monotonic() + seconds
    done: dict[str, int] = {}
    with gateway.driving(LANE) as drive:
        if drive is None:
            return None
        for name, count in _steps():
            done[name] = done.get(name, 0) + count
            tell(name, count)
            if time.monotonic() > deadline or gateway.is_ending() or not drive.keep():
                break
    if done:
        log.info("tidied", **{name.replace(" ", "_"): count for name, count in done.items()})
    return done


def _steps() -> Iterator[tuple[str, int]]:
    """Batch after batch, with pauses, until nothing is due."""
    for chore in CHORES:
        while True:
            began = time.monotonic()
            count = chore.step()
            if not count:
                break
            yield chore.name, count
            time.sleep(time.monotonic() - began + BREATH)
