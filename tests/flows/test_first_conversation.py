"""The first conversation: a webhook, the menu, an agent's answer, its ticks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.conftest import Customer, Provider


def test_a_customer_asks_for_a_person_and_reads_the_answer(
    provider: Provider, customer: Customer, api: Callable[[str], Any], drain: Callable[[], None]
) -> None:
    customer.says("Oi")
    customer.says("2 Falar com atendente")
    ana = api("atendente")
    conversation = ana.get("/api/v1/conversations/").json()["results"][0]
    assert conversation["status"] == "waiting"

    assert ana.answer(conversation["id"], "Bom dia, Maria!").status_code == 201
    drain()

    assert [text.splitlines()[0] for text in provider.texts] == [
        "Olá! Eu sou o isoBot, o atendimento automático. Como posso ajudar?",
        "Certo! Já chamei um atendente. Em instantes alguém fala com você por aqui.",
        "Olá! Aqui é Ana Lima. Vou continuar o seu atendimento.",
        "Bom dia, Maria!",
    ]
    last = provider.ledger[-1]
    for status in ("delivered", "read"):
        body = {
            "type": "status",
            "status": status,
            "contactId": last["contact_id"],
            "messageId": last["message_id"],
            "intentTxId": last["tx_id"],
        }
        assert customer.event(body).state == "processed"
    messages = ana.get(f"/api/v1/conversations/{conversation['id']}/messages/").json()["results"]
    assert messages[-1]["status"] == "read"
    assert messages[-1]["external_id"] == last["message_id"]
