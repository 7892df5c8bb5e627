"""The acceptance list is whole: every number of it that is due has a test that bears it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
DUE = range(1, 21)


@pytest.mark.parametrize("number", DUE)
def test_a_number_of_the_list_has_a_test(number: int) -> None:
    wanted = re.compile(rf"^\s*def test_{number:02}_\w+\(", re.MULTILINE)
    found = [path for path in TESTS.rglob("test_*.py") if wanted.search(path.read_text())]
    assert found, f"nothing is named test_{number:02}_…"
