"""The Celery application, its schedule, and the pulse of each worker."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from celery import Celery
from celery.signals import (
    celeryd_after_setup,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_shutting_down,
)
from django.db import close_old_connections

from isobot import broker

if TYPE_CHECKING:
    from isobot.pulse import Pulse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "isobot.settings")

broker.install()
app = Celery("isobot")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "schedule-is-alive": {"task": "isobot.tasks.schedule_is_alive", "schedule": 5.0},
    # What is due is decided by rows; these only ask often enough.
    "check-token": {"task": "provider.tasks.check_token", "schedule": 30.0},
    "sync-templates": {"task": "provider.tasks.sync_templates", "schedule": 60.0},
    "tell-incidents": {"task": "chat.tasks.tell_incidents", "schedule": 30.0},
    "tidy": {"task": "isobot.tasks.tidy", "schedule": 60.0},
    "forget-unsent": {"task": "chat.tasks.forget_unsent", "schedule": 600.0},
}
_pulses: list[Pulse] = []


@setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    """A listener is all Celery needs to leave the loggers as they are."""


@task_prerun.connect
@task_postrun.connect
def _give_back_connections(**_: Any) -> None:
    """A connection a restarted database dropped must not fail every later task of a thread.

    Celery does this in the workers its command line starts, not in the one-process installation.
    """
    close_old_connections()


@celeryd_after_setup.connect
def _start_pulse(**_: Any) -> None:
    """Before the broker is asked: a worker that starts while it is away does what it can."""
    from isobot.pulse import Pulse  # noqa: PLC0415 - models exist only once Django is set up

    pulse = Pulse()
    pulse.start()
    _pulses.append(pulse)


@worker_shutting_down.connect
def _stop_pulse(**_: Any) -> None:
    while _pulses:
        _pulses.pop().stop()
