"""A Redis that dies takes nobody along, and who starts without one waits for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import pytest

from tests import servers
from tests.processes import Proc, wait_until
from tests.servers import RedisServer
from tests.stack import Stack, why_not
from tests.stack_clients import Provider

pytestmark = [pytest.mark.flow, pytest.mark.full]

PEOPLE = [f"55419660000{n:02d}" for n in range(4)]


@pytest.fixture
def redis_server() -> RedisServer:
    reason = why_not("production") or servers.why_not()
    if reason:
        pytest.skip(reason)
    return RedisServer()


@pytest.fixture
def house(redis_server: RedisServer) -> Iterator[Stack]:
    with Stack("production", own_redis=redis_server) as stack:
        yield stack


def test_a_worker_outlives_the_redis_that_dies_while_it_sends(
    house: Stack, redis_server: RedisServer
) -> None:
    provider = Provider(house)
    provider.switch(send="slow", slow_seconds=3)
    for person in PEOPLE:
        provider.customer_writes(person, "Oi")
    leased = "SELECT COUNT(*) FROM provider_delivery WHERE state = 'leased'"
    wait_until(lambda: house.rows(leased)[0][0], "something is being sent", every=0.1)

    redis_server.proc.kill9()
    for person in PEOPLE:
        wait_until(lambda person=person: provider.ledger(person), "everybody is answered", 60)
    time.sleep(5)
    redis_server.start()

    provider.switch(send="ok")
    provider.customer_writes(PEOPLE[0], "1")
    wait_until(lambda: len(provider.ledger(PEOPLE[0])) == 2, "answered after it is back", 30)
    assert house.parts["worker"].is_alive()


def test_a_worker_and_a_schedule_that_start_while_redis_is_away_work_and_wait_for_it(
    house: Stack, redis_server: RedisServer
) -> None:
    started = [house.parts[name] for name in ("worker", "beat")]
    for proc in started:
        proc.stop()
    redis_server.proc.kill9()
    before = {proc.name: proc.log.stat().st_size for proc in started}
    for proc in started:
        proc.start()

    provider = Provider(house)
    provider.customer_writes(PEOPLE[0], "Oi")
    wait_until(lambda: provider.ledger(PEOPLE[0]), "answered while it is away", 60)
    for proc in started:
        said = partial(_said, proc, before[proc.name])
        wait_until(lambda said=said: said().count("Trying again") >= 3, "it keeps trying", 60)
        assert "Traceback" not in said()

    seen = "SELECT at FROM isobot_heartbeat WHERE part = 'schedule'"
    last = house.rows(seen)
    redis_server.start()
    # Both: the schedule is seen by what a worker takes from Redis.
    wait_until(lambda: house.rows(seen) != last, "both have found it", 60, every=0.5)
    house.wait_ready()


def _said(proc: Proc, since: int) -> str:
    """What a process has logged after that many bytes."""
    return proc.log.read_bytes()[since:].decode()
