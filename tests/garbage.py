"""Payloads with a part of them changed, as a provider that is broken, or an attacker, may post."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OTHERS: list[Any] = [
    None, True, False, 0, -1, 2**70, 1.5, float("inf"), float("nan"), "", " ", "x", "\x00",
    "\ud800", "9" * 300, [], {}, [[]], [None], {"id": {}}, {"": ""}, [1, "2", {}],
]  # fmt: skip


def mutated(folder: Path, seed: int, count: int) -> Iterator[bytes]:
    """Bodies made from the payloads of a folder, the same for the same seed."""
    chance = random.Random(seed)
    known = [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    for _ in range(count):
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
