"""Where a location is: numbers of a payload that are no place on earth."""

from __future__ import annotations

import pytest

from provider.contracts import Place


@pytest.mark.parametrize(
    "value",
    [10**400, -(10**400), float("inf"), float("nan"), 90.01, -91, True, "12", None, [], {}],
    ids=lambda value: f"{value!r:.12}",
)
def test_what_is_no_degree_is_no_place(value: object) -> None:
    assert Place.at(value, 1) is None
    assert value == 90.01 or value == -91 or Place.at(1, value) is None


def test_the_middle_of_nowhere_is_a_place() -> None:
    assert Place.at(0, 0.0) == Place(0.0, 0.0)
    assert Place.at(-90, 180, "Polo", "Rua 1") == Place(-90.0, 180.0, "Polo", "Rua 1")
