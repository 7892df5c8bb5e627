"""What every adapter makes of the answers to a send that are none it wishes for."""

from __future__ import annotations

import copy
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from provider import http
from provider.adapter import Adapter
from provider.contracts import Cause, Credentials, Receipt
from provider.errors import (
    AmbiguousError,
    CredentialsError,
    ForgedWebhook,
    ProviderError,
    RejectedError,
    RenewalRefused,
    TemporaryError,
    UnreadableBody,
)
from tests.garbage import places
from tests.provider.adapters.asking import (
    NONSENSE,
    answering,
    heard,
    outbound,
    outcome,
    quiet,
    said_of,
)
from tests.provider.adapters.samples import Answer, Sample
from tests.provider.vendor import Vendor

PAUSE = 7.0  # neither the usual pause nor the shortest
OPEN = (TemporaryError, AmbiguousError)
# What an HTTP status says where the body says nothing; the table of docs/adding-a-provider.md.
BARE: dict[int, tuple[tuple[type[ProviderError], ...], frozenset[Cause]]] = {
    401: ((CredentialsError,), frozenset()),
    402: ((RejectedError,), frozenset({Cause.SERVICE_ACCESS})),
    403: ((RejectedError,), frozenset({Cause.SERVICE_ACCESS, Cause.RECIPIENT})),
    # Where the token is in the address, one that is wrong is not found.
    404: (
        (RejectedError, CredentialsError),
        frozenset({Cause.RECIPIENT, Cause.TEMPLATE, Cause.SERVICE_ACCESS, Cause.OTHER}),
    ),
    408: (OPEN, frozenset()),
    409: ((RejectedError,), frozenset(Cause)),
    410: ((RejectedError,), frozenset(Cause)),
    429: ((TemporaryError,), frozenset()),
    500: (OPEN, frozenset()),
    502: (OPEN, frozenset()),
    503: ((TemporaryError,), frozenset()),
    504: (OPEN, frozenset()),
}


@dataclass(frozen=True)
class Sender:
    """The adapter, and what looks at each error it raises."""

    adapter: Adapter
    sample: Sample
    vendor: Vendor
    held: Credentials
    log: pytest.LogCaptureFixture

    def told(self, answer: Answer, **headers: str) -> Any:
        """What comes of a send that is answered so; an error tells nothing, and asked once."""
        answering(self.vendor, answer, **headers)
        found = outcome(self.adapter, outbound(self.adapter, self.sample), self.held)
        if isinstance(found, ProviderError):
            self.look_at(found)
        asked = len(self.vendor.asked)
        assert asked == 1, f"answered {answer}, it asked {asked} times: the core tries again"
        return found

    def look_at(self, error: Any) -> None:
        quiet(error, self.adapter, self.sample, self.held, self.log)


@pytest.fixture
def sender(
    adapter: Adapter,
    sample: Sample,
    vendor: Vendor,
    live: Credentials,
    caplog: pytest.LogCaptureFixture,
) -> Sender:
    return Sender(adapter, sample, vendor, live, caplog)


def test_each_answer_to_a_send_has_its_error(sample: Sample, sender: Sender) -> None:
    for answer, expected, cause in sample.refusals:
        found = sender.told(answer)
        assert (type(found), getattr(found, "cause", None)) == (expected, cause), (
            f"answered {answer}: got {said_of(found)}, "
            f"and the sample says {expected.__name__}, cause {cause}"
        )


def test_a_status_alone_has_its_error(sender: Sender) -> None:
    for status, (kinds, causes) in BARE.items():
        for body in (b"", {}, [], b"<html>"):
            found = sender.told((status, body))
            cause = getattr(found, "cause", None)
            assert isinstance(found, kinds) and (cause is None or cause in causes), (
                f"a bare {status} with the body {body!r}: got {said_of(found)}, wanted "
                f"{' or '.join(kind.__name__ for kind in kinds)} {sorted(causes) or ''}"
            )


def test_the_pause_that_is_asked_for_is_kept(sender: Sender) -> None:
    for answer in [one for one, *_ in sender.sample.refusals if one[0] == 429] + [(429, b"")]:
        found = sender.told(answer, **{"Retry-After": f"{PAUSE:g}"})
        assert isinstance(found, TemporaryError), f"answered {answer}: {said_of(found)}"
        assert found.retry_after == PAUSE, (
            f"answered {answer} with Retry-After: {PAUSE:g}, the pause is {found.retry_after} s"
        )
        found = sender.told(answer)
        assert found.retry_after, f"answered {answer} without Retry-After there is no pause"
    found = sender.told((503, b""), **{"Retry-After": f"{PAUSE:g}"})
    assert isinstance(found, TemporaryError) and found.retry_after == PAUSE, (
        f"a 503 with Retry-After: {PAUSE:g}: {said_of(found)}"
    )
    for status in (500, 502):  # a word of one server, which must not stop all sends
        found = sender.told((status, b""), **{"Retry-After": f"{PAUSE:g}"})
        assert getattr(found, "retry_after", None) is None, f"a {status}: {said_of(found)}"
    found = sender.told((503, b""))
    assert isinstance(found, TemporaryError) and found.retry_after is None, (
        f"a 503 that says no time is one send's failure, all others go on: {said_of(found)}"
    )


