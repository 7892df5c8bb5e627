"""The table of docs/security.md is complete: each id has a test or a reason, each test its line."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# How many lines each family of the threat model has; what is missing there is missing here.
FAMILIES = {
    "WH": 14, "AZ": 8, "ID": 7, "XS": 6, "EX": 2, "UP": 9, "SF": 8, "SE": 7, "LG": 6, "CS": 5,
    "MA": 2, "IN": 3, "TP": 2, "RL": 1, "LV": 5, "DE": 2, "DP": 2, "AU": 1,
}  # fmt: skip
NEVER_WAS = {"WH4"}
ROW = re.compile(r"^\| ([A-Z]{2}\d+) \| (.+?) \| (.+?) \|$", re.M)
TEST = re.compile(r"def (test_([A-Za-z]{2}\d+)_\w+)\(")


def table() -> dict[str, tuple[str, str]]:
    text = (ROOT / "docs" / "security.md").read_text()
    rows = ROW.findall(text)
    assert len({row[0] for row in rows}) == len(rows), "a line stands twice"
    return {name: (promise, shown) for name, promise, shown in rows}


def shown_by() -> dict[str, set[str]]:
    """Every test that carries an id: the id, and `file::name`."""
    found = defaultdict(set)
    for path in (ROOT / "tests").rglob("test_*.py"):
        for name, row in TEST.findall(path.read_text()):
            found[row.upper()].add(f"{path.relative_to(ROOT)}::{name}")
    return {row: names for row, names in found.items() if row[:2] in FAMILIES}


def test_every_id_has_a_line_and_no_other() -> None:
    ids = {f"{family}{n}" for family, most in FAMILIES.items() for n in range(1, most + 1)}
    assert table().keys() == ids - NEVER_WAS


def test_every_line_names_tests_that_are_there_or_says_why_there_is_none() -> None:
    known = shown_by()
    for row, (promise, shown) in table().items():
        named = re.findall(r"`([^`]+)`", shown)
        if promise == "does not apply":
            assert row not in known and not named and len(shown) > 15, row
            continue
        assert named and set(named) <= known[row], row


def test_every_test_with_an_id_has_a_line() -> None:
    assert shown_by().keys() <= table().keys()
