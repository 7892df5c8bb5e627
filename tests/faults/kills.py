"""R01, R03, R08: processes die at random moments while people write and are answered."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import random
import threading
import time
from collections import Counter
from typing import Any

import requests

from tests.faults.rows import Outcome, Trial
from tests.processes import wait_until
from tests.stack import Stack
from tests.stack_clients import Agent, Provider, Sender

CUSTOMERS = 2  # with the agent, three threads of load
# Every answer of the menu to this differs, so that a text names what it answers.
ASKED = ("Oi", "1", "qual o preço?", "2")
TOLD = ("Meu pedido não chegou", "Pode ver para mim?")
# Slow enough for a kill to find something half sent.
SLOW = {"send": "slow", "slow_seconds": 0.1}
LOST = {"send": "refuse", "send_times": 2}
# A minute until a killed process's send is given up, one more where an answer was lost, and
# room for a busy machine: this asks whether it ends, not how soon.
DRAINED_WITHIN = 300
KILLS = 200  # of what takes webhooks


def run(trial: Trial) -> Outcome:
    outcome = Outcome()
    with Stack(trial.profile) as stack:
        provider = Provider(stack)
        provider.switch(**SLOW)
        load = Load(stack, trial)
        load.start()
        killed = _kill_in_turn(stack, provider, trial)
        load.stop()
        trial.tell("waiting until everything has left")
        started = time.monotonic()
        with contextlib.suppress(AssertionError):  # what is left is reported below
            wait_until(lambda: _is_drained(stack, provider), "drained", DRAINED_WITHIN, every=1)
        outcome.figures["kills"] = killed
        outcome.figures["drained in"] = f"{time.monotonic() - started:.0f} s"
        _check_webhooks(stack, load, outcome)
        _check_answers(stack, provider, load, outcome)
        if outcome.misses:
            outcome.misses.append(f"kept in {stack.folder}")
            stack.keep()
    return outcome


def _kill_in_turn(stack: Stack, provider: Provider, trial: Trial) -> int:
    turn, chosen = _turn(stack), trial.random
    kills = trial.either(smoke=6, full=KILLS * max(1, len(turn) // 2))
    for number, name in zip(range(kills), itertools.cycle(turn), strict=False):
        time.sleep(chosen.uniform(0.3, 2.5))
        trial.tell(f"kill {number + 1} of {kills}: {name}")
        # Now and then an answer is lost for a message the provider never took: nobody can tell.
        provider.switch(**(LOST if number % 8 == 0 else SLOW))
        stack.parts[name].kill9()
        stack.parts[name].start()
        wait_until(lambda: _is_live(stack), "the web server is back", 60)
    stack.wait_ready()
    return kills


def _turn(stack: Stack) -> list[str]:
    """Whom to kill, in turn: what takes webhooks every other time."""
    first, *others = stack.parts
    return [name for other in others for name in (first, other)] or [first]


def _is_live(stack: Stack) -> bool:
    try:
        return requests.get(f"{stack.url}/health/live/", timeout=5).status_code == 200
    except requests.RequestException:
        return False


class Load:
    """Customers who write, one webhook after the other, and an agent who answers them."""

    def __init__(self, stack: Stack, trial: Trial) -> None:
        self.stack, self.sender = stack, Sender(stack)
        self.ids: dict[str, str] = {}  # of each message written: what it says
        self.answered: set[str] = set()  # client ids of the agent that were answered 201
        self._numbers = itertools.count(1)
        self._stopping = threading.Event()
        self._ana = Agent(stack, "atendente")
        # What dies every three seconds does little else than start: the long round is about
        # moments, and a queue that only grows has few.
        self._pause = 0.05 if trial.smoke else 0.5
        self._threads = [
            threading.Thread(target=self._customers, args=(random.Random(f"{trial.seed} {n}"),))
            for n in range(CUSTOMERS)
        ]
        self._threads.append(threading.Thread(target=self._agent))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(120)

    def _customers(self, chance: random.Random) -> None:
        while not self._stopping.is_set():
            contact = f"55417{next(self._numbers):08d}"
            for text in (*ASKED, *TOLD):
                self._write(contact, text, chance)
                self._stopping.wait(self._pause)

    def _write(self, contact: str, text: str, chance: random.Random) -> None:
        body = flat_text(contact, text, next(self._numbers))
        self.ids[body["_id_"]] = text
        self.sender.send(body)
        if chance.random() < 0.2:
            # A repeat is the same to the byte, or the same message wrapped once more.
            self.sender.send(body if chance.random() < 0.5 else {**body, "retried": True})

    def _agent(self) -> None:
        for number in itertools.count(1):
            if self._stopping.wait(0.3):
                return
            with contextlib.suppress(requests.RequestException, ValueError, KeyError):
                rows = self._ana.get("conversations/?status=waiting&page_size=5").json()["results"]
                for row in rows:
                    self._answer(row["id"], f"agent-{row['id']}", f"Resposta {number}")

    def _answer(self, conversation: int, client_id: str, text: str) -> None:
        """Repeat one answer until it is taken; the client id makes all of them one message."""
        path, body = f"conversations/{conversation}/messages/", {"text": text}
        while not self._stopping.is_set():
            with contextlib.suppress(requests.RequestException):
                status = self._ana.post(path, {**body, "client_id": client_id}).status_code
                if status in (200, 201):
                    self.answered.add(client_id)
                    return
            self._stopping.wait(0.2)


def flat_text(contact: str, text: str, number: int) -> dict[str, Any]:
    """A customer's text as the provider posts it."""
    return {
        "chatPlatform": "whatsapp",
        "contactId": contact,
        "WHATSAPP_NUMBER": "5541999990000",
        "_id_": f"KILL{number:016d}",
        "date": "2026-11-20T13:05:11.402Z",
        "fromName": "Maria Souza",
        "from": "user",
        "fromCustomer": True,
        "message": text,
    }


