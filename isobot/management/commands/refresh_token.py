"""`manage.py refresh_token`: the button “Atualizar token”, from a shell."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from provider import account_words, gateway


class Command(BaseCommand):
    help = "Renew the provider's token now."

    def handle(self, *args: Any, **options: Any) -> None:
        result = gateway.refresh_token()
        if not result.ok:
            raise CommandError(account_words.of_renewal(result))
        self.stdout.write(account_words.of_renewal(result))
