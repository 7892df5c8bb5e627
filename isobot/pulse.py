"""The pulse of a worker: it says it is alive, and does what lost wake-ups left undone.

It needs the database and nothing else, so a broker that is down makes work slower, not stop.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from django.db import close_old_connections, connections

from chat.tasks import sweep_media, sweep_names
from isobot import health
from provider import tasks

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 2.0
BEAT_SECONDS = 5.0
LOOK_SECONDS = 15.0
STOP_WITHIN_SECONDS = 22.0  # one send at a provider that does not answer


class Pulse:
    """Threads beside a worker's pool, apart so that a slow provider does not look like death."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._every, args=args, name=name, daemon=True)
            for name, args in {
                "heartbeat": (BEAT_SECONDS, lambda: health.beat(health.WORKER)),
                "look-after": (LOOK_SECONDS, tasks.look_after),
                "sweep-events": (SWEEP_SECONDS, tasks.sweep_events),
                "sweep-deliveries": (SWEEP_SECONDS, tasks.sweep_deliveries),
                "sweep-media": (SWEEP_SECONDS, sweep_media),
                "sweep-names": (SWEEP_SECONDS, sweep_names),
            }.items()
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop, and have the whole process finish what is under way and take nothing new."""
        tasks.end()
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=STOP_WITHIN_SECONDS)

    def _every(self, seconds: float, work: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            close_old_connections()
            try:
                work()
            except Exception as error:
                log.exception("pulse missed", error=type(error).__name__)
                connections.close_all()
            self._stopping.wait(seconds)
        connections.close_all()
