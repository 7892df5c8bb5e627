"""The Celery application, its schedule, and the pulse of each worker."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from celery import Celery
from celery.signals import setup_logging, worker_ready, worker_shutting_down

if TYPE_CHECKING:
    from isobot.pulse import Pulse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "isobot.settings")

app = Celery("isobot")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "schedule-is-alive": {"task": "isobot.tasks.schedule_is_alive", "schedule": 5.0},
}
_pulses: list[Pulse] = []


@setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    """A listener is all Celery needs to leave the loggers as they are."""


@worker_ready.connect
def _start_pulse(**_: Any) -> None:
    from isobot.pulse import Pulse  # noqa: PLC0415 - models exist only once Django is set up

    pulse = Pulse()
    pulse.start()
    _pulses.append(pulse)


@worker_shutting_down.connect
def _stop_pulse(**_: Any) -> None:
    while _pulses:
        _pulses.pop().stop()
