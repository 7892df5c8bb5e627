"""What every answer carries, also those Django makes before or beside its middleware."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isobot.bodies import Application, Receive, Send

# Django's own pages have a policy of theirs (`settings.CONTENT_SECURITY_POLICY`).
HEADERS = {
    b"content-security-policy": b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    b"cross-origin-opener-policy": b"same-origin",
    b"referrer-policy": b"same-origin",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}


def protected(application: Application) -> Application:
    """The application, none of whose answers leaves without these headers."""

    async def guarded(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        async def completed(message: Mapping[str, Any]) -> None:
            await send(_with_headers(message))

        await application(scope, receive, completed if scope["type"] == "http" else send)

    return guarded


def _with_headers(message: Mapping[str, Any]) -> Mapping[str, Any]:
    if message["type"] != "http.response.start":
        return message
    own = list(message.get("headers", ()))
    named = {name.lower() for name, _value in own}
    return {**message, "headers": [*own, *(one for one in HEADERS.items() if one[0] not in named)]}