def test_an_answer_that_makes_no_sense_leaves_a_send_in_doubt(sender: Sender) -> None:
    for answer in NONSENSE:
        found = sender.told(answer)
        if isinstance(found, ProviderError):
            foreign = ForgedWebhook | UnreadableBody | RenewalRefused
            assert not isinstance(found, foreign), f"answered {answer}: {said_of(found)}"
            if answer[0] == 200 and answer[1] in (b"", b"<html>", b"\xff", [], None, {}, 7):
                assert isinstance(found, AmbiguousError), f"answered {answer}: {said_of(found)}"
            if answer[0] == 429:
                assert isinstance(found, TemporaryError), f"answered {answer}: {said_of(found)}"
            if answer[0] >= 500:
                assert isinstance(found, OPEN), f"{answer} is no definite no: {said_of(found)}"
        else:
            assert is_receipt(found), f"answered {answer}: {said_of(found)}"


def is_receipt(found: Any) -> bool:
    """Whether it names something, and by a text."""
    if not isinstance(found, Receipt):
        return False
    ids = (found.external_id, found.job_id)
    return any(ids) and all(isinstance(one, str) for one in ids)


def test_a_receipt_with_another_status_is_none(sample: Sample, sender: Sender) -> None:
    for status in (302, 400, 500):
        found = sender.told((status, sample.taken[1]))
        assert isinstance(found, ProviderError), f"{status} was taken for {said_of(found)}"
        if status == 500:
            assert isinstance(found, OPEN), f"500 is no definite no: {said_of(found)}"


def test_a_receipt_with_something_else_in_it_is_that_receipt_or_none(
    sample: Sample, sender: Sender
) -> None:
    status, body = sample.taken
    for changed, other in with_other_parts(body):
        found = sender.told((status, changed))
        if not isinstance(found, Receipt):
            assert isinstance(found, AmbiguousError), f"answered {changed}: {said_of(found)}"
            continue
        assert is_receipt(found), f"answered {changed}: {said_of(found)}"
        numbered = other == 7 and "7" in f"{found.external_id}{found.job_id}"
        ours = found.job_id == str(outbound(sender.adapter, sample).reference)
        assert numbered or ours or found == sample.receipt, (
            f"answered {changed}: {said_of(found)}, which no status will name"
        )


def with_other_parts(body: Any) -> Iterator[tuple[Any, Any]]:
    """The body with each of its values in turn something else, and what that is."""
    for number, (holder, key) in enumerate(places(body)):
        if isinstance(holder[key], dict | list):
            continue
        for other in (7, "", {}, {"id": "7"}):
            copied = copy.deepcopy(body)
            inside, at = list(places(copied))[number]
            inside[at] = other
            yield copied, other


def test_an_answer_that_repeats_the_request_is_repeated_to_nobody(
    sample: Sample, sender: Sender
) -> None:
    sender.told(sample.taken)
    path, headers, payload = sender.vendor.asked[0]
    whole = {"address": path, "headers": headers, "body": payload}
    echoes: list[Any] = [
        json.dumps(whole, ensure_ascii=False).encode(),
        whole,
        {"error": {"request": whole}, "request": heard(sender.vendor)},
        [whole],
    ]
    for status in (200, 400, 403, 422, 429, 500):
        for echo in echoes:
            sender.told((status, echo))


def test_a_lost_answer_is_in_doubt_and_where_nobody_answers_nothing_left(
    adapter: Adapter,
    sample: Sample,
    vendor: Vendor,
    sender: Sender,
    held_at: Callable[[str], Credentials],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cut = sender.told((0, b""))
    assert isinstance(cut, AmbiguousError), f"the connection was cut: {said_of(cut)}"
    nobody = outcome(adapter, outbound(adapter, sample), held_at("http://127.0.0.1:9"))
    assert isinstance(nobody, TemporaryError), f"nobody answered: {said_of(nobody)}"
    sender.look_at(nobody)
    # `provider.http` ends what hangs; a call that does not go by it would wait.
    monkeypatch.setattr(http, "WALL_SECONDS", 0.3)
    vendor.held[""] = threading.Event()
    began = time.monotonic()
    slow = sender.told((200, b""))
    assert isinstance(slow, AmbiguousError), f"the answer did not come: {said_of(slow)}"
    assert time.monotonic() - began < 5, "it waits for ever: use provider.http.call"
    vendor.held[""].set()
