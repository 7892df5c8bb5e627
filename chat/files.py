"""Files of messages on this machine's disk: ISOBOT_DATA/media/ab/<name>, under names made here."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from django.conf import settings

PIECE = 64 * 1024
_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{40}")
_UNFINISHED = "unfinished"


def store(chunks: Iterable[bytes]) -> tuple[str, int]:
    """Write a file as it comes; its name below the folder of media, and its size.

    It is there whole or not at all: written aside, brought to the disk, then renamed.
    """
    return _stored(secrets.token_hex(20), chunks)


def store_for(key: str, chunks: Iterable[bytes]) -> tuple[str, int]:
    """The same under a name made from this key: storing again replaces, and leaves no second."""
    return _stored(hashlib.sha256(key.encode()).hexdigest()[:40], chunks)


def scratch() -> IO[bytes]:
    """A file without a name, on the same disk, which goes when it is closed."""
    below = folder() / _UNFINISHED
    below.mkdir(mode=0o700, parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=below)


def _stored(token: str, chunks: Iterable[bytes]) -> tuple[str, int]:
    name = f"{token[:2]}/{token}"
    aside = folder() / _UNFINISHED / secrets.token_hex(20)
    for below in (aside.parent, folder() / token[:2]):
        below.mkdir(mode=0o700, parents=True, exist_ok=True)
    size = 0
    try:
        with opened_new(aside) as out:
            for chunk in chunks:
                out.write(chunk)
                size += len(chunk)
            out.flush()
            os.fsync(out.fileno())
        aside.rename(folder() / name)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    settle(folder() / token[:2])
    return name, size


def open(name: str) -> IO[bytes]:
    """The file to read from. Raises FileNotFoundError, also for a name that was not made here."""
    return _path(name).open("rb")


def exist(name: str) -> bool:
    """Whether the file is here."""
    return is_name(name) and _path(name).is_file()


def is_name(name: str) -> bool:
    """Whether this is a name made here."""
    return _NAME.fullmatch(name) is not None


def names() -> Iterator[str]:
    """Every file there is now, without those still being written."""
    for below in sorted(folder().glob("[0-9a-f][0-9a-f]")):
        found = (f"{below.name}/{path.name}" for path in sorted(below.iterdir()))
        yield from filter(is_name, found)


def remove(name: str) -> None:
    """Take the file away; one that is gone already is no matter."""
    with contextlib.suppress(FileNotFoundError):
        _path(name).unlink()


def are_same(one: str, other: str) -> bool:
    """Whether two files hold the same bytes."""
    with open(one) as left, open(other) as right:
        while True:
            piece = left.read(PIECE)
            if piece != right.read(PIECE):
                return False
            if not piece:
                return True


def forget_unfinished(older_than: float) -> None:
    """Remove what a process that died was still writing; `older_than` in seconds."""
    with contextlib.suppress(FileNotFoundError):
        for path in (folder() / _UNFINISHED).iterdir():
            with contextlib.suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > older_than:
                    path.unlink()


def folder() -> Path:
    """The folder of media. What is below it is this module's."""
    return Path(settings.ISOBOT_DATA) / "media"


def _path(name: str) -> Path:
    if not is_name(name):
        raise FileNotFoundError(name)
    return folder() / name


def opened_new(path: Path) -> IO[bytes]:
    """A file that was not there before, for this user alone."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def settle(below: Path) -> None:
    """Have what was renamed in this folder survive a power cut."""
    handle = os.open(below, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
