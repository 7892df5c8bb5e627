"""`manage.py resume_sends`: the end of the pause after a restored backup, from a shell."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from chat.services import sending


class Command(BaseCommand):
    help = "Send again after a restored backup; what waited in it is left for people to resend."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--send-waiting", action="store_true", help="send what waited in the backup, too"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        said = sending.resume(send_waiting=options["send_waiting"], by=None)
        if said is None:
            raise CommandError(_("Sending is not on pause."))
        self.stdout.write(said)
