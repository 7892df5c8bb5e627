"""Writing the audit, in the transaction of what it tells of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Model
from django.utils import timezone

from chat.models import AuditEntry

# What a person may type without end is told by its beginning.
LONGEST = 300


def record(
    by: User | None,
    what: str,
    about: object = "",
    *,
    changes: Mapping[str, tuple[object, object]] | None = None,
    **data: Any,
) -> AuditEntry:
    """Add an entry: who, a code of `chat.audit.WHAT`, and what it was done to.

    `changes` maps a field to its values before and after; a secret's are given as fingerprints.
    """
    if changes:
        data["changes"] = {
            name: [str(before)[:LONGEST], str(after)[:LONGEST]]
            for name, (before, after) in changes.items()
        }
    return AuditEntry.objects.create(
        at=timezone.now(),
        by=by,
        by_name=(by.get_full_name() or by.username)[:200] if by else "isobot",
        what=what,
        about=str(about)[:200],
        data=data,
    )


def written(
    by: User, row: Model, *, before: Mapping[str, object], fields: Iterable[str]
) -> AuditEntry | None:
    """Tell that a row was added (`before` is empty) or changed, if anything in it was."""
    changes = {
        name: (before.get(name, ""), getattr(row, name))
        for name in fields
        if name not in before or before[name] != getattr(row, name)
    }
    what = "changed" if before else "added"
    return record(by, what, row, changes=changes, id=row.pk) if changes else None


def fingerprint(secret: str) -> str:
    """A name for a secret that says nothing about it; empty where there is none."""
    return hashlib.sha256(secret.encode()).hexdigest()[:12] if secret else ""
