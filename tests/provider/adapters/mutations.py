"""Payloads with a part of them changed, to see that no shape of an answer breaks an adapter."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from provider.adapter import Adapter
from provider.contracts import MAX_ID, Content, InboundMessage
from provider.errors import UnreadableBody
from tests.conftest import FULL

COUNT = 10_000 if FULL else 300
OTHERS: list[Any] = [
    None, True, False, 0, -1, 2**70, 1.5, float("inf"), float("nan"), "", " ", "x", "\x00",
    "\ud800", "9" * 300, [], {}, [[]], [None], {"id": {}}, {"": ""}, [1, "2", {}],
]  # fmt: skip


def mutated(folder: Path, seed: int) -> Iterator[bytes]:
    """Bodies made from the payloads of a folder, the same for the same seed."""
    chance = random.Random(seed)
    known = [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    for _ in range(COUNT):
        body = copy.deepcopy(chance.choice(known))
        for _ in range(chance.randint(1, 3)):
            _change(body, chance)
        yield json.dumps(body).encode()


def _change(body: Any, chance: random.Random) -> None:
    found = list(places(body))
    if not found:
        return
    holder, key = chance.choice(found)
    if chance.random() < 0.2:
        del holder[key]
    elif chance.random() < 0.2:
        _other, other_key = chance.choice(found)
        holder[key] = copy.deepcopy(_other.get(other_key) if isinstance(_other, dict) else _other)
    else:
        holder[key] = copy.deepcopy(chance.choice(OTHERS))


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a body, as what holds it and its key there."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in list(keys):
        yield value, key
        yield from places(value[key])


def survives(adapter: Adapter, folder: Path, seed: int) -> None:
    """Whatever changed is items or unreadable, and what is a message can be stored."""
    for body in mutated(folder, seed):
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
