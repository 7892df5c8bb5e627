"""Backups: what is in the file, where it goes, and what is refused."""

from __future__ import annotations

import io
import os
import shutil
import signal
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from chat import files
from chat.models import AuditEntry
from isobot.backups import Refused, archive, databases, making, postgresql, restoring
from isobot.backups.archive import Manifest, Part
from isobot.backups.progress import Progress
from provider.models import Delivery, SendingPause
from tests.conftest import Customer
from tests.isobot.backup_files import NAME, OTHER, change_manifest

PASSWORD = "a-password-of-the-database"


def quiet(_what: str, _done: int, _total: int | None) -> None:
    pass


@pytest.fixture
def data(settings: Any, tmp_path: Path) -> Path:
    """A folder of data of the test's own."""
    settings.ISOBOT_DATA = tmp_path / "data"
    return tmp_path / "data"


@pytest.fixture
def small(data: Path, tmp_path: Path) -> Path:
    """A whole backup of a database that is none, and of two files that are gone since."""
    for name, content in ((NAME, b"uma foto"), (OTHER, b"")):
        path = files.folder() / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    (files.folder() / "unfinished").mkdir()
    (files.folder() / "unfinished" / ("ef" * 20)).write_bytes(b"still coming")
    database = tmp_path / "database"
    database.write_bytes(b"rows" * 1000)

    def manifest(first: Part, second: Part) -> Manifest:
        version = int(connection.vendor == "postgresql")
        made = ["chat.0001_initial"]
        return Manifest("2026-11-20", connection.vendor, version, made, {"a": 1}, first, second)

    path = tmp_path / "backup"
    with path.open("wb") as out:
        archive.write(out, database, manifest, quiet)
    shutil.rmtree(data)
    return path


