"""Static files are collected at the first start, and again only where one of them changed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from isobot import storage


@pytest.fixture
def source(settings: Any, tmp_path: Path) -> Path:
    """A file that is collected, of an installation that collected none yet."""
    folder = tmp_path / "source"
    folder.mkdir()
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "data" / "static"
    settings.STATIC_ROOT.parent.mkdir()
    kept = {"staticfiles": {"BACKEND": "isobot.storage.Storage"}}
    settings.STORAGES = {**settings.STORAGES, **kept}
    file = folder / "page.css"
    file.write_text("p { color: red }")
    return file


def served(settings: Any) -> str:
    """What browsers are given under the name of that file."""
    names = json.loads((settings.STATIC_ROOT / "staticfiles.json").read_text())["paths"]
    return str((settings.STATIC_ROOT / names["page.css"]).read_text())


def test_what_lies_there_already_is_not_made_again(source: Path, settings: Any) -> None:
    storage.collect()
    made = (settings.STATIC_ROOT / "staticfiles.json").stat().st_mtime_ns
    storage.collect()
    assert served(settings) == "p { color: red }"
    assert (settings.STATIC_ROOT / "staticfiles.json").stat().st_mtime_ns == made


def test_a_file_that_changed_is_collected(source: Path, settings: Any) -> None:
    storage.collect()
    source.write_text("p { color: tan }")  # as long as before
    later = source.stat().st_mtime + 1
    os.utime(source, (later, later))
    storage.collect()
    assert served(settings) == "p { color: tan }"


def test_a_file_that_is_new_is_collected(source: Path, settings: Any) -> None:
    storage.collect()
    source.with_name("more.css").write_text("b { color: red }")
    storage.collect()
    assert "more.css" in (settings.STATIC_ROOT / "staticfiles.json").read_text()


def test_what_was_taken_away_is_collected_again(source: Path, settings: Any) -> None:
    storage.collect()
    (settings.STATIC_ROOT / "staticfiles.json").unlink()
    storage.collect()
    assert served(settings) == "p { color: red }"
