"""Noticing that somebody's rights changed, wherever that was done.

By signals: users and groups are Django's own, and are changed by its administration, its commands
and a shell, none of which calls a service of ours.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save

from chat.services import access

FLAGS = ("is_active", "is_staff", "is_superuser")


def watch() -> None:
    """Start noticing. Called once, when the app starts."""
    pre_save.connect(_saving, sender=User, dispatch_uid="rights that change")
    pre_delete.connect(_group_goes, sender=Group, dispatch_uid="a group that goes")
    post_save.connect(_user_saved, sender=User, dispatch_uid="rights of a user")
    m2m_changed.connect(_groups_changed, sender=User.groups.through, dispatch_uid="groups")


def _saving(instance: User, update_fields: Any, **_: Any) -> None:
    if instance.pk is None or not (update_fields is None or set(FLAGS) & set(update_fields)):
        return
    before = User.objects.filter(pk=instance.pk).values(*FLAGS).first() or {}
    if any(had != getattr(instance, flag) for flag, had in before.items()):
        access.end_sessions(instance)


def _user_saved(instance: User, **_: Any) -> None:
    access.end_stale(instance)


def _groups_changed(instance: User | Group, action: str, pk_set: Any, **_: Any) -> None:
    if action in ("pre_remove", "pre_clear"):
        for user in _losing(instance, pk_set):
            access.end_sessions(user)
            access.end_tokens(user)
    if action == "post_add":  # of those who were not in it before
        for user in _gaining(instance, pk_set):
            access.end_sessions(user)
    if not action.startswith("post_"):
        return
    if isinstance(instance, User):
        access.end_stale(instance)
    else:
        for user in User.objects.filter(pk__in=pk_set or ()):
            access.end_stale(user)


def _group_goes(instance: Group, **_: Any) -> None:
    """Django tells of those who leave a group, but not when it is the group that leaves."""
    instance.user_set.clear()


def _gaining(instance: User | Group, pk_set: Any) -> QuerySet[User]:
    ids = [instance.pk] if isinstance(instance, User) else pk_set
    return User.objects.filter(pk__in=ids) if pk_set else User.objects.none()


def _losing(instance: User | Group, pk_set: Any) -> QuerySet[User]:
    """Who will really leave a group: it is also said of those who are in none of them."""
    if isinstance(instance, Group):
        members = User.objects.filter(groups=instance)
        return members if pk_set is None else members.filter(pk__in=pk_set)
    mine = instance.groups.all() if pk_set is None else instance.groups.filter(pk__in=pk_set)
    return User.objects.filter(pk=instance.pk, groups__in=mine).distinct()