class TestTheFile:
    def take(self, path: Path, to: Path) -> None:
        with archive.opened(path) as found:
            to.mkdir()
            found.take_database(to / "database", quiet)
            found.take_media(to / "media", quiet)

    def test_everything_comes_back_as_it_was(self, small: Path, tmp_path: Path) -> None:
        to = tmp_path / "to"
        self.take(small, to)
        assert (to / "database").read_bytes() == b"rows" * 1000
        found = {str(p.relative_to(to)): p for p in to.rglob("*") if p.is_file()}
        assert set(found) == {"database", f"media/{NAME}", f"media/{OTHER}"}
        assert found[f"media/{NAME}"].read_bytes() == b"uma foto"
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in found.values())

    def test_what_is_cut_off_anywhere_is_refused(self, small: Path, tmp_path: Path) -> None:
        whole = small.read_bytes()
        ends = range(0, whole.rindex(b"}") + 1, 512)
        for end in ends:
            small.write_bytes(whole[:end])
            with pytest.raises(Refused, match=r"damaged|no backup"), archive.opened(small):
                pass

    @pytest.mark.parametrize("what", [b"rowsrows", b"uma foto"])
    def test_one_other_byte_is_refused(self, small: Path, tmp_path: Path, what: bytes) -> None:
        small.write_bytes(small.read_bytes().replace(what, what[:-1] + b"X", 1))
        with pytest.raises(Refused, match=r"is not what it was|are not what they were"):
            self.take(small, tmp_path / "to")

    def test_files_that_changed_places_are_refused(self, small: Path, tmp_path: Path) -> None:
        other = small.read_bytes().replace(NAME.encode(), b"#").replace(OTHER.encode(), b"##")
        swapped = other.replace(b"##", NAME.encode()).replace(b"#", OTHER.encode())
        assert len(swapped) == small.stat().st_size
        small.write_bytes(_with_checksums(swapped))
        with pytest.raises(Refused, match="media are not what they were"):
            self.take(small, tmp_path / "to")

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("../escaped", tarfile.REGTYPE),
            ("media/../../escaped", tarfile.REGTYPE),
            (f"media/../{NAME}", tarfile.REGTYPE),
            (f"/media/{NAME}", tarfile.REGTYPE),
            (f"./media/{NAME}", tarfile.REGTYPE),
            ("media/ab/short", tarfile.REGTYPE),
            (f"media/{NAME}\n", tarfile.REGTYPE),
            ("keys.json", tarfile.REGTYPE),
            (f"media/{'ef/' + 'ef' * 20}", tarfile.SYMTYPE),
            (f"media/{'ef/' + 'ef' * 20}", tarfile.LNKTYPE),
            ("media/ef", tarfile.DIRTYPE),
            (f"media/{'ef/' + 'ef' * 20}", tarfile.FIFOTYPE),
            (f"media/{'ef/' + 'ef' * 20}", tarfile.CHRTYPE),
            ("database", tarfile.REGTYPE),
            (f"media/{NAME}", tarfile.REGTYPE),
        ],
    )
    def test_a_member_no_backup_has_makes_it_none(
        self, small: Path, tmp_path: Path, name: str, kind: bytes
    ) -> None:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, "/etc/passwd"
        with tarfile.open(small, mode="a") as tar:
            tar.addfile(member)
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(Refused, match="no backup"), archive.opened(small):
            pass
        assert sorted(tmp_path.rglob("*")) == before

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"format": 2}, "newer release"),
            ({"database": {}}, "manifest cannot be read"),
            ({"surprise": 1}, "manifest cannot be read"),
        ],
    )
    def test_a_manifest_of_another_form_is_refused(
        self, small: Path, changes: dict[str, Any], said: str
    ) -> None:
        change_manifest(small, **changes)
        with pytest.raises(Refused, match=said), archive.opened(small):
            pass

    @pytest.mark.parametrize("content", [b"", b"x", b"PK\x03\x04" * 300, b"\x00" * 10240])
    def test_another_file_is_no_backup(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "other"
        path.write_bytes(content)
        with pytest.raises(Refused), archive.opened(path):
            pass


def _with_checksums(raw: bytes) -> bytes:
    """A tar whose headings were changed by hand, made to agree with them."""
    found = bytearray(raw)
    for at in range(0, len(found) - 512, 512):
        if found[at + 257 : at + 262] == b"ustar":
            head = bytearray(found[at : at + 512])
            head[148:156] = b" " * 8
            found[at + 148 : at + 156] = b"%06o\x00 " % sum(head)
    return bytes(found)


class TestTheTarget:
    def test_a_file_that_is_there_is_left_alone(self, db: None, tmp_path: Path) -> None:
        (tmp_path / "backup").write_text("another")
        with pytest.raises(Refused, match="--overwrite"):
            making.make(tmp_path / "backup", quiet)
        assert (tmp_path / "backup").read_text() == "another"

    @pytest.mark.parametrize("name", ["nowhere/backup", "."])
    def test_a_place_that_is_none(self, db: None, tmp_path: Path, name: str) -> None:
        with pytest.raises(Refused, match="folder"):
            making.make(tmp_path / name, quiet)

    def test_a_failure_leaves_the_one_before_and_nothing_else(
        self, db: None, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target = tmp_path / "backup"
        target.write_text("the one before")

        def fail(to: Path, _tell: Any) -> Any:
            to.write_bytes(b"half")
            raise OSError("No space left on device")

        monkeypatch.setattr("isobot.backups.databases.dump", fail)
        with pytest.raises(OSError, match="No space"):
            making.make(target, quiet, overwrite=True)
        assert target.read_text() == "the one before"
        assert list(tmp_path.iterdir()) == [target]


class TestProgress:
    def test_a_terminal_sees_one_line_that_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        out = io.StringIO()
        monkeypatch.setattr(out, "isatty", lambda: True)
        monkeypatch.setattr("isobot.backups.progress.EVERY_SECONDS", {True: 0.0, False: 0.0})
        progress = Progress(out)
        progress("database", 500_000, 2_000_000)
        progress("media", 3_000_000, None)
        progress.over()
        assert out.getvalue() == (
            "\rdatabase: 500 kB of 2.0 MB, 25 %\rmedia: 3.0 MB" + " " * 19 + "\n"
        )

    def test_a_file_is_not_flooded(self) -> None:
        out = io.StringIO()
        progress = Progress(out)
        for done in range(1000):
            progress("database", done, 1000)
        progress.over()
        assert out.getvalue().count("\n") <= 1


class TestRefusals:
    """Each leaves the database, and what was in the folder, as they were."""

    @pytest.fixture
    def empty(self, data: Path, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
        """As if the tests' database had nothing in it; what was loaded into it."""
        loaded: list[Path] = []
        monkeypatch.setattr(databases, "is_empty", lambda: True)
        monkeypatch.setattr(databases, "load", lambda part, *_: loaded.append(part))
        monkeypatch.setattr(databases, "engine", lambda: (connection.vendor, 15))
        yield loaded
        assert loaded == []
        assert not SendingPause.objects.exists()
        assert not AuditEntry.objects.exists()

    def refused(self, path: Path, said: str) -> None:
        before = sorted(files.folder().rglob("*"))
        with pytest.raises(Refused, match=said):
            restoring.restore(path, quiet)
        assert [p for p in sorted(files.folder().rglob("*")) if p.is_file()] == [
            p for p in before if p.is_file()
        ]

    def test_a_database_in_use(self, house: None, small: Path) -> None:
        self.refused(small, "The database is not empty")

    def test_no_file(self, empty: list[Path], tmp_path: Path) -> None:
        self.refused(tmp_path / "nothing", "There is no file")

    def test_files_in_the_way(self, empty: list[Path], small: Path) -> None:
        path = files.folder() / NAME
        path.parent.mkdir(parents=True)
        path.write_bytes(b"another's")
        self.refused(small, "move that folder away first")
        assert path.read_bytes() == b"another's"

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"engine": "oracle"}, "The backup is of oracle, and the database here is"),
            ({"engine_version": 99}, "The backup is of version 99 of"),
            ({"migrations": ["chat.9999_later"]}, r"of a newer release.*chat.9999_later"),
        ],
    )
    def test_a_backup_of_something_else(
        self, empty: list[Path], small: Path, changes: dict[str, Any], said: str
    ) -> None:
        change_manifest(small, **changes)
        self.refused(small, said)

    @pytest.mark.parametrize("what", [b"rowsrows", b"uma foto"])
    def test_damage_is_seen_before_anything_is_put_in_place(
        self, empty: list[Path], small: Path, what: bytes
    ) -> None:
        small.write_bytes(small.read_bytes().replace(what, what[:-1] + b"X", 1))
        self.refused(small, "damaged")

    def test_files_are_taken_away_again_where_the_database_fails(
        self, empty: list[Path], small: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any) -> None:
            assert (files.folder() / NAME).read_bytes() == b"uma foto"
            raise Refused("psql failed")

        monkeypatch.setattr(databases, "load", fail)
        self.refused(small, "psql failed")

    def test_the_commands_say_so_in_one_line(
        self, db: None, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(signal, "signal", lambda *_: None)  # this process is the tests'
        with pytest.raises(CommandError, match="There is no file"):
            call_command("restore", tmp_path / "nothing")
        with pytest.raises(CommandError, match="There is no folder"):
            call_command("backup", tmp_path / "nowhere" / "backup")
        with pytest.raises(CommandError, match="não estão pausados"):
            call_command("resume_sends")

    def test_an_empty_database_has_nothing_to_back_up(
        self, db: None, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connection.introspection, "table_names", list)
        with pytest.raises(Refused, match="nothing to back up"):
            making.make(tmp_path / "backup", quiet)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("flag", "state"), [([], "unconfirmed"), (["--send-waiting"], "queued")])
