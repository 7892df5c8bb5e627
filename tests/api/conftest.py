"""REST clients signed in without spending a password each time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from chat.services import access
from tests.chat.conftest import person

CONVERSATIONS = "/api/v1/conversations/"


class Rest:
    """JSON in and out; `token=None` is nobody."""

    def __init__(self, token: str | None) -> None:
        self.client = APIClient()
        if token is not None:
            self.client.credentials(HTTP_AUTHORIZATION=f"Token {token}")

    def get(self, address: str, **query: Any) -> Any:
        return self.client.get(address, query)

    def post(self, address: str, body: Any = None) -> Any:
        return self.client.post(address, body, format="json")

    def put(self, address: str, body: Any = None) -> Any:
        return self.client.put(address, body, format="json")

    def patch(self, address: str, body: Any = None) -> Any:
        return self.client.patch(address, body, format="json")

    def delete(self, address: str) -> Any:
        return self.client.delete(address)

    def raw(self, method: str, address: str, body: bytes) -> Any:
        return self.client.generic(method, address, body, content_type="application/json")


@pytest.fixture
def rest(house: None) -> Callable[[str | None], Rest]:
    """`rest("atendente")` is a client of that login, `rest(None)` of nobody."""
    return lambda username: Rest(access.issue(person(username)) if username else None)


As = Callable[[str | None], Rest]
