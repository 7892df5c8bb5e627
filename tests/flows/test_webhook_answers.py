"""What the real server answers to webhooks, good and bad."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pytest
import requests

from tests.processes import wait_until
from tests.stack import Stack
from tests.stack_clients import Agent, Sender

pytestmark = pytest.mark.flow
LIMIT = 4 * 1024 * 1024


def stored(stack: Stack, body: bytes) -> int:
    """How many events hold this: the sandbox posts reports of other tests' messages meanwhile."""
    digest = hashlib.sha256(body).hexdigest()
    rows = stack.rows(f"SELECT COUNT(*) FROM provider_webhookevent WHERE digest = '{digest}'")
    return int(rows[0][0])


@pytest.mark.parametrize("headers", [{}, {"auth-bm-token": "wrong"}, {"auth-bm-token": "é"}])
def test_a_webhook_without_the_right_token_is_refused_and_not_stored(
    stack: Stack, headers: dict[str, str]
) -> None:
    body = b'{"type": "forged"}'
    sent = {name: value.encode() for name, value in headers.items()}
    answer = requests.post(f"{stack.url}/webhooks/botmaker/", body, headers=sent, timeout=10)
    assert answer.status_code == 403
    assert stored(stack, body) == 0


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(stack: Stack, method: str) -> None:
    token = {"auth-bm-token": stack.webhook_token}
    url = f"{stack.url}/webhooks/botmaker/"
    assert requests.request(method, url, headers=token, timeout=10).status_code == 405


def test_an_adapter_nobody_knows_is_not_found(stack: Stack) -> None:
    answer = requests.post(f"{stack.url}/webhooks/nobody/line/", b"{}", timeout=10)
    assert answer.status_code == 404


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413)])
@pytest.mark.parametrize("told", [True, False], ids=["length told", "chunked"])
def test_WH10_the_largest_body_is_four_mebibytes_to_the_byte(
    stack: Stack, size: int, status: int, *, told: bool
) -> None:
    def chunks() -> Iterator[bytes]:
        for start in range(0, size, 65536):
            yield b"x" * min(65536, size - start)

    answer = requests.post(
        f"{stack.url}/webhooks/botmaker/",
        data=b"x" * size if told else chunks(),
        headers={"auth-bm-token": stack.webhook_token},
        timeout=30,
    )
    assert answer.status_code == status


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b'"text"',
        b'{"type": "message"',
        b"[" * 100_000,
        b'{"type": "weather"}',
        json.dumps({"type": "status", "status": "read", "messageId": ["a"]}).encode(),
    ],
    ids=range(10),
)
def test_a_body_that_makes_no_sense_is_kept_with_the_reason(stack: Stack, body: bytes) -> None:
    assert Sender(stack).post(body) == 200
    supervisor = Agent(stack, "supervisor")

    def settled() -> bool:
        open_ones = supervisor.get("events/?state=received").json()["results"]
        return not open_ones

    wait_until(settled, "every event is looked at", 10)
    kept = supervisor.get("events/?state=discarded&page_size=200").json()["results"]
    assert kept
    assert all(event["reason"] for event in kept)


def test_a_repeat_is_answered_200_and_stored_once(stack: Stack) -> None:
    body = b'{"type": "repeated"}'
    sender = Sender(stack)
    assert [sender.post(body) for _ in range(3)] == [200, 200, 200]
    assert stored(stack, body) == 1
