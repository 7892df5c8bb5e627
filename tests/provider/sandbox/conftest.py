"""Gives every test a started sandbox and a webhook receiver of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.provider.sandbox.bench import Bench, Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def bench(tmp_path: Path, receiver: Receiver) -> Iterator[Bench]:
    bench = Bench(tmp_path / "sandbox.json", receiver)
    bench.switch(webhook_delay_ms=0, status_delay_ms=20)
    yield bench
    bench.close()


@pytest.fixture(scope="module")
def shared_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One sandbox for the many tests that change nothing in it."""
    receiver = Receiver()
    bench = Bench(tmp_path_factory.mktemp("sandbox") / "sandbox.json", receiver)
    yield bench
    bench.close()
    receiver.close()
