"""Taking and giving back a lane, so that one worker at a time drives it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import Error as DatabaseError
from django.db.models import Q

from provider import clock
from provider.models import Lane

LEASE = timedelta(seconds=15)
# So long after it was given nobody else can have taken it, and the database need not be asked.
SURE = LEASE / 3
# Drivers of this process that ended while the database was away, so that their lanes still name
# them: nobody has to wait for the leases of those.
_ended: set[str] = set()


class Drive:
    """The right to drive a lane for now; `keep` asks for more time and says whether it is given."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.driver = uuid.uuid4().hex
        self._given_at = float("-inf")

    def take(self) -> bool:
        Lane.objects.get_or_create(name=self.name)
        free = Q(driver="") | Q(lease_until__lt=clock.now()) | Q(driver__in=list(_ended))
        # Most who ask find it taken: to look costs less than to write nothing.
        return Lane.objects.filter(free, name=self.name).exists() and self._extend(free)

    def keep(self) -> bool:
        is_fresh = time.monotonic() - self._given_at < SURE.total_seconds()
        if is_fresh and self.driver not in _ended:
            return True
        return self._extend(Q(driver=self.driver))

    def leave(self) -> None:
        Lane.objects.filter(name=self.name, driver=self.driver).update(driver="", lease_until=None)

    def _extend(self, condition: Q) -> bool:
        asked_at, until = time.monotonic(), clock.now() + LEASE
        rows = Lane.objects.filter(condition, name=self.name)
        is_given = rows.update(driver=self.driver, lease_until=until) == 1
        if is_given:
            self._given_at = asked_at
        return is_given


@contextmanager
def driving(name: str) -> Iterator[Drive | None]:
    """The lane, or None where somebody else drives it."""
    drive = Drive(name)
    try:
        if not drive.take():
            yield None
            return
        try:
            yield drive
        finally:
            drive.leave()
    except DatabaseError:
        _ended.add(drive.driver)
        raise
