"""Whether sending is on pause, because a restored outbox waits for somebody's decision."""

from __future__ import annotations

from provider.models import Delivery, SendingPause

WAITING = (Delivery.State.QUEUED, Delivery.State.LEASED)


def current() -> SendingPause | None:
    return SendingPause.objects.first()


def is_on() -> bool:
    return SendingPause.objects.exists()


def waiting() -> int:
    """How many sends would leave if it were over: those that were restored, and new ones."""
    return Delivery.unsettled().filter(state__in=WAITING).count()


def statements() -> list[str]:
    """What puts the database it is said to on pause, in SQL of every database we know.

    Text, because it has to be in the commit that brings the rows: no model can be asked before.
    """
    pause, sends = SendingPause._meta.db_table, Delivery._meta.db_table
    return [
        f"DELETE FROM {pause}",  # noqa: S608 - names of our own tables
        f"INSERT INTO {pause} (id, since, last_restored) "  # noqa: S608
        f"SELECT 1, CURRENT_TIMESTAMP, COALESCE(MAX(id), 0) FROM {sends}",
    ]
