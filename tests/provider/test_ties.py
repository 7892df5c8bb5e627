"""Tying what the provider says to the send it is about, however it names it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from chat.models import Conversation, Message
from tests.conftest import CUSTOMER, Customer, Provider
from tests.provider.sends import queue, state_of

Drain = Callable[[], None]


@pytest.mark.parametrize("tie", ["echo", "txid", "payload", "snapshot", "short"])
def test_a_status_finds_its_message_however_the_provider_names_it(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain, tie: str
) -> None:
    message = queue(conversation, "Segue a proposta.")
    drain()
    last = provider.ledger[-1]
    report: dict[str, Any] = {"type": "status", "status": "delivered", "contactId": CUSTOMER}
    echo: dict[str, Any] = {
        "chatPlatform": "whatsapp",
        "contactId": CUSTOMER,
        "WHATSAPP_NUMBER": "5541999990000",
        "_id_": last["message_id"],
        "date": timezone.now().isoformat(),
        "from": "bot",
        "message": "Segue a proposta.",
    }
    bodies: dict[str, list[dict[str, Any]]] = {
        "echo": [echo, {**report, "messageId": last["message_id"]}],
        "txid": [{**report, "messageId": last["message_id"], "intentTxId": last["tx_id"]}],
        "payload": [{**report, "messageId": "X", "webhookPayload": last["webhook_payload"]}],
        "snapshot": [
            {
                "_id_": "K3Q9TZ7XWB1LMD0VYH5R",
                "CHAT_PLATFORM_ID": "whatsapp",
                "PLATFORM_CONTACT_ID": CUSTOMER,
                "WHATSAPP_NUMBER": "5541999990000",
                "STATUS": "delivered",
                "USER_LAST_MSG_RECEIVED": timezone.now().isoformat(),
                "LAST_MESSAGE": echo,
            }
        ],
        "short": [
            echo,
            {
                "CHAT_PLATFORM_ID": "whatsapp",
                "CUSTOMER_ID": "K3Q9TZ7XWB1LMD0VYH5R",
                "_id_": last["message_id"],
                "FROM": CUSTOMER,
                "STATUS": "delivered",
            },
        ],
    }
    for body in bodies[tie]:
        assert customer.event(body).state == "processed"
    assert state_of(message)[0] == "delivered"
    assert Message.objects.filter(direction="out").count() == 2


def test_a_status_that_comes_before_the_echo_is_applied_by_it(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain
) -> None:
    message = queue(conversation, "Segue a proposta.")
    drain()
    message_id = provider.ledger[-1]["message_id"]
    early = customer.event(
        {"type": "status", "status": "read", "contactId": CUSTOMER, "messageId": message_id}
    )
    assert early.state == "received"
    customer.event(
        {
            "chatPlatform": "whatsapp",
            "contactId": CUSTOMER,
            "WHATSAPP_NUMBER": "5541999990000",
            "_id_": message_id,
            "from": "bot",
            "message": "Segue a proposta.",
        }
    )
    customer.drain()
    early.refresh_from_db()
    assert early.state == "processed"
    assert state_of(message)[0] == "read"


def test_two_equal_texts_are_tied_in_the_order_they_left(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain
) -> None:
    first, second = queue(conversation, "Ok"), queue(conversation, "Ok")
    drain()
    for number in ("E1", "E2"):
        customer.event(
            {
                "chatPlatform": "whatsapp",
                "contactId": CUSTOMER,
                "WHATSAPP_NUMBER": "5541999990000",
                "_id_": number,
                "from": "bot",
                "message": "Ok",
            }
        )
    customer.event({"type": "status", "status": "read", "contactId": CUSTOMER, "messageId": "E2"})
    assert (state_of(first)[0], state_of(second)[0]) == ("sent", "read")


def test_an_echo_proves_a_send_whose_answer_was_lost(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain
) -> None:
    provider.switch(send="drop", send_times=1)
    message = queue(conversation, "chegou?")
    drain()
    assert state_of(message)[0] == "unknown"
    customer.event(
        {
            "chatPlatform": "whatsapp",
            "contactId": CUSTOMER,
            "WHATSAPP_NUMBER": "5541999990000",
            "_id_": provider.ledger[-1]["message_id"],
            "from": "bot",
            "message": "chegou?",
        }
    )
    assert state_of(message)[0] == "sent"


def test_a_status_of_another_channel_does_not_match(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain
) -> None:
    message = queue(conversation, "Olá")
    drain()
    body = {
        "type": "status",
        "status": "read",
        "chatPlatform": "telegram",
        "contactId": CUSTOMER,
        "messageId": "X",
        "intentTxId": provider.ledger[-1]["tx_id"],
    }
    assert customer.event(body).state == "received"
    assert state_of(message)[0] == "sent"


def test_a_status_that_names_no_platform_finds_its_message_by_the_id_alone(
    provider: Provider, customer: Customer, drain: Drain
) -> None:
    customer.says("Oi", chatPlatform="telegram", contactId="tg-1", WHATSAPP_NUMBER="")
    last = provider.ledger[-1]
    body = {
        "type": "status",
        "status": "sent",
        "contactId": "tg-1",
        "messageId": last["message_id"],
        "intentTxId": last["tx_id"],
    }
    assert customer.event(body).state == "processed"


def test_a_reference_of_nobody_waits(house: None, customer: Customer) -> None:
    body = {"type": "status", "status": "read", "messageId": str(uuid.uuid4())}
    assert customer.event(body).state == "received"
