"""Files go with their rows, whatever takes a row away: a screen, an erasure, a shell."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete

from chat import files
from chat.models import Attachment


def watch() -> None:
    """Start noticing. Called once, when the app starts."""
    post_delete.connect(_gone, sender=Attachment, dispatch_uid="files without a row")


def _gone(instance: Attachment, **_: Any) -> None:
    """Once it is certain: a transaction that is undone leaves row and file."""
    if instance.file:
        transaction.on_commit(partial(files.remove, instance.file), robust=True)
