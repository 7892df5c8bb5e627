"""`manage.py first_start`: what an installation needs before anybody signs in; safe to repeat."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from isobot import env, first_start


class Command(BaseCommand):
    help = "Make the administrator, the contact “Anônimo” and a default menu where missing."

    def handle(self, *args: Any, **options: Any) -> None:
        for login in first_start.prepare(env.ADMIN_PASSWORD):
            self.stdout.write(f"{login.username}  {login.password or '(as before)'}")
