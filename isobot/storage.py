"""Static files with hashed names, also for the modules that modules import."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # it has no types
    """Without this an imported module keeps its name, and browsers an old copy of it."""

    support_js_module_import_aggregation = True


def collect() -> None:
    """Collect the static files, unless those that lie there were made from the same ones.

    To hash and pack them takes seconds, which a start need not spend again.
    """
    collected, sources = Path(settings.STATIC_ROOT), _sources()
    mark = collected.with_name("static-sources")
    is_there = (collected / Storage.manifest_name).exists() and mark.exists()
    if is_there and mark.read_text() == sources:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    mark.write_text(sources)


def _sources() -> str:
    """Changes with any file that is collected."""
    found = sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            state = Path(storage.path(name)).stat()
            found.update(f"{name} {state.st_size} {state.st_mtime_ns}\n".encode())
    return found.hexdigest()
