"""What every adapter tells of the webhooks of its sample: each fact, each word of a status."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from provider import registry
from provider.adapter import Adapter
from provider.contracts import Ignored, StatusReport, Watermark
from tests.provider.adapters.lacking import items_of, lacking, name_of
from tests.provider.adapters.samples import Sample, sample_of
from tests.provider.dropped import EXAMPLE, example

UNKNOWN = "of_the_future"


def failing(*wrong: str) -> None:
    """Everything that is wrong at once."""
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def test_its_sample_shows_what_it_does(adapter: Adapter, sample: Sample) -> None:
    sentences = sorted(lacking(adapter, sample))
    if sentences:
        failing(f"tests/provider/adapters/{adapter.slug}/sample.py lacks:", *sentences)


def test_its_items_say_what_the_sample_says(adapter: Adapter, sample: Sample) -> None:
    items = {name_of(item): item for item in reversed(items_of(adapter, sample))}
    wrong = [f"{name}: no item is called so" for name in sample.facts if name not in items]
    for name, item in items.items():
        for attribute, right in sample.facts.get(name, {}).items():
            found = getattr(item, attribute, None)
            if found != right:
                wrong.append(f"{name}: {attribute} is {found!r}, and the sample says {right!r}")
    failing(*wrong)


def test_each_word_of_a_status_is_that_status_and_no_other_is_any(
    adapter: Adapter, sample: Sample
) -> None:
    if sample.statuses is None:
        return
    body, known = sample.statuses
    wrong = []
    for word, right in known.items():
        items = adapter.parse(body(word))
        found = {str(i.status) for i in items if isinstance(i, StatusReport | Watermark)}
        if found != {right}:
            wrong.append(f"the status {word!r} is told as {found or items}, and it is {right}")
    for item in adapter.parse(body(UNKNOWN)):
        if not isinstance(item, Ignored):
            wrong.append(f"the status {UNKNOWN!r} is Ignored, and it was told as {item}")
    failing(*wrong)


def test_a_sample_that_lacks_something_is_told_what(tmp_path: Path) -> None:
    with example(tmp_path):
        adapter = registry.get(EXAMPLE)
        whole = sample_of(adapter)
        bare = replace(
            whole, facts={}, statuses=None, without=frozenset(), recipient="ze", refusals=[]
        )
        assert list(lacking(adapter, whole)) == []
        told = "\n".join(lacking(adapter, bare))
    for sentence in (
        "recipient: give one of 5 characters or more",
        "content is location, or name it in `without`",
        "of one InboundMessage, what is right; what it says is 1: text='Oi'",
        "of one StatusReport, what is right; what it says is out-1: status=",
        "statuses: show a body for each word",
        "refusals: show an answer that is AmbiguousError",
        "refusals: show what a 429 looks like",
    ):
        assert sentence in told
