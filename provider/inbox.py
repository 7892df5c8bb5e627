"""The door out of provider: one reader takes what concerns conversations and channels."""

from __future__ import annotations

from collections.abc import Callable

from provider.accounts import LinesReported
from provider.contracts import EchoMessage, InboundMessage, Outcome, PersonMoved, StatusUpdate

InboxEvent = InboundMessage | EchoMessage | PersonMoved | StatusUpdate | LinesReported

_readers: list[Callable[[InboxEvent], Outcome]] = []


def subscribe(reader: Callable[[InboxEvent], Outcome]) -> None:
    """Name the one reader. Called once, when the reading app starts."""
    _readers[:] = [reader]


def publish(event: InboxEvent) -> Outcome:
    """Hand an event over; the reader's effect commits with the caller's transaction, if any."""
    if not _readers:
        raise RuntimeError("nobody has subscribed to the inbox")
    return _readers[0](event)
