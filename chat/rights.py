"""Noticing that somebody's rights changed, wherever that was done.

The one place where signals are used: users and groups are Django's own, and are changed by its
administration, its commands and a shell, none of which calls a service of ours.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.db.models.signals import m2m_changed, post_save

from chat.services import access


def watch() -> None:
    """Start noticing. Called once, when the app starts."""
    post_save.connect(_user_saved, sender=User, dispatch_uid="rights of a user")
    m2m_changed.connect(_groups_changed, sender=User.groups.through, dispatch_uid="groups")


def _user_saved(instance: User, **_: Any) -> None:
    access.end_stale(instance)


def _groups_changed(instance: User | Group, action: str, pk_set: Any, **_: Any) -> None:
    if not action.startswith("post_"):
        return
    if isinstance(instance, User):
        access.end_stale(instance)
    else:
        for user in User.objects.filter(pk__in=pk_set or ()):
            access.end_stale(user)
