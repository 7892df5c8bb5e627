"""When the provider works again, what waited for it leaves at once; what failed alone waits on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chat.models import Conversation, Message
from provider import gateway
from provider.adapters.botmaker import Botmaker
from provider.contracts import OutboundMessage, Receipt
from provider.errors import TemporaryError
from provider.models import Account, Delivery
from provider.services import deliveries, outcomes, tokens
from tests.conftest import Customer, Provider
from tests.provider.sends import due_now, queue, state_of

Drain = Callable[[], None]
OTHER = "5541900001111"


@pytest.fixture(autouse=True)
def _slow_to_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    """No send is due again by itself while a test runs, however slow the machine is."""
    monkeypatch.setattr(outcomes, "RETRIES", [timedelta(hours=1)])


def put_off(message: Message) -> bool:
    """Whether its next try is some time ahead."""
    delivery = Delivery.objects.get(reference=message.reference)
    assert delivery.state == "queued"
    return delivery.next_attempt_at > timezone.now() + timedelta(seconds=2)


def fails(provider: Provider, times: int) -> None:
    """The provider takes nothing, however often it is tried."""
    provider.switch(send="server_error")
    for _ in range(times):
        due_now()
        deliveries.drain()
    provider.switch(send="ok")


def test_the_first_send_that_is_taken_ends_the_wait_of_all(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain
) -> None:
    message = queue(conversation, "espera")
    fails(provider, 3)
    assert put_off(message)
    customer.says("Oi", contactId=OTHER)
    drain()
    assert state_of(message) == ("sent", "")
    assert provider.texts.count("espera") == 1
    assert not Account.objects.filter(failures__gt=0).exists()


def test_a_send_that_fails_alone_is_not_hurried_by_those_that_leave(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain
) -> None:
    message = queue(conversation, "espera")
    fails(provider, 1)
    customer.says("Oi", contactId=OTHER)
    drain()
    assert put_off(message)


def test_what_fails_for_ever_is_not_tried_with_every_send_that_leaves(
    provider: Provider, customer: Customer, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, tries = Botmaker.send, Counter[str]()

    def picky(self: Botmaker, message: OutboundMessage, held: Any) -> Receipt:
        tries[message.text] += 1
        if message.text == "impossível":
            raise TemporaryError("HTTP 500", code="500")
        return send(self, message, held)

    monkeypatch.setattr(Botmaker, "send", picky)
    for number in range(3):
        customer.says("Oi", contactId=f"554190000222{number}")
        queue(Conversation.objects.latest("id"), "impossível")
    for number in range(40):
        customer.says("Oi", contactId=f"55419000333{number:02d}")
        drain()
    assert 3 <= tries["impossível"] <= 3 * (tokens.HURRIED_TRIES + 2)
    assert Message.objects.filter(status="sent").count() == 43


def test_an_access_that_is_tested_ends_the_wait_too(
    conversation: Conversation, provider: Provider
) -> None:
    message = queue(conversation, "espera")
    fails(provider, 1)
    assert put_off(message)
    assert gateway.check_access().ok
    assert not put_off(message)
