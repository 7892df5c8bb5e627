"""Browsers without a browser: clients signed in as the demo's people."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.chat.conftest import person


class Page:
    """An answer, read as a person would."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.status = response.status_code
        self.text = response.content.decode()

    @property
    def location(self) -> str:
        return str(self.response.headers.get("Location", ""))

    @property
    def submission(self) -> str:
        found = re.search(r'name="submission" value="([^"]+)"', self.text)
        assert found, "the form of a new row carries its token"
        return found[1]

    @property
    def errors(self) -> list[str]:
        """What the page says is wrong, beside the fields."""
        found = re.findall(r'class="field-error"[^>]*>.*?</svg>\s*(.*?)</p>', self.text, re.S)
        return [" ".join(sentence.split()) for sentence in found]


class Desk:
    """Somebody in front of the console."""

    def __init__(self, username: str | None) -> None:
        self.client = Client()
        if username:
            self.client.force_login(person(username))

    def get(self, address: str, **query: Any) -> Page:
        return Page(self.client.get(address, query))

    def post(self, address: str, **fields: Any) -> Page:
        return Page(self.client.post(address, fields))

    def add(self, address: str, **fields: Any) -> Page:
        """Open the empty form, fill it in and save."""
        return self.post(address, submission=self.get(address).submission, **fields)


At = Callable[[str | None], Desk]


@pytest.fixture
def desk(house: None) -> At:
    """`desk("supervisor")` is that login's browser, `desk(None)` nobody's."""
    return Desk
