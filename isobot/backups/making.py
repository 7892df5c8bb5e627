"""Making a backup while the installation runs."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from django.utils import timezone

from chat import files
from isobot.backups import Refused, archive, databases
from isobot.backups.archive import Manifest, Part, Tell


def make(target: Path, tell: Tell, *, overwrite: bool = False) -> Manifest:
    """Write everything into this file, which is there whole or not at all.

    The database first: a file that a row of it names was stored before that row.
    """
    _refuse_taken(target, overwrite=overwrite)
    made_at = timezone.now().isoformat(timespec="seconds")
    engine, version = databases.engine()
    with _aside(target) as (part, draft):
        facts = databases.dump(part, tell)

        def manifest(database: Part, media: Part) -> Manifest:
            return Manifest(made_at, engine, version, *facts, database, media)

        with files.opened_new(draft) as out:
            made = archive.write(out, part, manifest, tell)
            out.flush()
            os.fsync(out.fileno())
        _refuse_taken(target, overwrite=overwrite)
        draft.rename(target)
        files.settle(target.parent)
    return made


def _refuse_taken(target: Path, *, overwrite: bool) -> None:
    if not target.parent.is_dir():
        raise Refused(f"There is no folder {target.parent}.")
    if target.is_dir():
        raise Refused(f"{target} is a folder.")
    if target.exists() and not overwrite:
        raise Refused(f"{target} is there already: choose another name, or --overwrite.")


@contextlib.contextmanager
def _aside(target: Path) -> Iterator[tuple[Path, Path]]:
    """Two names beside the target, of which nothing is left."""
    folder = target.parent / f".{target.name}.{secrets.token_hex(4)}.part"
    folder.mkdir(mode=0o700)
    part, draft = folder / "database", folder / "backup"
    try:
        yield part, draft
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
