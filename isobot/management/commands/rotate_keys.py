"""`manage.py rotate_keys`: write every stored secret again with the newest encryption key."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import transaction

from parameters.encryption import EncryptedTextField

BATCH = 200


class Command(BaseCommand):
    help = "Encrypt every stored secret again with the first of ISOBOT_ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        for model in apps.get_models():
            fields = [f.name for f in model._meta.fields if isinstance(f, EncryptedTextField)]
            if fields:
                self._rotate(model, fields)

    def _rotate(self, model: Any, fields: list[str]) -> None:
        total, done = model.objects.count(), 0
        keys = list(model.objects.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(keys), BATCH):
            with transaction.atomic():
                for row in model.objects.filter(pk__in=keys[start : start + BATCH]):
                    row.save(update_fields=fields)
                    done += 1
            self.stdout.write(f"{model._meta.label}: {done}/{total}")
