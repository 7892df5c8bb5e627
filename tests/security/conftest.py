"""Channels to attack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Api
from tests.security.signed import Signed, words

Maker = Callable[..., Signed]


@pytest.fixture
def made(api: Callable[[str], Api]) -> Maker:
    """`made("whatsapp", app_secret="…")` is a channel with credentials of its own."""
    supervisor = api("supervisor")

    def make(adapter: str, key: str = "loja", **changed: str) -> Signed:
        credentials = words(adapter, **changed)
        return _channel(supervisor, adapter, key, credentials=credentials)

    return make


@pytest.fixture
def bare(api: Callable[[str], Api]) -> Maker:
    """A channel that nobody gave credentials."""
    supervisor = api("supervisor")
    return lambda adapter: _channel(supervisor, adapter, "vazio")


def _channel(supervisor: Api, adapter: str, key: str, **more: Any) -> Signed:
    # A WhatsApp number is one channel's only.
    line = {"loja": "5541999991111", "outro": "5541999992222", "vazio": "5541999993333"}[key]
    body = {"kind": adapter, "adapter": adapter, "key": key, "line": line, **more}
    answer = supervisor.post("/api/v1/channels/", body, format="json")
    assert answer.status_code == 201, answer.content
    held = more.get("credentials", {})
    secret = held.get("app_secret") or held.get("secret_token", "")
    return Signed(adapter, key, answer.json()["id"], supervisor, secret)
