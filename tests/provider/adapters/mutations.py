"""No shape of what is posted breaks an adapter."""

from __future__ import annotations

from pathlib import Path

from provider.adapter import Adapter
from provider.contracts import MAX_ID, Content, InboundMessage
from provider.errors import UnreadableBody
from tests.conftest import FULL
from tests.garbage import mutated

COUNT = 10_000 if FULL else 300


def survives(adapter: Adapter, folder: Path, seed: int) -> None:
    """Whatever changed is items or unreadable, and what is a message can be stored."""
    for body in mutated(folder, seed, COUNT):
        try:
            items = adapter.parse(body)
        except UnreadableBody:
            continue
        for item in items:
            if isinstance(item, InboundMessage):
                assert item.external_id and item.contact_id, body
                assert isinstance(item.content, Content)
                texts = (item.external_id[:MAX_ID], item.contact_id, item.contact_name, item.text)
                for text in texts:
                    assert "\x00" not in text
                    text.encode()
