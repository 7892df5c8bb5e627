"""What we ship of others is listed, unchanged, and under a licence that is with it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[2] / "static" / "vendor"
ROW = re.compile(r"^\| (?P<name>\S+) \| \S+ \| \S+ \| `(?P<file>[^`]+)` \| `(?P<sha>\w{64})` \|$")


def _listed() -> dict[str, str]:
    lines = (VENDOR / "README.md").read_text().splitlines()
    return {row["file"]: row["sha"] for row in map(ROW.match, lines) if row}


def _present() -> set[str]:
    files = (path for path in VENDOR.rglob("*") if path.is_file())
    return {path.relative_to(VENDOR).as_posix() for path in files} - {"README.md"}


def test_every_vendored_file_is_listed() -> None:
    assert _present() == set(_listed())


def test_no_vendored_file_was_changed() -> None:
    wrong = [
        name
        for name, sha in _listed().items()
        if hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() != sha
    ]
    assert wrong == []


def test_every_vendored_package_carries_its_licence() -> None:
    packages = {name.split("/")[0] for name in _listed()}
    without = [package for package in packages if not (VENDOR / package / "LICENSE").is_file()]
    assert packages and without == []
