"""Background work of provider. Tasks carry nothing: they look for rows that are due."""

from __future__ import annotations

import threading

from celery import shared_task
from django.conf import settings
from django.db import transaction

from provider import registry
from provider.services import checks, deliveries, templates, watch, webhooks
from provider.wakeups import Wakeup

_ending = threading.Event()
# A slow provider holds a thread for each send; some are always left for what comes in.
_senders = threading.BoundedSemaphore(max(1, settings.CELERY_WORKER_CONCURRENCY - 3))


def end() -> None:
    """This process is about to stop: finish what is under way and take nothing new."""
    _ending.set()


def is_ending() -> bool:
    """Whether it is, for work that takes its time."""
    return _ending.is_set()


@shared_task
def drain_events() -> None:
    """Apply stored webhooks: messages, and the statuses of ours."""
    webhooks.drain(is_ending=is_ending)


@shared_task
def drain_deliveries() -> None:
    """Send what waits; where several conversations wait, another worker is called in."""
    if not _senders.acquire(blocking=False):
        return
    try:
        deliveries.drain(call_for_help=wake_deliveries, is_ending=is_ending)
    finally:
        _senders.release()


@shared_task
def check_token() -> None:
    """The daily check of the tokens, where it is due."""
    checks.run_due()


@shared_task
def sync_templates() -> None:
    """Learn what became of templates that wait for approval."""
    for adapter in registry.found().values():
        templates.sync_due(adapter)


def sweep_events() -> None:
    """Do what a lost wake-up left undone. Every worker calls it every few seconds."""
    deliveries.recover()
    webhooks.drain(is_ending=is_ending)


def sweep_deliveries() -> None:
    """The same for sends, apart: a slow provider must not hold up what customers write."""
    deliveries.drain(is_ending=is_ending)


def look_after() -> None:
    """Tell people what waits too long. Every worker does, so that it needs no broker."""
    watch.look()


_events = Wakeup("drain_events", lambda: drain_events.apply_async(retry=False))
_deliveries = Wakeup("drain_deliveries", lambda: drain_deliveries.apply_async(retry=False))


def wake_events() -> None:
    """Have stored webhooks processed once the current transaction, if any, is committed."""
    after_commit(_events)


def wake_deliveries() -> None:
    """Have the outbox drained once the current transaction, if any, is committed."""
    after_commit(_deliveries)


def after_commit(wakeup: Wakeup) -> None:
    """Kick it once the current transaction, if any, is committed."""
    if settings.ISOBOT_WAKEUPS:
        transaction.on_commit(wakeup.kick, robust=True)
