"""How a secret is shown, and what a field means that comes back with its mask."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from parameters import formats
from parameters.keys import Key
from parameters.kinds import BadValue
from parameters.models import Detail

MASK = "••••"


def mask(secret: str) -> str:
    """How a secret is shown: empty where empty, else dots and, where long enough, its last four."""
    if not secret:
        return ""
    return MASK + (secret[-4:] if len(secret) >= 8 else "")


def shown(row: Detail) -> tuple[str, str]:
    """Answer and note as people may see them."""
    if row.is_secret:
        return mask(row.answer), mask(row.note)
    return row.answer, row.note


def is_open(row: Detail, column: str) -> bool:
    """Whether a text may be kept outside, in clear: not where a secret may have been pasted."""
    key, text = row.key, getattr(row, column)
    if key is None or key.is_secret or formats.looks_like_a_jwt(text):
        return not text
    return column in key.kind.columns or not formats.looks_like_a_token(text)


def unmasked(row: Detail, key: Key[Any], answer: str | None, note: str | None) -> tuple[str, str]:
    """The two texts meant by what was sent. Raises BadValue for another secret's mask."""
    sent = {"answer": answer, "note": note}
    held = {"answer": row.answer, "note": row.note}
    kept = {
        name: text is None or (text.strip().startswith(MASK) and text.strip() == mask(held[name]))
        for name, text in sent.items()
    }
    for name, text in sent.items():
        if text is not None and not kept[name] and text.strip().startswith(MASK):
            raise BadValue(_("Type the whole new value, or leave the field as it was."), name)
    # A placeholder, or a text where the key looks for none, is no new value of the secret.
    replaced = any(
        text is not None and not kept[name] and _is_value(key, name, text)
        for name, text in sent.items()
    )
    result = {}
    for name, text in sent.items():
        result[name] = ("" if replaced else held[name]) if kept[name] else (text or "")
    return result["answer"], result["note"]


def _is_value(key: Key[Any], column: str, text: str) -> bool:
    alone = {"answer": "", "note": "", column: text}
    return key.kind.parse(**alone) is not None
