"""`manage.py restore FILE`: a backup into an empty installation, with sending on pause."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from isobot.backups import Refused, restoring
from isobot.backups.progress import Progress
from provider import gateway


class Command(BaseCommand):
    help = "Restore a backup into an empty database; nothing is sent until somebody resumes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and nothing half done is left
        progress = Progress(sys.stderr)
        try:
            restored = restoring.restore(options["file"], progress)
        except (Refused, OSError, DatabaseError) as error:
            raise CommandError(str(error)) from error
        finally:
            progress.over()
        self.stdout.write(
            f"Restored as of {restored.made_at}: {sum(restored.counts.values())} rows, "
            f"{restored.media.files} files."
        )
        self.stdout.write(
            f"Sending is on pause; {gateway.waiting_sends()} messages wait. Start everything, look "
            "at it, then resume under Setup chat or by `manage.py resume_sends`."
        )
        closed = restoring.closed_secrets()
        if closed:
            self.stderr.write(
                f"{closed} stored secrets do not open with the keys given here. Add the keys of "
                "the installation the backup is of to ISOBOT_ENCRYPTION_KEYS, or put its "
                "keys.json into ISOBOT_DATA, before you start."
            )
