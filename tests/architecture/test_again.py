"""What may be tried once more in `.ci/run`, and what has failed for good."""

from __future__ import annotations

import pytest

from tests import again

FLOW, BROWSER = "tests/flows/test_a.py::test_b[embedded]", "tests/browser/test_a.py::test_b"


@pytest.mark.parametrize("failed", [[FLOW], [BROWSER], [FLOW, BROWSER, f"{FLOW}x"]])
def test_a_few_of_real_processes_or_a_browser_may_have_another_try(failed: list[str]) -> None:
    assert again.may_try(failed)


@pytest.mark.parametrize(
    "failed",
    [
        [],
        ["tests/chat/test_a.py::test_b"],
        [FLOW, "tests/provider/test_a.py::test_b"],
        [f"{FLOW}{number}" for number in range(again.MOST + 1)],
    ],
)
def test_anything_else_has_failed(failed: list[str]) -> None:
    assert not again.may_try(failed)
