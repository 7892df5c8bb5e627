"""What carries wake-ups ends no worker, however its connection is lost."""

from __future__ import annotations

import logging

import pytest
from kombu import Connection
from kombu.message import Message

from isobot import broker

log = logging.getLogger(__name__)


@pytest.mark.parametrize("address", ["redis://127.0.0.1:1/0", "rediss://127.0.0.1:1/0"])
def test_every_address_of_redis_is_ours_to_carry(address: str) -> None:
    assert type(Connection(address).transport) is broker.Transport


def test_a_wake_up_that_was_taken_is_done_without_a_word_to_redis() -> None:
    lost = object.__new__(broker.Channel)  # as one whose connection is gone
    Message(channel=lost, delivery_tag="one").ack_log_error(log, ())
    Message(channel=lost, delivery_tag="two").reject_log_error(log, ())