def _is_drained(stack: Stack, provider: Provider) -> bool:
    counters = provider.counters()
    if counters["webhooks_pending"] or counters["statuses_scheduled"]:
        return False
    return not _open_rows(stack)


def _open_rows(stack: Stack) -> dict[str, int]:
    """What is still on its way, by where."""
    found = {
        f"send {state}": count
        for state, count in stack.rows(
            "SELECT state, COUNT(*) FROM provider_delivery "
            "WHERE state IN ('queued', 'leased') GROUP BY state"
        )
    }
    waiting = stack.rows("SELECT COUNT(*) FROM provider_webhookevent WHERE state = 'received'")
    queued = stack.rows(
        "SELECT COUNT(*) FROM chat_message WHERE direction = 'out' AND status = 'queued'"
    )
    found.update({"event received": waiting[0][0], "message queued": queued[0][0]})
    return {what: count for what, count in found.items() if count}


def _check_webhooks(stack: Stack, load: Load, outcome: Outcome) -> None:
    """Every acknowledged webhook is stored once, and its message is there once."""
    acked = load.sender.acked
    stored = Counter(row[0] for row in stack.rows("SELECT digest FROM provider_webhookevent"))
    kept = Counter(
        row[0] for row in stack.rows("SELECT external_id FROM chat_message WHERE direction = 'in'")
    )
    digests = {hashlib.sha256(body).hexdigest() for body in acked}
    lost = [digest for digest in digests if stored[digest] == 0]
    twice = [digest for digest, count in stored.items() if count > 1]
    told = {json.loads(body)["_id_"] for body in acked}
    missing = [number for number in told if kept[number] == 0]
    doubled = [number for number, count in kept.items() if count > 1]
    outcome.figures.update(
        {
            "webhooks posted": load.sender.tries,
            "acknowledged": len(acked),
            "lost": len(lost) + len(missing),
            "doubled": len(twice) + len(doubled),
        }
    )
    outcome.expect(bool(acked), "no webhook was acknowledged at all")
    outcome.expect(not load.sender.given_up, f"never taken: {len(load.sender.given_up)} webhooks")
    outcome.expect(not lost, f"acknowledged and not stored: {lost[:5]}")
    outcome.expect(not twice, f"stored twice: {twice[:5]}")
    outcome.expect(not missing, f"acknowledged and no message: {missing[:5]}")
    outcome.expect(not doubled, f"message stored twice: {doubled[:5]}")


def _check_answers(stack: Stack, provider: Provider, load: Load, outcome: Outcome) -> None:
    """Nothing is answered twice, and what was not answered says so."""
    ledger = Counter(str(entry["webhook_payload"]) for entry in provider.ledger())
    ours = stack.rows(
        "SELECT reference, status, author, conversation_id, client_id FROM chat_message "
        "WHERE direction = 'out' ORDER BY id"
    )
    status_of = {bare_uuid(reference): status for reference, status, *_ in ours}
    repeated = [reference for reference, count in ledger.items() if count > 1]
    strangers = [reference for reference in ledger if bare_uuid(reference) not in status_of]
    taken = {bare_uuid(reference) for reference in ledger}
    unexplained = [r for r, status in status_of.items() if r not in taken and status != "unknown"]
    states = Counter(status_of.values())
    outcome.figures.update(
        {
            "answers": len(ours),
            "at customers": sum(ledger.values()),
            "answered twice": len(repeated),
            "unknown": states["unknown"],
            "of those not sent": sum(1 for r in status_of if r not in taken),
        }
    )
    still_open = _open_rows(stack)
    outcome.expect(not still_open, f"still on its way after {DRAINED_WITHIN} s: {still_open}")
    outcome.expect(not repeated, f"sent twice: {repeated[:5]}")
    outcome.expect(not strangers, f"sent without a message of ours: {strangers[:5]}")
    outcome.expect(
        not unexplained,
        f"not sent, and shown as { {status_of[r] for r in unexplained} }: {unexplained[:5]}",
    )
    by_client = Counter(client_id for *_, client_id in ours if client_id)
    lost = [client_id for client_id in load.answered if by_client[client_id] != 1]
    outcome.expect(not lost, f"an agent's answer is not there once: {lost[:5]}")
    outcome.figures["agent's answers"] = len(load.answered)
    _check_turns(stack, load, outcome)


def _check_turns(stack: Stack, load: Load, outcome: Outcome) -> None:
    """Each message to the menu has one answer of the menu, right after it."""
    rows = stack.rows(
        "SELECT conversation_id, author, external_id FROM chat_message "
        "WHERE author IN ('contact', 'bot') ORDER BY conversation_id, id"
    )
    wrong = []
    for _conversation, thread in itertools.groupby(rows, key=lambda row: row[0]):
        written = [
            "answer" if author == "bot" else load.ids[number] for _, author, number in thread
        ]
        asked = [text for text in written if text != "answer"]
        due = [step for text in asked for step in ([text, "answer"] if text in ASKED else [text])]
        if written != due:
            wrong.append(written)
    outcome.expect(not wrong, f"not one answer to each message: {wrong[:3]}")


def bare_uuid(reference: object) -> str:
    """SQLite keeps a UUID without its hyphens."""
    return str(reference).replace("-", "")
