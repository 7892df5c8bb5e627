"""How many threads of this process one account may hold at once, so that others find one.

Not a row: what a slow provider uses up are the threads of a worker, and each has its own.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

# Of those that send, which are two fewer than a worker's threads, two are left to the others.
MOST_AT_ONCE = max(1, settings.CELERY_WORKER_CONCURRENCY - 4)

_lock = threading.Lock()
_under_way: Counter[tuple[str, str]] = Counter()


@contextmanager
def turn(account: tuple[str, str]) -> Iterator[bool]:
    """Whether there is one for this account now; it is given back at the end."""
    with _lock:
        is_given = _under_way[account] < MOST_AT_ONCE
        _under_way[account] += is_given
    try:
        yield is_given
    finally:
        with _lock:
            _under_way[account] -= is_given
