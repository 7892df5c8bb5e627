"""`manage.py backup FILE`: everything an installation keeps, in one file, while it runs."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from isobot.backups import Refused, making
from isobot.backups.progress import Progress, size

KEYS = (
    "The keys are not in it. Keep ISOBOT_ENCRYPTION_KEYS, or keys.json, apart from it: without "
    "them the tokens and the parameters in it cannot be read."
)


class Command(BaseCommand):
    help = f"Write the database and the media into one file, while all of it runs. {KEYS}"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--overwrite", action="store_true", help="replace a file of this name")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and nothing half done is left
        target, progress = options["file"].absolute(), Progress(sys.stderr)
        try:
            made = making.make(target, progress, overwrite=options["overwrite"])
        except (Refused, OSError, DatabaseError) as error:
            raise CommandError(str(error)) from error
        finally:
            progress.over()
        self.stdout.write(
            f"{target}: {size(target.stat().st_size)}, {sum(made.counts.values())} rows, "
            f"{made.media.files} files."
        )
        self.stdout.write(KEYS)
