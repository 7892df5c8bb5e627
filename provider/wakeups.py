"""Wake-ups: tell a worker there is something to do, without ever holding up who tells it.

A wake-up carries nothing and may be lost: the work is a row, and every worker looks for
forgotten rows by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

# Everything that happens within this time shares one wake-up.
GATHER_SECONDS = 0.01


class Wakeup:
    """Publishes a task soon after `kick`, from a thread of its own: a dead or frozen broker
    delays that thread and nobody else."""

    def __init__(self, name: str, publish: Callable[[], object]) -> None:
        self._name = name
        self._publish = publish
        self._asked = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def kick(self) -> None:
        self._asked.set()
        if self._thread is None or not self._thread.is_alive():
            with self._starting:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(
                        target=self._run, name=f"wakeup-{self._name}", daemon=True
                    )
                    self._thread.start()

    def _run(self) -> None:
        while True:
            self._asked.wait()
            threading.Event().wait(GATHER_SECONDS)
            # Cleared before publishing: what is kicked from here on gets a wake-up of its own.
            self._asked.clear()
            try:
                self._publish()
            except Exception as error:
                log.warning("wake-up lost", task=self._name, error=type(error).__name__)
