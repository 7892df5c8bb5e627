"""Large files pass through the running installation without filling its memory."""

from __future__ import annotations

import hashlib
import http.client
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests import samples
from tests.processes import wait_until
from tests.stack import Stack
from tests.stack_clients import Agent, Provider

pytestmark = pytest.mark.flow

MB = 1024 * 1024
MOST_GROWTH = 50 * MB
BORDER = "a-border-no-file-holds"
PIECE = b"0123456789abcdef" * 4096  # 64 KiB


def content(size: int) -> Iterator[bytes]:
    yield samples.PDF
    left = size - len(samples.PDF)
    while left > 0:
        yield PIECE[:left]
        left -= len(PIECE)


def form(size: int, client_id: str) -> Iterator[bytes]:
    head = f'--{BORDER}\r\nContent-Disposition: form-data; name="client_id"\r\n\r\n{client_id}\r\n'
    head += f'--{BORDER}\r\nContent-Disposition: form-data; name="file"; filename="g.pdf"\r\n'
    yield (head + "Content-Type: application/pdf\r\n\r\n").encode()
    yield from content(size)
    yield f"\r\n--{BORDER}--\r\n".encode()


def upload(agent: Agent, conversation: int, size: int) -> requests.Response:
    headers = {**agent.headers, "Content-Type": f"multipart/form-data; boundary={BORDER}"}
    url = f"{agent.url}/conversations/{conversation}/messages/"
    with tempfile.TemporaryFile() as body:
        body.writelines(form(size, f"file-{size}"))
        body.seek(0)
        return requests.post(url, data=body, headers=headers, timeout=120)


def memory(stack: Stack, what: str) -> int:
    """The sum over the installation's processes, in bytes."""
    total = 0
    for proc in stack.parts.values():
        for pid in proc.members():
            status = Path(f"/proc/{pid}/status").read_text()
            found = re.search(rf"^{what}:\s+(\d+) kB", status, re.MULTILINE)
            total += int(found[1]) * 1024 if found else 0
    return total


def forget_peaks(stack: Stack) -> None:
    for proc in stack.parts.values():
        for pid in proc.members():
            Path(f"/proc/{pid}/clear_refs").write_text("5")


def waiting_for(stack: Stack, phone: str) -> int:
    provider, supervisor = Provider(stack), Agent(stack, "supervisor")
    provider.customer_writes(phone, "Oi")
    wait_until(lambda: supervisor.conversation(phone, "bot"), "it opens", 20)
    provider.customer_writes(phone, "2")
    found = wait_until(lambda: supervisor.conversation(phone, "waiting"), "it waits", 20)
    return int(found["id"])


def sent_file(stack: Stack, phone: str, size: int) -> dict[str, object] | None:
    """What the provider fetched for this customer of that size, once it has."""
    for entry in Provider(stack).ledger(phone):
        for attachment in entry["attachments"]:
            if attachment.get("size") == size:
                return dict(attachment)
    return None


@pytest.mark.full
def test_files_of_15_and_95_mb_leave_whole_in_little_memory(stack: Stack, phone: str) -> None:
    conversation, agent = waiting_for(stack, phone), Agent(stack, "atendente")
    assert upload(agent, conversation, MB).status_code == 201  # everything is warm
    wait_until(lambda: sent_file(stack, phone, MB), "the first is fetched", 30)
    for size in (15 * MB, 95 * MB):
        forget_peaks(stack)
        before = memory(stack, "VmRSS")
        answer = upload(agent, conversation, size)
        assert answer.status_code == 201, answer.text
        got = wait_until(lambda size=size: sent_file(stack, phone, size), "it is fetched", 60)
        growth = memory(stack, "VmHWM") - before
        print(f"{stack.profile}: {size // MB} MB sent, {growth / MB:.1f} MB more memory")  # noqa: T201
        digest = hashlib.sha256()
        for piece in content(size):
            digest.update(piece)
        assert got["sha256"] == digest.hexdigest()
        assert growth < MOST_GROWTH


def test_UP4_a_body_longer_than_it_said_is_cut_off(stack: Stack) -> None:
    place = urlsplit(stack.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    try:
        connection.putrequest("POST", "/api/v1/auth/token/")
        connection.putheader("Content-Length", str(500 * MB))
        connection.putheader("Content-Type", "application/json")
        connection.endheaders()
        connection.send(b"{")
        assert connection.getresponse().status == 413
    finally:
        connection.close()
