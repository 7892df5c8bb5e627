"""The first conversation through the running processes, by HTTP only."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from tests import samples
from tests.processes import wait_until
from tests.stack import Stack
from tests.stack_clients import Agent, Provider

pytestmark = pytest.mark.flow


def test_a_customer_is_answered_by_the_menu_and_then_by_a_person(stack: Stack, phone: str) -> None:
    provider, ana = Provider(stack), Agent(stack, "atendente")
    provider.customer_writes(phone, "Oi")
    wait_until(lambda: provider.ledger(phone), "the menu", 5)
    provider.customer_writes(phone, "2")
    conversation = wait_until(lambda: ana.conversation(phone, "waiting"), "a person is asked for")

    assert ana.answer(conversation["id"], "Bom dia, Maria!").status_code == 201

    wait_until(lambda: len(provider.ledger(phone)) == 4, "the answer", 5)
    assert [entry["text"].splitlines()[0] for entry in provider.ledger(phone)] == [
        "Olá! Eu sou o isoBot, o atendimento automático. Como posso ajudar?",
        "Certo! Já chamei um atendente. Em instantes alguém fala com você por aqui.",
        "Olá! Aqui é Ana Lima. Vou continuar o seu atendimento.",
        "Bom dia, Maria!",
    ]
    provider.customer_reads(phone)
    wait_until(
        lambda: ana.messages(conversation["id"])[-1]["status"] == "read", "the answer is read", 15
    )
    written = [(m["direction"], m["author"]) for m in ana.messages(conversation["id"])]
    expected = [("in", "contact"), ("out", "bot"), ("in", "contact"), ("out", "bot")]
    assert written == [*expected, ("out", "system"), ("out", "agent")]


def test_of_two_agents_who_assume_at_once_one_wins_and_the_other_is_told_who(
    stack: Stack, phone: str
) -> None:
    provider = Provider(stack)
    agents = [Agent(stack, name) for name in ("atendente", "atendente2")]
    provider.customer_writes(phone, "atendente")
    conversation = wait_until(lambda: agents[0].conversation(phone, "waiting"), "it waits")
    together = threading.Barrier(2)
    answers: list[Any] = []

    def assume(agent: Agent) -> None:
        together.wait()
        answers.append(agent.post(f"conversations/{conversation['id']}/assume/"))

    threads = [threading.Thread(target=assume, args=(agent,)) for agent in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert (won.status_code, lost.status_code) == (200, 409)
    assert lost.json()["agent"] == won.json()["agent"]
    assert lost.json()["status"] == "active"
    assert won.json()["agent"]["name"] in lost.json()["detail"]


def test_a_file_whose_length_nobody_told_is_sent(stack: Stack, phone: str, tmp_path: Path) -> None:
    provider, ana = Provider(stack), Agent(stack, "atendente")
    provider.customer_writes(phone, "atendente")
    conversation = wait_until(lambda: ana.conversation(phone, "waiting"), "it waits")
    picture = tmp_path / "foto.png"
    picture.write_bytes(samples.picture())
    assert ana.send_file(conversation["id"], picture).status_code == 201
    wait_until(
        lambda: any(entry["attachments"] for entry in provider.ledger(phone)), "the picture", 15
    )
