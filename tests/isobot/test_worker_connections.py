"""A worker's threads keep their connection to the database from task to task, while it works."""

from __future__ import annotations

from typing import Any

import pytest
from celery.fixups.django import DjangoWorkerFixup
from celery.signals import task_postrun, task_prerun
from django.db import DEFAULT_DB_ALIAS, connections

from isobot.celery import app
from isobot.tasks import schedule_is_alive

pytestmark = pytest.mark.django_db(transaction=True)


def closed_by_tasks(monkeypatch: pytest.MonkeyPatch, **state: Any) -> int:
    """How often what Celery and we do around three tasks closes the connection in this state."""
    closed: list[bool] = []
    connection = connections[DEFAULT_DB_ALIAS]  # itself: what stands in for it forgets a patch
    connection.ensure_connection()
    with monkeypatch.context() as patch:
        patch.setattr(connection, "close", lambda: closed.append(True))
        patch.setattr(connection, "close_at", None)  # however old it is
        for name, value in state.items():
            patch.setattr(connection, name, value)
        fixup = DjangoWorkerFixup(app)
        for _ in range(3):
            fixup.on_task_prerun(sender=schedule_is_alive)
            task_prerun.send(sender=schedule_is_alive)
            fixup.on_task_postrun(sender=schedule_is_alive)
            task_postrun.send(sender=schedule_is_alive)
    return len(closed)


def test_one_that_works_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert closed_by_tasks(monkeypatch) == 0


def test_one_that_failed_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    assert closed_by_tasks(monkeypatch, errors_occurred=True, is_usable=lambda: False)
