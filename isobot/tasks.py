"""The installation's own tasks."""

from celery import shared_task

from isobot import health, housekeeping


@shared_task(ignore_result=True)
def schedule_is_alive() -> None:
    """Sent by the schedule, run by a worker: both are seen working."""
    health.beat(health.SCHEDULE)


@shared_task(ignore_result=True)
def tidy() -> None:
    """Do away with what is kept for a time only, for as long as one pass may take."""
    housekeeping.tidy()
