"""A server's clock does not travel: where a test does, leases go by the clock it moves."""

from __future__ import annotations

from datetime import datetime

from django.db.models.functions import Now
from django.utils import timezone
from time_machine import escape_hatch

from provider import clock

_real = clock.now


def _now() -> datetime | Now:
    return timezone.now() if escape_hatch.is_travelling() else _real()


def follow() -> None:
    """From now on, for this whole process."""
    clock.now = _now
