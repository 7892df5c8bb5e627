"""`manage.py demo`: load the demo environment; safe to run again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from isobot import demo, env, first_start


class Command(BaseCommand):
    help = "Load the demo environment (idempotent)."

    def handle(self, *args: Any, **options: Any) -> None:
        logins = first_start.prepare(env.ADMIN_PASSWORD)
        logins += demo.load(env.DEMO_PASSWORD, env.DEMO_WEBHOOK_TOKEN)
        for login in logins:
            self.stdout.write(f"{login.username}  {login.password or '(as before)'}")
