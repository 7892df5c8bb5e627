"""A row as it is now, for who changes some of it and writes all of it."""

from __future__ import annotations

from django.db.models import F, Model


def hold(row: Model) -> bool:
    """Keep a row from others until the transaction ends, and read it again.

    It may have been read a moment ago, and what somebody else wrote since must not be written
    over. False where it was removed meanwhile.
    """
    rows = type(row)._default_manager.filter(pk=row.pk)
    key = row._meta.pk.name
    if not rows.update(**{key: F(key)}):
        return False
    row.refresh_from_db()
    return True
