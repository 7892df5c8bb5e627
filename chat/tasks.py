"""Background work of chat. Tasks carry nothing: they look for rows that are due."""

from __future__ import annotations

import threading

from celery import shared_task

from chat.services import alarms, media, names, uploads
from provider import gateway

# A slow file holds a thread, and so does a name; most are left for messages.
_fetchers = threading.BoundedSemaphore(2)
_askers = threading.BoundedSemaphore(1)


@shared_task
def tell_incidents() -> None:
    """Mail the supervisors about what is in the way, each incident once."""
    alarms.tell()


@shared_task
def fetch_media() -> None:
    """Fetch files that came with messages, and leave to the pulse what failed before."""
    if not _fetchers.acquire(blocking=False):
        return
    try:
        media.drain(gateway.is_ending, is_for_untried=True)
    finally:
        _fetchers.release()


def sweep_media() -> None:
    """The same where a wake-up was lost, and retries. Every worker calls it in its own thread,
    the only one that slow files can hold for long."""
    media.drain(gateway.is_ending)


@shared_task
def learn_names() -> None:
    """Ask what people are called whose webhooks do not say it."""
    if not _askers.acquire(blocking=False):
        return
    try:
        names.drain(gateway.is_ending)
    finally:
        _askers.release()


def sweep_names() -> None:
    """The same where a wake-up was lost, and retries; in a thread of its own, too."""
    names.drain(gateway.is_ending)


@shared_task
def forget_unsent() -> None:
    """Take away files that were uploaded and never sent."""
    uploads.forget_unsent()
