"""The live stream of an open screen, through the running processes."""

from __future__ import annotations

import time

import pytest
import requests

from tests.processes import wait_until
from tests.stack import Stack
from tests.stack_clients import Browser, Provider

pytestmark = pytest.mark.flow


def test_a_message_that_comes_in_is_news_within_two_seconds(stack: Stack, phone: str) -> None:
    provider = Provider(stack)
    with Browser(stack, "supervisor") as browser, browser.news() as events:
        assert next(events) == "ready"
        _quiet(provider)
        started = time.monotonic()
        provider.customer_writes(phone, "Oi")
        assert next(event for event in events if event == "news")
        assert time.monotonic() - started < 2


def _quiet(provider: Provider) -> None:
    """Nothing else is under way whose news could be taken for this test's."""
    counts = provider.counters
    wait_until(
        lambda: counts()["webhooks_pending"] + counts()["statuses_scheduled"] == 0, "it is quiet"
    )


def test_LV1_nobody_who_is_not_signed_in_hears_anything(stack: Stack) -> None:
    url = f"{stack.url}/omnichannel/eventos/"
    assert requests.get(url, timeout=10).status_code == 401
    forged = {"sessionid": "0123456789abcdefghijklmnopqrstuv"}
    assert requests.get(url, cookies=forged, timeout=10).status_code == 401


def test_AZ5_the_stream_of_somebody_who_is_disabled_ends_within_eight_seconds(stack: Stack) -> None:
    set_active = "UPDATE auth_user SET is_active = {} WHERE username = 'atendente2'"
    with Browser(stack, "atendente2") as browser, browser.news() as events:
        assert next(events) == "ready"
        stack.change(set_active.format("FALSE"))
        started = time.monotonic()
        try:
            # What others do may still be news until then, however often; the end is what counts.
            assert set(events) <= {"news", "ready"}
            assert time.monotonic() - started < 8
            assert browser.get(f"{stack.url}/omnichannel/eventos/", timeout=10).status_code == 401
        finally:
            stack.change(set_active.format("TRUE"))
