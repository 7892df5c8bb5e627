"""Telling a provider that a message is stored, beside the way of the message and never in it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from provider import credentials, faults, registry
from provider.contracts import Credentials, InboundMessage
from provider.errors import ProviderError

log = structlog.get_logger(__name__)

# A provider that hangs holds these threads and nothing else; what finds none free is not told.
MOST_AT_ONCE = 8
_free = threading.BoundedSemaphore(MOST_AT_ONCE)


def tell(adapter: str, channel_key: str, message: InboundMessage) -> None:
    """Start telling, where there is anything to tell. Returns at once and raises nothing.

    One try: the message is safe already, and what is told is of use for some seconds only.
    """
    try:
        found = registry.get(adapter)
        call = found.acknowledge(message)
        if call is not None:
            _start(adapter, call, credentials.load(found, channel_key))
    except Exception as error:
        log.warning(
            "not acknowledged",
            adapter=adapter,
            error=type(error).__name__,
            place=faults.place(error),
        )


def _start(adapter: str, call: Callable[[Credentials], None], held: Credentials) -> None:
    if not _free.acquire(blocking=False):
        return
    thread = threading.Thread(
        target=_run, args=(adapter, call, held), name=f"acknowledge-{adapter}", daemon=True
    )
    try:
        thread.start()
    except RuntimeError:  # the system has no thread to give
        _free.release()
        raise


def _run(adapter: str, call: Callable[[Credentials], None], held: Credentials) -> None:
    # No word of the error but its kind: the provider may quote an address that holds a secret.
    try:
        call(held)
    except ProviderError as error:
        log.warning(
            "not acknowledged", adapter=adapter, error=type(error).__name__, code=error.code
        )
    except Exception as error:
        log.warning(
            "not acknowledged",
            adapter=adapter,
            error=type(error).__name__,
            place=faults.place(error),
        )
    finally:
        _free.release()