def test_the_pause_is_ended_from_a_shell(customer: Customer, flag: list[str], state: str) -> None:
    customer.says("Oi")
    Delivery.objects.update(state="queued")
    newest = Delivery.objects.latest("id").pk
    SendingPause.objects.create(since=timezone.now(), last_restored=newest)
    call_command("resume_sends", *flag, stdout=io.StringIO())
    assert not SendingPause.objects.exists()
    assert Delivery.objects.get().state == state
    assert AuditEntry.objects.get().by_name == "isobot"


@pytest.mark.skipif(not os.environ.get("DATABASE_URL"), reason="SQLite needs none")
class TestPostgresPrograms:
    def test_one_that_is_missing_is_named(
        self, db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(Refused, match=r"pg_dump is not installed.*PostgreSQL \d+\."):
            postgresql.dump(tmp_path / "part", "1", quiet)
        with pytest.raises(Refused, match="pg_restore is not installed"):
            postgresql.load(tmp_path / "part", [], quiet)

    @pytest.mark.parametrize(("version", "named"), [("9.2", "9"), ("99.1", "99"), ("", r"\?")])
    def test_one_of_another_version_is_named(
        self,
        db: None,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        version: str,
        named: str,
    ) -> None:
        self.program(tmp_path, monkeypatch, f"echo 'pg_dump (PostgreSQL) {version}'")
        with pytest.raises(Refused, match=f"pg_dump is of version {named}, the server of"):
            postgresql.dump(tmp_path / "part", "1", quiet)

    def test_the_password_is_no_argument(
        self, db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(connection.settings_dict, "PASSWORD", PASSWORD)
        monkeypatch.setenv("ISOBOT_ENCRYPTION_KEYS", "not-for-others")
        version = f"echo 'pg_dump (PostgreSQL) {postgresql.major()}.1'"
        self.program(tmp_path, monkeypatch, f'{version}; echo "$@"; env')
        postgresql.dump(tmp_path / "part", "1", quiet)
        argv, _, given = (tmp_path / "part").read_text().partition("\n")[2].partition("\n")
        assert "--snapshot=1" in argv
        assert PASSWORD not in argv and str(connection.settings_dict["NAME"]) not in argv
        assert f"PGPASSWORD={PASSWORD}\n" in given
        assert "not-for-others" not in given

    def test_what_it_says_of_a_failure_is_told(
        self, db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        version = f"echo 'pg_dump (PostgreSQL) {postgresql.major()}.1'"
        self.program(tmp_path, monkeypatch, f"{version}; echo 'error: no such thing' >&2; exit 1")
        with pytest.raises(Refused, match="pg_dump failed: error: no such thing"):
            postgresql.dump(tmp_path / "part", "1", quiet)

    def program(self, folder: Path, monkeypatch: pytest.MonkeyPatch, does: str) -> None:
        path = folder / "pg_dump"
        path.write_text(f"#!/bin/sh\n{does}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
