"""What an adapter raises and should not: said by its class and its place, never by its text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import structlog

from provider.errors import AmbiguousError, ProviderError

log = structlog.get_logger(__name__)

T = TypeVar("T")
_OURS = ("isobot", "chat", "provider", "parameters")


def place(error: BaseException) -> str:
    """The module and line of ours where it was raised, or that called what raised it."""
    found, trace = "", error.__traceback__
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] in _OURS:
            found = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found


@contextmanager
def contained(
    event: str, become: type[ProviderError] = AmbiguousError, **named: object
) -> Iterator[None]:
    """Let nothing out of an adapter but what it may raise; a fault of its own ends as `become`.

    The text of a fault may quote a secret, an address that holds one, or what somebody wrote:
    it is logged under `event` without it. NotImplementedError is an answer, and passes.
    """
    try:
        yield
    except (ProviderError, NotImplementedError):
        raise
    except Exception as error:
        log.error(event, error=type(error).__name__, place=place(error), **named)
        raise become(f"the adapter broke ({type(error).__name__})") from None


def answered(ask: Callable[[], T], otherwise: T, event: str, **named: object) -> T:
    """What an adapter says without asking anybody; `otherwise` where it breaks over it."""
    try:
        with contained(event, AmbiguousError, **named):
            return ask()
    except ProviderError:
        return otherwise
