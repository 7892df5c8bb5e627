"""A film of 15 MB and a document of 95 MB, both ways through a whole installation."""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import samples
from tests.hosts import Server
from tests.processes import wait_until
from tests.stack import PROFILES, Stack, why_not
from tests.stack_clients import Agent, Provider

pytestmark = [pytest.mark.flow, pytest.mark.full]

MB = 1024 * 1024
MOST_GROWTH = 50 * MB
FILES = [
    ("video", "filme.mp4", samples.MP4, 15 * MB),
    ("file", "contrato.pdf", samples.PDF, 95 * MB),
]


@pytest.fixture(params=PROFILES)
def stack(request: pytest.FixtureRequest, server: Server) -> Iterator[Stack]:
    """An installation that may fetch from the test's own host: its address is a provider's."""
    if why_not(request.param):
        pytest.skip(why_not(request.param))
    found = Stack(request.param)
    for part in found.parts.values():
        part.env["META_GRAPH_URL"] = server.base
    with found:
        yield found


class Memory:
    """Resident bytes of each process of an installation, and how far they grew."""

    def __init__(self, stack: Stack) -> None:
        self.pids = {
            f"{name}-{number}": pid
            for name, part in stack.parts.items()
            for number, pid in enumerate(part.members())
        }
        self.start = self._now()
        self.most = dict.fromkeys(self.pids, 0)

    def _now(self) -> dict[str, int]:
        pages = {n: Path(f"/proc/{pid}/statm").read_text() for n, pid in self.pids.items()}
        return {name: int(text.split()[1]) * 4096 for name, text in pages.items()}

    def look(self) -> None:
        for name, bytes_ in self._now().items():
            self.most[name] = max(self.most[name], bytes_ - self.start[name])


@contextmanager
def watched(stack: Stack) -> Iterator[Memory]:
    memory, over = Memory(stack), threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            memory.look()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield memory
    finally:
        over.set()
        thread.join()


def conversation_of(agent: Agent, provider: Provider, phone: str) -> int:
    provider.customer_writes(phone, "Oi")
    wait_until(lambda: provider.ledger(phone), "the menu is sent")
    provider.customer_writes(phone, "2")
    found = wait_until(lambda: agent.conversation(phone, "waiting"), "the conversation waits")
    return int(found["id"])


def comes_in(
    agent: Agent, provider: Provider, number: int, phone: str, media: dict[str, str]
) -> str:
    """The customer sends it; the digest of what the agent reads."""
    url = f"{provider.url}/phones/whatsapp/{phone}/messages"
    requests.post(url, json={"media": media}, timeout=10).raise_for_status()

    def here() -> Any:
        files = [file for message in agent.messages(number) for file in message["attachments"]]
        return next((f for f in files if f["name"].endswith(media["url"][-4:]) and f["url"]), None)

    found = wait_until(here, "the file is here", 60, every=0.2)
    digest = hashlib.sha256()
    base = agent.url.removesuffix("/api/v1")
    where = found["url"] if found["url"].startswith("http") else base + found["url"]
    with requests.get(where, headers=agent.headers, stream=True, timeout=60) as answer:
        assert answer.status_code == 200
        for piece in answer.iter_content(MB):
            digest.update(piece)
    return digest.hexdigest()


def goes_out(provider: Provider, agent: Agent, number: int, phone: str, path: Path) -> str:
    """The agent sends it; the digest of what the provider fetched."""
    before = len(provider.ledger(phone))
    answer = agent.send_file(number, path)
    assert answer.status_code == 201, answer.text

    def fetched() -> Any:
        new = provider.ledger(phone)[before:]
        files = [file for entry in new for file in entry["attachments"]]
        return next((file["sha256"] for file in files if file.get("sha256")), None)

    return str(wait_until(fetched, "the provider fetched it", 60, every=0.2))


def test_large_files_pass_both_ways_and_no_process_grows(
    stack: Stack, server: Server, tmp_path: Path, capsys: Any
) -> None:
    provider, agent, phone = Provider(stack), Agent(stack, "atendente"), "5541988123123"
    number = conversation_of(agent, provider, phone)
    agent.post(f"conversations/{number}/assume/").raise_for_status()
    said = []
    with watched(stack) as memory:
        for kind, name, head, size in FILES:
            path = tmp_path / name
            path.write_bytes(head)
            with path.open("ab") as file:
                file.truncate(size)
            right = hashlib.sha256(path.read_bytes()).hexdigest()
            assert goes_out(provider, agent, number, phone, path) == right
            url = server.grown(f"/{name}", head, size)
            media = {"kind": kind, "url": url}
            assert comes_in(agent, provider, number, phone, media) == right
            grown = {name: f"+{most / MB:.0f} MB" for name, most in memory.most.items()}
            said.append(f"{stack.profile}, up to {size // MB} MB both ways: {grown}")
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(said) + "\n")
    assert max(memory.most.values()) < MOST_GROWTH, memory.most
