"""When the provider works again, what waited for it leaves at once; what failed alone waits on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from chat.models import Conversation, Message
from provider import gateway
from provider.models import Account, Delivery
from provider.services import deliveries
from tests.conftest import Customer, Provider
from tests.provider.sends import due_now, queue, state_of

Drain = Callable[[], None]
OTHER = "5541900001111"


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


def test_an_access_that_is_tested_ends_the_wait_too(
    conversation: Conversation, provider: Provider
) -> None:
    message = queue(conversation, "espera")
    fails(provider, 1)
    assert put_off(message)
    assert gateway.check_access().ok
    assert not put_off(message)
