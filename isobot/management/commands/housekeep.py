"""`manage.py housekeep`: do away at once with everything whose time is over, or only count it."""

from __future__ import annotations

import math
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from isobot import housekeeping

WIDTH = 30


class Command(BaseCommand):
    help = "Delete what is kept for a time only (ISOBOT_KEEP_…_DAYS) and whose time is over."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and delete nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        self._due = {chore.name: chore.rows().count() for chore in housekeeping.CHORES}
        self._done = dict.fromkeys(self._due, 0)
        if options["dry_run"]:
            for chore in housekeeping.CHORES:
                kept = "always" if chore.kept_for is None else f"for {chore.kept_for.days} days"
                self.stdout.write(f"{chore.name}: kept {kept}, {self._due[chore.name]} due")
            return
        done = housekeeping.tidy(math.inf, self._tell)
        if done is None:
            raise CommandError("another process is doing it; try again in a minute")
        self.stdout.write("nothing was due" if not done else "done")

    def _tell(self, name: str, count: int) -> None:
        self._done[name] += count
        total = max(self._due[name], self._done[name])
        bar = "#" * (WIDTH * self._done[name] // total)
        self.stdout.write(f"\r{name} [{bar:<{WIDTH}}] {self._done[name]}/{total}", ending="")
        if self._done[name] >= total:
            self.stdout.write("")
        self.stdout.flush()
