"""Where a place is, out of what people type or paste."""

from __future__ import annotations

import pytest

from chat import places

CURITIBA = (-25.4296, -49.2713)
GOOGLE = "https://www.google.com/maps"
SAID = [
    "-25.4296, -49.2713",
    "-25.4296,-49.2713",
    "  -25.4296   -49.2713\n",
    "(-25.4296; -49.2713)",
    "-25.4296°, -49.2713°",
    "-25,4296; -49,2713",
    "-25,4296, -49,2713",
    "-25,4296 -49,2713",
    f"{GOOGLE}/@-25.4296,-49.2713,15z",
    f"{GOOGLE}/place/Matriz/@-25.1,-49.9,17z/data=!3m1!4b1!8m2!3d-25.4296!4d-49.2713",
    f"{GOOGLE}/search/?api=1&query=-25.4296%2C-49.2713",
    f"{GOOGLE}/dir/?api=1&destination=-25.4296,-49.2713",
    "https://maps.google.com/?q=-25.4296,-49.2713",
    "https://maps.google.com/maps?q=loc:-25.4296,-49.2713&z=17",
    "https://www.google.com.br/maps?ll=-25.4296,-49.2713&z=12",
    "http://maps.apple.com/?ll=-25.4296,-49.2713&q=Matriz",
    "https://www.openstreetmap.org/?mlat=-25.4296&mlon=-49.2713#map=17/1.0/2.0",
    "https://www.openstreetmap.org/#map=17/-25.4296/-49.2713",
    "geo:-25.4296,-49.2713;u=35",
    "GEO:-25.4296,-49.2713",
]
NOWHERE = [
    "",
    "Praça Tiradentes",
    "-25.4296",
    "1, 2, 3",
    "91, 0",
    "0, 181",
    "1000, 2",
    "nan, nan",
    "1e3, 2",
    "١, ٢",
    "https://maps.app.goo.gl/AbC123",
    "https://example.com/",
    "https://[",
    "https://maps.google.com/?q=Pra%C3%A7a",
    f"{GOOGLE}/@95.0,-49.2713,15z",
    "geo:",
    "javascript:alert(1)",
    "https://x.example/?q=" + "1" * 100_000,
]


@pytest.mark.parametrize("text", SAID)
def test_a_place_is_found(text: str) -> None:
    found = places.found(text)
    assert found is not None
    assert (found.latitude, found.longitude) == CURITIBA
    assert (found.name, found.address) == ("", "")


@pytest.mark.parametrize("text", NOWHERE)
def test_what_says_no_place_is_none(text: str) -> None:
    assert places.found(text) is None


@pytest.mark.parametrize("text", ["0, 0", "0 0", "90, 180", "-90,-180", "+1.5, +2.5"])
def test_the_edges_of_the_world_are_in_it(text: str) -> None:
    assert places.found(text) is not None


def test_a_short_link_is_known_as_one() -> None:
    assert places.is_short_link(" https://maps.app.goo.gl/AbC123 ")
    assert not places.is_short_link(f"{GOOGLE}/@1,2,3z")
