"""Requests whose body never ends: cut off before Django has written them to the disk."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

# What a form has around its file: names, borders, a text.
AROUND_A_FILE = 1024 * 1024


class _TooLong(Exception):
    """More came than any request here has."""


def limited(application: Application) -> Application:
    """The application, which hears of no body above the largest file that is taken.

    Django writes a whole body to the disk before a view sees the first byte, for anybody who
    asks; the length a caller claims may be a lie, so what comes is counted.
    """

    async def guarded(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        most = settings.ISOBOT_MAX_FILE + AROUND_A_FILE
        try:
            if _claimed(scope) > most:
                raise _TooLong
            await application(scope, _counting(receive, most), send)
        except _TooLong:
            await _refuse(send)

    return guarded


def _claimed(scope: dict[str, Any]) -> int:
    text = dict(scope["headers"]).get(b"content-length", b"")
    return int(text) if text.isdigit() and len(text) < 20 else 0


def _counting(receive: Receive, most: int) -> Receive:
    came = 0

    async def counted() -> Mapping[str, Any]:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        if came > most:
            raise _TooLong
        return message

    return counted


async def _refuse(send: Send) -> None:
    with translation.override(settings.LANGUAGE_CODE):
        body = json.dumps({"detail": _("What was sent is too large.")}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
