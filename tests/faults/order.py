"""R13: what an agent sends in one conversation arrives in that order, whatever fails."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections import defaultdict

import requests

from tests.faults.rows import Outcome, Trial
from tests.processes import wait_until
from tests.stack import Stack
from tests.stack_clients import Agent, Provider

WRITERS = 2
FAULTY = 0.1
WITHIN_SECONDS = 900


def run(trial: Trial) -> Outcome:
    chats, each = (10, 10) if trial.smoke else (50, 40)
    total, outcome = chats * each, Outcome()
    with Stack(trial.profile) as stack:
        provider, ana = Provider(stack), Agent(stack, "atendente")
        contacts = [f"55418{number:08d}" for number in range(chats)]
        conversations = [_waiting(provider, ana, contact) for contact in contacts]
        wait_until(lambda: len(provider.ledger()) == chats, "the menu has answered all")
        faults = threading.Thread(
            target=_break_some, args=(provider, chats, total, trial), daemon=True
        )
        writers = [
            threading.Thread(target=_write, args=(ana, conversations[n::WRITERS], each))
            for n in range(WRITERS)
        ]
        started = time.monotonic()
        for thread in (faults, *writers):
            thread.start()
        found: dict[str, list[int]] = {}

        def arrived() -> bool:
            found.update(_arrived(provider))
            count = sum(map(len, found.values()))
            trial.tell(f"{count} of {total} messages")
            return count >= total

        try:
            wait_until(arrived, "all messages", WITHIN_SECONDS, every=1)
        finally:
            for thread in (*writers, faults):
                thread.join(60)
        seconds = time.monotonic() - started
        _judge(outcome, found, (chats, each), provider.counters()["sends_refused"])
        outcome.figures["messages a second"] = round(total / seconds, 1)
        if outcome.misses:
            outcome.misses.append(f"kept in {stack.folder}")
            stack.keep()
    return outcome


def _judge(
    outcome: Outcome, found: dict[str, list[int]], size: tuple[int, int], refused: int
) -> None:
    """Each of so many chats got so many messages, in order; so many sends were refused."""
    chats, each = size
    inversions = sum(a >= b for seen in found.values() for a, b in itertools.pairwise(seen))
    whole = [seen for seen in found.values() if seen == list(range(each))]
    outcome.figures.update(
        {
            "chats": len(found),
            "messages": sum(map(len, found.values())),
            "faults": refused,
            "inversions": inversions,
        }
    )
    outcome.expect(inversions == 0, f"{inversions} inversions")
    outcome.expect(len(whole) == len(found) == chats, "not each exactly once")
    outcome.expect(refused >= chats * each * FAULTY / 2, f"only {refused} faults took place")


def _waiting(provider: Provider, ana: Agent, contact: str) -> int:
    provider.customer_writes(contact, "atendente")
    conversation = wait_until(lambda: ana.conversation(contact, "waiting"), "it waits")
    return int(conversation["id"])


def _write(agent: Agent, conversations: list[int], each: int) -> None:
    """One message after the other in each; one that gets no answer is written once more."""
    for number in range(each):
        for conversation in conversations:
            body = {"text": f"n {number}", "client_id": f"n{number}"}
            path = f"conversations/{conversation}/messages/"
            for _ in range(5):
                with contextlib.suppress(requests.RequestException):
                    if agent.post(path, body).status_code in (200, 201):
                        break


def _break_some(provider: Provider, before: int, total: int, trial: Trial) -> None:
    """One send in ten fails, for itself or because everybody is told to wait a second."""
    chosen = trial.random
    step = int(1 / FAULTY)
    for at in range(before, before + total, step):
        while provider.counters()["sends_accepted"] < at:
            time.sleep(0.05)
        mode = chosen.choices(("server_error", "rate_limited"), (2, 1))[0]
        provider.switch(send=mode, send_times=1, retry_after=1)


def _arrived(provider: Provider) -> dict[str, list[int]]:
    """The numbers each contact was sent, in the order the provider took them."""
    found: dict[str, list[int]] = defaultdict(list)
    for entry in provider.ledger():
        if entry["text"].startswith("n "):
            found[entry["contact_id"]].append(int(entry["text"][2:]))
    return found
