"""What is kept in a shared cache is JSON: Django's own way would run what somebody put there."""

from __future__ import annotations

import json
from typing import Any


class Serializer:
    def __init__(self, **_: Any) -> None:
        """Nothing to choose."""

    def dumps(self, value: Any) -> int | bytes:
        # Redis counts only what is a number to it.
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, kept: bytes) -> Any:
        return json.loads(kept)
