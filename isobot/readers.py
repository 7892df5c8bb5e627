"""Readers who ask and then take nothing: given up, so that they hold no answer for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from isobot.bodies import Application, Receive, Send

# As long as a reader may take for the piece that fills what the system keeps for them.
PATIENCE = 60.0


class _Gone(Exception):
    """Nobody takes what is sent."""


def given_up(application: Application) -> Application:
    """The application, whose answers end where their reader stopped reading."""

    async def guarded(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        async def timed(message: Mapping[str, Any]) -> None:
            try:
                async with asyncio.timeout(PATIENCE):
                    await send(message)
            except TimeoutError:
                raise _Gone from None

        try:
            await application(scope, receive, timed)
        except _Gone:
            await _cut(send)

    return guarded


async def _cut(send: Send) -> None:
    """End the connection with all that was not taken.

    ASGI has no word for it, and what the server does with an answer left half said is to wait until
    its reader has taken the rest. uvicorn's `send` belongs to who knows the connection.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
        await asyncio.sleep(0)  # until the server knows that it is gone
