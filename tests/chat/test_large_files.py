"""A large file passes through in pieces: fetching, keeping and serving it take no memory (UP5)."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIRequest

from chat import serving
from chat.models import Attachment
from chat.services import media
from provider.contracts import Content, Media
from tests import pictures
from tests.chat.conftest import writes
from tests.hosts import Server

MB = 1024 * 1024
MOST_GROWTH = 12 * MB


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


class Growth:
    most = 0


@contextmanager
def watched() -> Iterator[Growth]:
    """How much the memory of this process grows meanwhile, at most."""
    start, found, over = resident(), Growth(), threading.Event()

    def look() -> None:
        while not over.wait(0.01):
            found.most = max(found.most, resident() - start)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


async def read_whole(attachment: Attachment) -> int:
    """As the web server reads it; how many bytes came."""
    scope = {"type": "http", "method": "GET", "path": "/x", "headers": [], "query_string": b""}
    response: Any = serving.send(ASGIRequest(scope, None), attachment)
    size = 0
    async for piece in response.streaming_content:
        size += len(piece)
    return size


@pytest.mark.full
@pytest.mark.django_db
@pytest.mark.parametrize("megabytes", [15, 95])
def test_a_large_film_takes_no_memory(
    house: None, server: Server, settings: Any, megabytes: int, capsys: Any
) -> None:
    settings.BOTMAKER_V1_URL = f"{server.base}/api/v1.0"
    size = megabytes * MB
    film = server.grown("/film.mp4", pictures.MP4, size)
    item = Media(Content.VIDEO, film, "film.mp4")
    writes("", content=Content.VIDEO, media=(item,))
    started = time.monotonic()
    with watched() as fetching:
        media.drain()
    seconds = time.monotonic() - started
    row = Attachment.objects.get()
    assert (row.state, row.size, row.content) == ("ready", size, "video")
    with watched() as sending:
        assert asyncio.run(read_whole(row)) == size
    with capsys.disabled():
        sys.stdout.write(
            f"\n{megabytes} MB: fetched in {seconds:.1f} s, memory +{fetching.most / MB:.1f} MB; "
            f"served, memory +{sending.most / MB:.1f} MB\n"
        )
    assert max(fetching.most, sending.most) < MOST_GROWTH
