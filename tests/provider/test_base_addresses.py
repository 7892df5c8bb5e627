"""A vendor's base address is one line of `isobot.env`; everything else follows from it."""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings

from isobot import env
from provider import guard
from provider.services import media


def test_each_is_a_setting_of_its_name() -> None:
    for name, address in env.BASE_ADDRESSES.items():
        assert getattr(django_settings, name) == address


def test_one_more_that_is_set_is_let_through_the_guard(settings: Any) -> None:
    settings.USUAL_ADDRESSES = {**settings.USUAL_ADDRESSES, "NEXT_URL": "https://next.example"}
    settings.NEXT_URL = "https://next.example"
    before = media.exempt()
    settings.NEXT_URL = "http://127.0.0.1:7007/v1"
    assert media.exempt() - before == {guard.host_of(settings.NEXT_URL)}


def test_nobody_answers_at_any_of_them_in_tests(house: None, settings: Any) -> None:
    for name in env.USUAL_ADDRESSES:
        assert getattr(settings, name).startswith("http://127.0.0.1:9")
