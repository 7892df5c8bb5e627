"""The one clock by which leases and due times are written and judged.

Machines disagree about the time. On PostgreSQL the server's clock decides, so that no process takes
the lease of another, or leaves a dead one alone, because its own clock is wrong. An SQLite file is
used by the processes of one machine, and that machine's clock is the one they share.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import Expression
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils import timezone

Moment = datetime | Combinable


def now() -> datetime | Now:
    """The moment a statement is run: for what it writes and compares, without a further query."""
    return Now() if connection.vendor == "postgresql" else timezone.now()


def read() -> datetime:
    """The same moment where Python has to judge; on a server this is a query."""
    moment = now()
    if not isinstance(moment, Expression):
        return moment
    with connection.cursor() as cursor:
        cursor.execute("SELECT STATEMENT_TIMESTAMP()")
        found: datetime = cursor.fetchone()[0]
    return found


def is_ahead(moment: datetime | None) -> bool:
    """Whether a stored moment is still to come; asks nobody where there is none."""
    return moment is not None and moment > read()
