"""Restoring a backup into an installation that has nothing yet."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

from chat import files
from chat.services import audit
from isobot.backups import Refused, archive, databases
from isobot.backups.archive import Manifest, Tell
from parameters.encryption import EncryptedTextField, WrongKey
from provider import gateway


def restore(path: Path, tell: Tell) -> Manifest:
    """Bring back what is in the file, with sending on pause.

    Everything is looked at before anything is put in place. The database comes last, in one
    commit with the pause: whoever sees a restored send sees that it must not leave.
    """
    if not path.is_file():
        raise Refused(f"There is no file {path}.")
    _refuse_used()
    with archive.opened(path) as found:
        _refuse_other(found.manifest)
        with _staged() as folder:
            found.take_database(folder / "database", tell)
            found.take_media(folder / "media", tell)
            os.sync()
            with _placed(folder / "media"):
                databases.load(folder / "database", gateway.pause_statements(), tell)
    _bring_up_to_date()
    audit.record(None, "backup_restored", found.manifest.made_at)
    return found.manifest


def _refuse_used() -> None:
    if not databases.is_empty():
        raise Refused(
            "The database is not empty: a backup is restored into a new one, before the first "
            "start and before `manage.py migrate`."
        )
    if next(files.names(), None) is not None:
        raise Refused(f"There are files in {files.folder()}: move that folder away first.")


def _refuse_other(manifest: Manifest) -> None:
    engine, version = databases.engine()
    if manifest.engine != engine:
        raise Refused(
            f"The backup is of {manifest.engine}, and the database here is {engine}: "
            "set DATABASE_URL to one of the same kind."
        )
    if manifest.engine_version > version:
        raise Refused(
            f"The backup is of version {manifest.engine_version} of {engine}, newer than "
            f"{version} here."
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    unknown = sorted(set(manifest.migrations) - known)
    if unknown:
        raise Refused(
            f"The backup is of a newer release, with changes unknown here: "
            f"{', '.join(unknown[:3])}. Install that release first."
        )


@contextlib.contextmanager
def _staged() -> Iterator[Path]:
    """A folder on the disk of the media, of which nothing is left."""
    folder = files.folder() / f"restoring-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def _placed(media: Path) -> Iterator[None]:
    """The files where rows find them; taken away again where no rows come."""
    placed = []
    try:
        for below in sorted(media.iterdir()):
            to = files.folder() / below.name
            if to.is_dir():
                to.rmdir()  # empty: names were looked for before
            below.rename(to)
            placed.append(to)
        files.settle(files.folder())
        yield
    except BaseException:
        for to in placed:
            shutil.rmtree(to)
        raise


def _bring_up_to_date() -> None:
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except Exception as error:  # of whatever migration: what is restored stays
        raise Refused(
            "The backup is restored, with sending on pause, but not brought up to this release: "
            f"run `manage.py migrate`. {error}"
        ) from error


def closed_secrets() -> int:
    """How many rows hold a secret that no key given here opens."""
    found = 0
    for model in apps.get_models():
        names = [f.name for f in model._meta.fields if isinstance(f, EncryptedTextField)]
        for key in model._default_manager.values_list("pk", flat=True) if names else ():
            try:
                model._default_manager.only(*names).get(pk=key)
            except WrongKey:
                found += 1
    return found
