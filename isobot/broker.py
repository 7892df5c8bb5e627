"""Redis as it carries wake-ups: what was taken is gone, and nobody has to say that it is done.

kombu tells Redis to forget each message all the same, which it never kept. Where the connection was
lost at that moment there is nothing to tell it by, and the worker ends.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis


class Channel(redis.Channel):
    def basic_ack(self, delivery_tag: Any, multiple: bool = False) -> None:
        """There is nothing to acknowledge: the rows say what is left to do."""

    def basic_reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        """Nor does what cannot be understood come back."""


class Transport(redis.Transport):
    Channel = Channel


def install() -> None:
    """Take the place of kombu's own, for every way an address names Redis."""
    TRANSPORT_ALIASES.update(redis="isobot.broker:Transport", rediss="isobot.broker:Transport")
