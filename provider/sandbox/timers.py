"""Runs small actions later, all on one thread."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

_log = logging.getLogger(__name__)


class Timers:
    """A heap of due actions; an action that fails does not stop the ones after it."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="sandbox-timers", daemon=True)

    def start(self) -> None:
        """Begin running actions."""
        self._thread.start()

    def stop(self, wait: float) -> None:
        """Forget what is not due yet and end the thread."""
        with self._wake:
            self._stopping = True
            self._heap.clear()
            self._wake.notify_all()
        if self._thread.is_alive():
            self._thread.join(wait)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Run the action after a delay; actions due at one moment keep their order."""
        with self._wake:
            heapq.heappush(self._heap, (time.monotonic() + seconds, next(self._order), action))
            self._wake.notify_all()

    def scheduled(self) -> int:
        """How many actions wait."""
        with self._wake:
            return len(self._heap)

    def clear(self) -> None:
        """Forget all waiting actions."""
        with self._wake:
            self._heap.clear()

    def _run(self) -> None:
        while True:
            action = self._next()
            if action is None:
                return
            try:
                action()
            except Exception as error:
                _log.error("sandbox timer failed: %s", type(error).__name__)

    def _next(self) -> Callable[[], None] | None:
        with self._wake:
            while not self._stopping:
                now = time.monotonic()
                if self._heap and self._heap[0][0] <= now:
                    return heapq.heappop(self._heap)[2]
                self._wake.wait(self._heap[0][0] - now if self._heap else None)
            return None
