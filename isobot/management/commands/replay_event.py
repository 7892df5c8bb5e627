"""`manage.py replay_event ID…`: process stored provider events again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from provider import gateway


class Command(BaseCommand):
    help = "Process stored provider events again; what they already did is not done twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ids", nargs="+", type=int, metavar="ID")

    def handle(self, *args: Any, **options: Any) -> None:
        found = {event.pk: event for event in gateway.events().filter(pk__in=options["ids"])}
        missing = [str(number) for number in options["ids"] if number not in found]
        if missing:
            raise CommandError(f"no such event: {', '.join(missing)}")
        for number in options["ids"]:
            gateway.replay(found[number])
            self.stdout.write(f"event {number}: in line")
