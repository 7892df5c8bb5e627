"""Installations that run for as long as the tests need them, one of each profile."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from tests.stack import PROFILES, Stack, why_not

_numbers = itertools.count(1)


@pytest.fixture(scope="package")
def installation(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Stack]]:
    """`installation("embedded")` runs from its first use to the last of these tests."""
    running: dict[str, Stack] = {}

    def get(profile: str) -> Stack:
        if why_not(profile):
            pytest.skip(why_not(profile))
        if profile not in running:
            running[profile] = Stack(profile).__enter__()
        return running[profile]

    try:
        yield get
    finally:
        for stack in running.values():
            stack.close(failed=request.session.testsfailed > 0)


@pytest.fixture(params=PROFILES)
def stack(request: pytest.FixtureRequest, installation: Callable[[str], Stack]) -> Stack:
    """A shared installation: tests leave it as they find it, but for conversations of their own."""
    return installation(request.param)


@pytest.fixture(params=PROFILES)
def own_stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """An installation of the test's own, to be stopped and broken."""
    if why_not(request.param):
        pytest.skip(why_not(request.param))
    stack = Stack(request.param)
    failures = request.session.testsfailed
    with stack:
        yield stack
        if request.session.testsfailed > failures:
            stack.keep()


@pytest.fixture
def phone() -> str:
    """A customer nobody else is."""
    return f"554198{next(_numbers):07d}"
