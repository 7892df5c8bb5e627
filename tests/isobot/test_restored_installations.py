"""Whole installations that are backed up and come back elsewhere, on both profiles."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import json
import shutil
import stat
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from isobot.backups import archive
from isobot.backups.archive import Part
from tests.isobot.backup_files import NAME, OTHER, change_manifest
from tests.processes import ROOT
from tests.stack import PROFILES, Stack, why_not


class Installation:
    """A database and a folder of one's own, and `manage.py` for them."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def manage(self, *words: object, **env: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *map(str, words)]
        return subprocess.run(
            command,
            cwd=ROOT,
            env={**self.stack.env, **env},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def done(self, *words: object) -> str:
        ended = self.manage(*words)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def media(self) -> dict[str, str]:
        folder = self.stack.data / "media"
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }


@pytest.fixture(scope="module", params=PROFILES)
def source(request: pytest.FixtureRequest) -> Iterator[Installation]:
    """The demo, with a send that waits and two files."""
    if why_not(request.param):
        pytest.skip(why_not(request.param))
    with Stack(request.param, runs=False) as stack:
        now = "'2026-11-20 13:05:11+00:00'"
        stack.change(
            "INSERT INTO provider_delivery (reference, stream, adapter, channel_kind, line,"
            " line_reference, channel_key, recipient, text, extra, state, epoch, charged_tries,"
            " next_attempt_at, held, created_at) VALUES ('3f1c2a5e7b9d4c6f8a0b1c2d3e4f5a6b',"
            f" 'c1', 'botmaker', 'whatsapp', '', '', '', '5541', 'Olá', '{{}}', 'queued', 0, 0,"
            f" {now}, false, {now})"
        )
        for name in (NAME, OTHER):
            path = stack.data / "media" / name
            path.parent.mkdir(parents=True)
            path.write_bytes(name.encode() * 1000)
        yield Installation(stack)


@pytest.fixture(scope="module")
def backup(source: Installation) -> Path:
    path = source.stack.folder / "backup"
    said = source.done("backup", path)
    assert "2 files" in said
    assert "ISOBOT_ENCRYPTION_KEYS" in said
    return path


@pytest.fixture
def place(source: Installation) -> Iterator[Installation]:
    """An empty database and an empty folder, with the keys of the source."""
    stack = Stack(source.stack.profile, runs=False)
    for name in ("ISOBOT_SECRET_KEY", "ISOBOT_ENCRYPTION_KEYS"):
        if name in source.stack.env:
            stack.env[name] = source.stack.env[name]
    stack.data.mkdir()
    stack.store.make()
    with contextlib.suppress(FileNotFoundError):
        shutil.copy(source.stack.data / "keys.json", stack.data)
    try:
        yield Installation(stack)
    finally:
        stack.close()


TABLES = {
    "embedded": "SELECT name FROM sqlite_master",
    "production": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}


@pytest.mark.flow
class TestAWholeInstallation:
    def test_it_comes_back_with_its_files_and_sending_on_pause(
        self, source: Installation, backup: Path, place: Installation
    ) -> None:
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600
        keys = source.stack.env.get("ISOBOT_ENCRYPTION_KEYS") or keyring(source)["encryption"]
        assert keys.encode() not in backup.read_bytes()
        said = place.manage("restore", backup)
        assert said.returncode == 0, said.stderr
        assert "Sending is on pause; 1 messages wait." in said.stdout
        assert "do not open" not in said.stderr
        assert place.media() == source.media()
        with archive.opened(backup) as found:
            counts = found.manifest.counts
        for table in ("auth_user", "chat_channel", "parameters_detail", "provider_delivery"):
            [[count]] = place.stack.rows(f"SELECT COUNT(*) FROM {table}")
            assert count == counts[table] > 0
        waiting = "SELECT p.last_restored, d.id, d.state FROM provider_sendingpause p,"
        [[last, delivery, state]] = place.stack.rows(f"{waiting} provider_delivery d")
        assert (last, state) == (delivery, "queued")
        place.done("resume_sends")
        assert place.stack.rows("SELECT state FROM provider_delivery") == [("unconfirmed",)]
        # New rows get numbers of their own.
        told = place.stack.rows("SELECT what FROM chat_auditentry ORDER BY id")
        assert told == [("backup_restored",), ("sending_resumed",)]

    def test_a_database_that_does_not_load_leaves_a_place_to_restore_into(
        self, backup: Path, place: Installation
    ) -> None:
        """Its digest agrees, and still it is no database: half of one, as a bad disk makes it."""
        other = place.stack.folder / "other"
        shutil.copy(backup, other)
        with tarfile.open(other) as tar:
            kept = [(m, tar.extractfile(m).read()) for m in tar]  # type: ignore[union-attr]
        half = kept[0][1][: len(kept[0][1]) // 2]
        with tarfile.open(other, mode="w") as tar:
            for member, content in [(kept[0][0], half), *kept[1:]]:
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        part = Part(1, len(half), hashlib.sha256(half).hexdigest())
        change_manifest(other, database=dataclasses.asdict(part))
        refused = place.manage("restore", other)
        assert refused.returncode == 1
        assert "failed: " in refused.stderr and "Traceback" not in refused.stderr
        assert place.stack.rows(TABLES[place.stack.profile]) == []
        assert not list(place.stack.data.glob("media/*"))

        place.stack.env["ISOBOT_ENCRYPTION_KEYS"] = "another-key-of-another-installation-1"
        said = place.manage("restore", backup)
        assert said.returncode == 0, said.stderr
        assert "stored secrets do not open with the keys given here" in said.stderr


def keyring(place: Installation) -> dict[str, str]:
    kept: dict[str, str] = json.loads((place.stack.data / "keys.json").read_text())
    return kept
