"""`manage.py check_token`: the daily check of the provider's token, from a shell."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from provider import account_words, gateway
from provider.accounts import CheckKind


class Command(BaseCommand):
    help = "Check the provider's token if that is due, and renew it where it must be."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--now", action="store_true", help="check even if it is not due")

    def handle(self, *args: Any, **options: Any) -> None:
        result = gateway.check_token(forced=options["now"])
        if result.kind is CheckKind.DONE:
            lines = [account_words.of_access(result.access)] if result.access else []
            lines += [account_words.of_renewal(result.renewal)] if result.renewal else []
        else:
            lines = [account_words.of_check(result.kind)]
        if not result.ok:
            raise CommandError("\n".join(lines))
        self.stdout.write("\n".join(lines))
        checked_at = gateway.account_state().checked_at
        if checked_at:
            self.stdout.write(
                _("Last verification: %(moment)s") % {"moment": checked_at.isoformat()}
            )
