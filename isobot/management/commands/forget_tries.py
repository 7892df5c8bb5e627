"""`manage.py forget_tries`: let everybody try their password again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from isobot.models import Tries


class Command(BaseCommand):
    help = "Forget every wrong password, so that who tried too often may try again."

    def handle(self, *args: Any, **options: Any) -> None:
        count, _each = Tries.objects.all().delete()
        self.stdout.write(f"{count} forgotten")
