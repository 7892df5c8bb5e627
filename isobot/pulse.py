"""The pulse of a worker: it says it is alive, and does what lost wake-ups left undone.

It needs the database and nothing else, so a broker that is down makes work slower, not stop.
"""

from __future__ import annotations

import threading

import structlog
from django.db import close_old_connections, connections

from isobot import health
from provider import tasks

log = structlog.get_logger(__name__)

SECONDS = 2.0


class Pulse:
    """A thread beside a worker's pool."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let the pulse and the worker beside it finish what they are at, and no more."""
        tasks.end()
        self._stopping.set()
        self._thread.join(timeout=25)

    def _run(self) -> None:
        while not self._stopping.is_set():
            close_old_connections()
            try:
                health.beat(health.WORKER)
                tasks.sweep()
            except Exception as error:
                log.exception("sweep failed", error=type(error).__name__)
                connections.close_all()
            self._stopping.wait(SECONDS)
        connections.close_all()
