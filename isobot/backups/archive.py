"""The file of a backup: a tar of the database's part, the media and, last, the manifest.

Last, so that a file without one is not whole. Of what is read nothing is believed: a backup holds
members of three kinds with names made here, and any other makes it none.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

from chat import files
from isobot.backups import Refused

FORMAT = 1
DATABASE, MEDIA, MANIFEST = "database", "media/", "manifest.json"
LONGEST_MANIFEST = 4 * 1024 * 1024
PIECE = 1024 * 1024

Tell = Callable[[str, int, int | None], None]


@dataclasses.dataclass(frozen=True)
class Part:
    """What a part of the file is known again by."""

    files: int
    bytes: int
    sha256: str


@dataclasses.dataclass(frozen=True)
class Manifest:
    """`migrations` are those the database had, `counts` the rows of each table at that moment."""

    made_at: str
    engine: str
    engine_version: int
    migrations: list[str]
    counts: dict[str, int]
    database: Part
    media: Part
    format: int = FORMAT


class _Reader:
    """A file read once, and what was read of it."""

    def __init__(self, file: IO[bytes], digest: Any, tell: Callable[[int], None]) -> None:
        self._file, self._digest, self._tell = file, digest, tell

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._digest.update(piece)
        self._tell(len(piece))
        return piece


class _Count:
    """Bytes of a part so far, told as they come."""

    def __init__(self, what: str, total: int | None, tell: Tell) -> None:
        self.done, self._what, self._total, self._tell = 0, what, total, tell

    def __call__(self, more: int) -> None:
        self.done += more
        self._tell(self._what, self.done, self._total)


def write(
    out: IO[bytes], database: Path, manifest: Callable[[Part, Part], Manifest], tell: Tell
) -> Manifest:
    """Write all of it; `manifest` makes the last member of what was written before."""
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        digest, count = hashlib.sha256(), _Count("database", database.stat().st_size, tell)
        with database.open("rb") as file:
            _add(tar, DATABASE, file, _Reader(file, digest, count))
        first = Part(1, count.done, digest.hexdigest())
        made = manifest(first, _write_media(tar, tell))
        text = json.dumps(dataclasses.asdict(made), indent=1).encode()
        tar.addfile(_member(MANIFEST, len(text)), cast("Any", _Text(text)))
    return made


def _write_media(tar: tarfile.TarFile, tell: Tell) -> Part:
    digest, count, number = hashlib.sha256(), _Count("media", None, tell), 0
    for name in files.names():
        # One that was removed meanwhile belongs to no row any more.
        with contextlib.suppress(FileNotFoundError), files.open(name) as file:
            digest.update(_heading(name, os.fstat(file.fileno()).st_size))
            _add(tar, MEDIA + name, file, _Reader(file, digest, count))
            number += 1
    return Part(number, count.done, digest.hexdigest())


def _heading(name: str, size: int) -> bytes:
    """What parts one file from the next in the digest of all of them."""
    return f"\n{name} {size}\n".encode()


def _add(tar: tarfile.TarFile, name: str, file: IO[bytes], reader: _Reader) -> None:
    tar.addfile(_member(name, os.fstat(file.fileno()).st_size), cast("Any", reader))


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


class _Text:
    def __init__(self, text: bytes) -> None:
        self._text = text

    def read(self, size: int = -1) -> bytes:
        piece, self._text = self._text[:size], self._text[size:]
        return piece


class Archive:
    """A backup that is read. Its names are checked before anything is taken out of it."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._members: dict[str, tarfile.TarInfo] = {}
        for member in _scanned(tar):
            if not _is_ours(member) or member.name in self._members:
                raise Refused(f"This is no backup: it holds {member.name[:100]!r}.")
            self._members[member.name] = member
        if MANIFEST not in self._members or DATABASE not in self._members:
            raise Refused("The backup is damaged: it is not whole.")
        self.manifest = _manifest(self._read(MANIFEST, LONGEST_MANIFEST))

    def take_database(self, to: Path, tell: Tell) -> None:
        """Write the database's part there. Raises Refused where it is not as it was."""
        digest, count = hashlib.sha256(), _Count("database", self.manifest.database.bytes, tell)
        self._take(DATABASE, to, digest, count)
        if Part(1, count.done, digest.hexdigest()) != self.manifest.database:
            raise Refused("The backup is damaged: its database is not what it was.")

    def take_media(self, folder: Path, tell: Tell) -> None:
        """Write the files there, under their names. Raises Refused where one is another."""
        digest, number = hashlib.sha256(), 0
        count = _Count("media", self.manifest.media.bytes, tell)
        folder.mkdir(mode=0o700)
        for name, member in self._members.items():
            if name.startswith(MEDIA):
                to = folder / name.removeprefix(MEDIA)
                to.parent.mkdir(mode=0o700, exist_ok=True)
                digest.update(_heading(name.removeprefix(MEDIA), member.size))
                self._take(name, to, digest, count)
                number += 1
        if Part(number, count.done, digest.hexdigest()) != self.manifest.media:
            raise Refused("The backup is damaged: its media are not what they were.")

    def _take(self, name: str, to: Path, digest: Any, count: _Count) -> None:
        with self._opened(name) as file, files.opened_new(to) as out:
            reader = _Reader(file, digest, count)
            while piece := reader.read(PIECE):
                out.write(piece)

    def _opened(self, name: str) -> IO[bytes]:
        file = self._tar.extractfile(self._members[name])
        assert file is not None, "regular files only"
        return file

    def _read(self, name: str, most: int) -> bytes:
        with self._opened(name) as file:
            return file.read(most)


def _scanned(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    try:
        yield from tar
    except ValueError as error:  # a heading whose numbers are none
        raise tarfile.ReadError(str(error)) from error


def _is_ours(member: tarfile.TarInfo) -> bool:
    if not member.isreg() or member.issparse():
        return False
    name = member.name
    known = files.is_name(name.removeprefix(MEDIA)) if name.startswith(MEDIA) else False
    return known or name in (DATABASE, MANIFEST)


def _manifest(text: bytes) -> Manifest:
    try:
        values = json.loads(text)
        if values["format"] != FORMAT:
            raise Refused(f"The backup is of a newer release: its format is {values['format']!r}.")
        values |= {name: Part(**values[name]) for name in ("database", "media")}
        return Manifest(**values)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused("The backup is damaged: its manifest cannot be read.") from None


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """A backup to take things from. Raises Refused where it is none, or not whole."""
    try:
        with tarfile.open(path, mode="r:") as tar:
            yield Archive(tar)
    except (tarfile.TarError, EOFError) as error:
        raise Refused(f"This is no backup, or it is damaged: {error}.") from error
