"""Taking and giving back a lane, so that one worker at a time drives it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from provider.models import Lane

LEASE = timedelta(seconds=15)


class Drive:
    """The right to drive a lane for now; `keep` asks for more time and says whether it is given."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.driver = uuid.uuid4().hex

    def take(self) -> bool:
        Lane.objects.get_or_create(name=self.name)
        return self._extend(Q(driver="") | Q(lease_until__lt=timezone.now()))

    def keep(self) -> bool:
        return self._extend(Q(driver=self.driver))

    def leave(self) -> None:
        Lane.objects.filter(name=self.name, driver=self.driver).update(driver="", lease_until=None)

    def _extend(self, condition: Q) -> bool:
        until = timezone.now() + LEASE
        rows = Lane.objects.filter(condition, name=self.name)
        return rows.update(driver=self.driver, lease_until=until) == 1


@contextmanager
def driving(name: str) -> Iterator[Drive | None]:
    """The lane, or None where somebody else drives it."""
    drive = Drive(name)
    if not drive.take():
        yield None
        return
    try:
        yield drive
    finally:
        drive.leave()
