"""Tying what the provider says to the send it is about, however it names it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from chat.models import Conversation, Message
from provider.models import Delivery
from tests.conftest import CUSTOMER, Customer, Provider
from tests.provider.sends import due_now, queue, state_of

Drain = Callable[[], None]


@pytest.mark.parametrize("tie", ["echo", "snapshot"])
def test_a_report_about_the_other_form_of_a_number_is_about_the_same_person(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain, tie: str
) -> None:
    message = queue(conversation, "Segue a proposta.")
    drain()
    other = f"{CUSTOMER[:4]}{CUSTOMER[5:]}"
    line = "5541999990000"
    written = echo_of(provider.ledger[-1]["message_id"], "Segue a proposta.")
    echo = {**written, "contactId": other, "date": timezone.now().isoformat()}
    snapshot = {
        "_id_": "K3Q9TZ7XWB1LMD0VYH5R", "CHAT_PLATFORM_ID": "whatsapp",
        "PLATFORM_CONTACT_ID": other, "WHATSAPP_NUMBER": line, "STATUS": "delivered",
        "USER_LAST_MSG_RECEIVED": timezone.now().isoformat(), "LAST_MESSAGE": {},
    }  # fmt: skip
    customer.event(echo if tie == "echo" else snapshot)
    message.refresh_from_db()
    if tie == "snapshot":
        assert message.status == "delivered"
    else:
        assert message.external_id == provider.ledger[-1]["message_id"]
        assert not Message.objects.filter(author="agent").exists()


@pytest.mark.parametrize("tie", ["echo", "txid", "payload", "snapshot", "short"])
def test_a_status_finds_its_message_however_the_provider_names_it(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain, tie: str
) -> None:
    message = queue(conversation, "Segue a proposta.")
    drain()
    last = provider.ledger[-1]
    report: dict[str, Any] = {"type": "status", "status": "delivered", "contactId": CUSTOMER}
    written = echo_of(last["message_id"], "Segue a proposta.")
    echo = {**written, "date": timezone.now().isoformat()}
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
    customer.event(echo_of(message_id, "Segue a proposta."))
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
        customer.event(echo_of(number, "Ok"))
    customer.event({"type": "status", "status": "read", "contactId": CUSTOMER, "messageId": "E2"})
    assert (state_of(first)[0], state_of(second)[0]) == ("sent", "read")


def test_an_echo_proves_a_send_whose_answer_was_lost(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain
) -> None:
    provider.switch(send="drop", send_times=1)
    message = queue(conversation, "chegou?")
    drain()
    assert state_of(message)[0] == "unknown"
    customer.event(echo_of(provider.ledger[-1]["message_id"], "chegou?"))
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


def test_a_status_that_names_only_the_job_does_not_name_the_message(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain
) -> None:
    message = queue(conversation, "Segue a proposta.")
    drain()
    last = provider.ledger[-1]
    customer.event(
        {
            "type": "status",
            "status": "sent",
            "contactId": CUSTOMER,
            "intentTxId": "another-job",
            "webhookPayload": last["webhook_payload"],
        }
    )
    customer.event(echo_of("REAL", "Segue a proposta."))
    customer.event({"type": "status", "status": "delivered", "messageId": "REAL"})
    message.refresh_from_db()
    assert (message.status, message.external_id) == ("delivered", "REAL")
    assert Message.objects.filter(text="Segue a proposta.").count() == 1


def test_an_echo_teaches_the_message_its_id(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain
) -> None:
    message = queue(conversation, "Olá")
    drain()
    customer.event(echo_of("REAL", "Olá"))
    message.refresh_from_db()
    assert (message.status, message.external_id) == ("sent", "REAL")


@pytest.mark.parametrize("late", ["we were behind", "it could not reach us"])
def test_an_echo_that_is_processed_late_is_still_of_its_send(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain, late: str
) -> None:
    """Both ways an outage makes a queue of them: here, or at the provider."""
    message = queue(conversation, "Olá")
    drain()
    echo = {**echo_of("REAL", "Olá"), "date": timezone.now().isoformat()}
    if late == "we were behind":
        customer.post(echo)
    with time_machine.travel(timezone.now() + timedelta(minutes=20), tick=False):
        if late == "it could not reach us":
            customer.post(echo)
        drain()
    message.refresh_from_db()
    assert message.external_id == "REAL"
    assert Message.objects.filter(text="Olá").count() == 1


def test_the_same_text_written_elsewhere_later_is_a_message_of_its_own(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain
) -> None:
    queue(conversation, "Olá")
    drain()
    with time_machine.travel(timezone.now() + timedelta(minutes=20), tick=False):
        customer.post({**echo_of("OTHER", "Olá"), "date": timezone.now().isoformat()})
        drain()
    assert Message.objects.filter(text="Olá").count() == 2


def echo_of(message_id: str, text: str) -> dict[str, Any]:
    return {
        "chatPlatform": "whatsapp",
        "contactId": CUSTOMER,
        "WHATSAPP_NUMBER": "5541999990000",
        "_id_": message_id,
        "from": "bot",
        "message": text,
    }


def snapshot(moment: str, **fields: Any) -> dict[str, Any]:
    """A customer snapshot that says up to when messages were received."""
    body = {
        "_id_": "K3Q9TZ7XWB1LMD0VYH5R",
        "BUSINESS_ID": "acmecrm",
        "CHAT_PLATFORM_ID": "whatsapp",
        "PLATFORM_CONTACT_ID": CUSTOMER,
        "WHATSAPP_NUMBER": "5541999990000",
        "STATUS": "delivered",
        "USER_LAST_MSG_RECEIVED": moment,
    }
    return {**body, **fields}


def test_a_watermark_does_not_turn_a_reported_failure_into_a_delivery(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain
) -> None:
    failed, later = queue(conversation, "falha"), queue(conversation, "depois")
    drain()
    payload = next(e["webhook_payload"] for e in provider.ledger if e["text"] == "falha")
    customer.event({"type": "status", "status": "failed", "webhookPayload": payload})
    customer.event(snapshot(timezone.now().isoformat()))
    assert (state_of(failed)[0], state_of(later)[0]) == ("failed", "delivered")


def test_a_watermark_waits_for_the_answer_of_a_send_under_way(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain
) -> None:
    message = queue(conversation, "Olá")
    Delivery.objects.filter(reference=message.reference).update(state="leased")
    event = customer.event(snapshot((timezone.now() + timedelta(seconds=30)).isoformat()))
    assert event.state == "received"
    Delivery.objects.filter(reference=message.reference).update(state="queued")
    drain()
    customer.drain()
    event.refresh_from_db()
    assert (event.state, state_of(message)[0]) == ("processed", "delivered")


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "soon", ""])
def test_a_watermark_at_no_real_time_is_discarded(customer: Customer, moment: str) -> None:
    assert customer.event(snapshot(moment)).state == "discarded"


def test_a_bot_variable_called_type_does_not_hide_a_snapshot(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain
) -> None:
    message = queue(conversation, "Olá")
    drain()
    body = snapshot(timezone.now().isoformat(), type="cliente vip")
    assert customer.event(body).state == "processed"
    assert state_of(message)[0] == "delivered"


def test_a_send_the_provider_proved_is_not_tried_again_after_an_error(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain
) -> None:
    provider.switch(send="server_error", send_times=1)
    message = queue(conversation, "Olá")
    drain()
    body = {"type": "status", "status": "delivered", "webhookPayload": str(message.reference)}
    customer.event(body)
    due_now()
    drain()
    assert "Olá" not in provider.texts
    assert state_of(message)[0] == "delivered"
