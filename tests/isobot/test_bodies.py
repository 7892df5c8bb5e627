"""Bodies above what is taken are cut off, whatever their length was said to be."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync

from isobot import bodies

MB = 1024 * 1024


class Caller:
    """One request at the door, and what the application behind it got of it."""

    def __init__(self, sent: int, claimed: int | None) -> None:
        self.left, self.claimed = sent, claimed
        self.got = 0
        self.answers: list[dict[str, Any]] = []

    async def application(self, scope: Any, receive: Any, send: Any) -> None:
        more = True
        while more:
            message = await receive()
            self.got += len(message["body"])
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive(self) -> dict[str, Any]:
        piece = min(self.left, 64 * 1024)
        self.left -= piece
        return {"type": "http.request", "body": bytes(piece), "more_body": self.left > 0}

    async def send(self, message: dict[str, Any]) -> None:
        self.answers.append(message)

    def status(self) -> int:
        headers = [] if self.claimed is None else [(b"content-length", str(self.claimed).encode())]
        scope = {"type": "http", "headers": headers}
        async_to_sync(bodies.limited(self.application))(scope, self.receive, self.send)
        status: int = self.answers[0]["status"]
        return status


MOST = 2 * MB + bodies.AROUND_A_FILE


@pytest.mark.parametrize(
    ("sent", "claimed", "status"),
    [(MOST, MOST, 200), (MOST + 1, MOST + 1, 413), (50 * MB, 10, 413), (50 * MB, None, 413)],
)
def test_UP4_a_stream_is_cut_where_it_grows_too_long(
    sent: int, claimed: int | None, status: int, settings: Any
) -> None:
    settings.ISOBOT_MAX_FILE = 2 * MB
    caller = Caller(sent, claimed)
    assert caller.status() == status
    assert caller.got <= MOST
    if status == 413:
        assert "grande demais" in caller.answers[1]["body"].decode("unicode_escape")
