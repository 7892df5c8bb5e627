"""The end of the pause of sending: what becomes of the sends that came with a backup."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from provider.models import Attempt, Delivery
from provider.services import deliveries, pauses, ties

BATCH = 200


def resume(*, send_waiting: bool) -> int | None:
    """Let sends leave again; how many are not confirmed now, or None where there is no pause.

    Those that came with the backup may have left after it was made. They are for people to send
    again, unless `send_waiting` says that they did not leave; even then not those too old.
    """
    pause = pauses.current()
    if pause is None:
        return None
    doubtful = Delivery.unsettled().filter(pk__lte=pause.last_restored, state__in=pauses.WAITING)
    if send_waiting:
        old = timezone.now() - deliveries.MAX_AGE
        doubtful = doubtful.filter(state=Delivery.State.QUEUED, created_at__lt=old)
    count = 0
    while found := list(doubtful[:BATCH]):
        count += sum(_doubt(delivery, since=pause.since) for delivery in found)
    # Last, so that one that dies in between is on pause still.
    pause.delete()
    return count


@transaction.atomic
def _doubt(delivery: Delivery, *, since: datetime) -> bool:
    # Tried by nobody here, and perhaps where the backup is of: this is what a status ties to.
    Attempt.objects.get_or_create(
        delivery=delivery, epoch=delivery.epoch, defaults={"started_at": delivery.created_at}
    )
    is_doubted = deliveries.doubt(delivery, since=since)
    ties.wake_waiting(str(delivery.reference))
    return is_doubted
