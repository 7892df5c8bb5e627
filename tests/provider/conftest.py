"""What the tests of provider share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chat.models import Channel, Conversation
from provider import registry
from provider.adapter import Adapter
from provider.contracts import Credentials
from tests.conftest import Customer, Provider
from tests.provider.adapters.samples import Sample, is_address, path_of, sample_of
from tests.provider.direct import (
    WORDS,
    Made,
)
from tests.provider.dropped import EXAMPLE, example
from tests.provider.vendor import Vendor


@pytest.fixture
def conversation(provider: Provider, customer: Customer) -> Conversation:
    """A conversation whose menu has left."""
    customer.says("Oi")
    return Conversation.objects.get()


@pytest.fixture(params=sorted({*registry.found(), EXAMPLE}))
def adapter(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Adapter]:
    """Each adapter there is, and the one of docs/adding-a-provider.md."""
    if request.param == EXAMPLE:
        with example(tmp_path):
            yield registry.get(EXAMPLE)
    else:
        yield registry.get(request.param)


@pytest.fixture
def sample(adapter: Adapter) -> Sample:
    return sample_of(adapter)


@pytest.fixture
def held_at(adapter: Adapter, sample: Sample) -> Callable[[str], Credentials]:
    """The sample's credentials, whose addresses are on this host."""
    paths = {n: path_of(place) for n, place in adapter.credentials.items() if is_address(place)}
    return lambda url: Credentials({**sample.credentials, **{n: url + paths[n] for n in paths}})


@pytest.fixture
def held(held_at: Callable[[str], Credentials]) -> Credentials:
    """The sample's credentials, at whose addresses nobody answers."""
    return held_at("http://127.0.0.1:9")


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    """A provider that answers what a test says."""
    with Vendor({}) as running:
        yield running


@pytest.fixture
def live(
    vendor: Vendor, held_at: Callable[[str], Credentials], caplog: pytest.LogCaptureFixture
) -> Credentials:
    """The sample's credentials, whose addresses are the vendor's. What is logged is looked at."""
    caplog.set_level(logging.INFO)
    return held_at(vendor.url)


@pytest.fixture
def made(api: Any) -> Made:
    """A channel with credentials, added by program."""

    def make(adapter: str, key: str, line: str = "", **credentials: str) -> Channel:
        body = {
            "kind": adapter, "adapter": adapter, "key": key, "line": line,
            "credentials": {**WORDS[adapter], **credentials},
        }  # fmt: skip
        answer = api("supervisor").post("/api/v1/channels/", body, format="json")
        assert answer.status_code == 201, answer.content
        assert "credentials" not in answer.json()
        return Channel.objects.get(pk=answer.json()["id"])

    return make


@pytest.fixture
def telegram(house: None, settings: Any) -> Iterator[Vendor]:
    taken = {"ok": True, "result": {"message_id": "NUMBER", "chat": {"id": 350000001}}}
    with Vendor(taken) as vendor:
        settings.TELEGRAM_API_URL = vendor.url
        yield vendor


@pytest.fixture
def graph(house: None, settings: Any) -> Iterator[Vendor]:
    with Vendor({"messages": [{"id": "wamid.OUT.NUMBER"}]}) as vendor:
        settings.META_GRAPH_URL = vendor.url
        yield vendor
