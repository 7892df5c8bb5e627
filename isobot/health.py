"""Health for probes: is the process alive, and is the installation ready, with reasons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from isobot.models import Heartbeat
from provider import clock

WORKER, SCHEDULE = "worker", "schedule"
SILENT_FOR = timedelta(seconds=20)


def beat(part: str) -> None:
    """Say that a part of the installation is working."""
    Heartbeat.objects.update_or_create(part=part, defaults={"at": clock.now()})


@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    """This process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """The installation can serve. A sick provider is an incident, not unreadiness."""
    checks = {name: check() for name, check in CHECKS.items()}
    is_ready = all(reason == "ok" for reason in checks.values())
    body = {"status": "ok" if is_ready else "unready", "checks": checks}
    return JsonResponse(body, status=200 if is_ready else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"does not answer ({type(error).__name__})"
    return "ok"


_migrated = False


def _migrations() -> str:
    """Asked of the database until they are complete; they cannot become incomplete after."""
    global _migrated
    if _migrated:
        return "ok"
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return f"unknown ({type(error).__name__})"
    if plan:
        return f"{len(plan)} to apply: run manage.py migrate"
    _migrated = True
    return "ok"


def _seen(part: str) -> str:
    try:
        found = Heartbeat.objects.filter(part=part).first()
        now = clock.read()
    except DatabaseError as error:
        return f"unknown ({type(error).__name__})"
    if found is None:
        return "never seen: start it"
    silence = now - found.at
    if silence > SILENT_FOR:
        return f"silent for {int(silence.total_seconds())} s"
    return "ok"


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "migrations": _migrations,
    "worker": lambda: _seen(WORKER),
    "schedule": lambda: _seen(SCHEDULE),
}
