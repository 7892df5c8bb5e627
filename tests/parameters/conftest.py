"""Short hands for writing details as people and older installations left them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from parameters import store
from parameters.models import STANDARD_USER, Detail

Stored = Callable[..., Detail]


@pytest.fixture
def stored(db: None) -> Stored:
    """`stored("TIPO_TELEFONE", "3")` is a row as it came from elsewhere: nothing checks it."""

    def make(question: str, answer: str = "", note: str = "", **fields: Any) -> Detail:
        parameter = fields.pop("parameter", "ISOCHATBOT")
        user = store.add_user(parameter, fields.pop("user", STANDARD_USER))
        return Detail.objects.create(
            user=user, question=question, answer=answer, note=note, **fields
        )

    return make


@pytest.fixture
def put(db: None) -> Callable[..., Detail]:
    """`put("PROVEDOR_TOKEN", answer="…")` writes a detail as a person would."""

    def write(question: str, **fields: Any) -> Detail:
        return store.put_detail("ISOCHATBOT", STANDARD_USER, question, **fields)[0]

    return write
