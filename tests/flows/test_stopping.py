"""Ending and starting an installation again."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.processes import wait_until
from tests.stack import Stack
from tests.stack_clients import Agent, Provider

pytestmark = pytest.mark.flow


@pytest.mark.full
def test_a_stop_finishes_what_is_being_sent_and_the_next_start_goes_on(stack: Stack) -> None:
    provider = Provider(stack)
    people = [f"55419770000{n:02d}" for n in range(20)]

    def answered() -> list[str]:
        return sorted(entry["contact_id"] for entry in provider.ledger() if is_here(entry))

    def is_here(entry: dict[str, Any]) -> bool:
        return entry["contact_id"] in people

    provider.switch(send="slow", slow_seconds=1)
    for person in people:
        provider.customer_writes(person, "Oi")
    wait_until(lambda: len(answered()) >= 8, "sends are under way")

    started = time.monotonic()
    members = [pid for part in stack.parts.values() for pid in part.members()]
    codes = {name: part.stop() for name, part in stack.parts.items()}

    assert time.monotonic() - started < 30
    assert members
    assert not [pid for part in stack.parts.values() for pid in part.members()]
    # The stock web server ends by the signal it was sent; the others end by themselves.
    assert {code for name, code in codes.items() if name != "web"} <= {0}
    assert not stack.rows("SELECT id FROM provider_delivery WHERE state = 'leased'")
    assert len(answered()) < len(people)

    provider.switch(send="ok")
    for part in stack.parts.values():
        part.start()
    stack.wait_ready()
    wait_until(lambda: len(answered()) >= len(people), "everybody is answered", 15)
    assert answered() == people
    assert Agent(stack, "supervisor").conversation(people[0])


@pytest.mark.full
def test_readiness_says_which_part_is_missing(own_stack: Stack) -> None:
    if own_stack.profile == "embedded":
        pytest.skip("one process: where it answers, its parts are there")
    own_stack.parts["beat"].kill9()
    wait_until(lambda: own_stack.readiness()[0] == 503, "the schedule is missed", 40, every=0.5)
    checks = own_stack.readiness()[1]
    assert checks["schedule"].startswith("silent for")
    assert checks["worker"] == checks["database"] == checks["migrations"] == "ok"

    own_stack.parts["worker"].kill9()
    wait_until(lambda: own_stack.readiness()[1]["worker"] != "ok", "the worker is missed", 40)

    for name in ("worker", "beat"):
        own_stack.parts[name].start()
    own_stack.wait_ready(30)
