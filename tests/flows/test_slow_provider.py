"""A provider that takes its time must not hold up what customers write."""

from __future__ import annotations

import itertools

import pytest
import requests

from tests.processes import wait_until
from tests.stack import Stack
from tests.stack_clients import Agent, Provider

pytestmark = pytest.mark.flow

_numbers = itertools.count(1)
# More customers than a worker has threads, and answers slower than they may wait for each other.
CUSTOMERS, ANSWER_SECONDS = 12, 4


@pytest.mark.full
def test_while_every_send_is_slow_customers_are_still_heard_and_the_house_is_ready(
    stack: Stack,
) -> None:
    provider, supervisor = Provider(stack), Agent(stack, "supervisor")
    phones = [f"554197{next(_numbers):07d}" for _ in range(CUSTOMERS + 1)]
    provider.switch(send="slow", slow_seconds=ANSWER_SECONDS)
    try:
        for phone in phones[:-1]:
            provider.customer_writes(phone, "Oi")
        wait_until(lambda: supervisor.conversation(phones[-2]), "the last of many", 5)
        provider.customer_writes(phones[-1], "Oi")
        wait_until(lambda: supervisor.conversation(phones[-1]), "one more is heard", 5)
        assert requests.get(f"{stack.url}/health/ready/", timeout=5).status_code == 200
    finally:
        provider.switch(send="ok")
    for phone in phones:
        wait_until(lambda phone=phone: provider.ledger(phone), "everybody is answered", 40)
