"""The installation's own tasks."""

from celery import shared_task

from isobot import health


@shared_task(ignore_result=True)
def schedule_is_alive() -> None:
    """Sent by the schedule, run by a worker: both are seen working."""
    health.beat(health.SCHEDULE)
