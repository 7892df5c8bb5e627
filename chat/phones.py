"""Telephones as people type them, as they are kept, and as they are shown."""

from __future__ import annotations

import re

from django.db.models import F, Func, Value
from django.db.models.functions import Replace

PUNCTUATION = " ()+.-/"
# Fewer digits are part of too many telephones.
SHORTEST = 4
_BRAZILIAN = re.compile(r"(?:55|0)?([1-9][1-9])9?([2-9][0-9]{7})")


def kept(text: str) -> str:
    """Digits only, with Brazil's code where none was typed; what is no number stays as it is."""
    text = text.strip()
    bare = re.sub(r"[\s()+.\-/]", "", text)
    if not re.fullmatch(r"[0-9]+", bare):
        return text
    is_local = re.fullmatch(r"0?([1-9][1-9][2-9][0-9]{7,8})", bare)
    return f"55{is_local[1]}" if is_local and not text.startswith("+") else bare


def shown(digits: str) -> str:
    """+55 (41) 99999-9999 for a Brazilian number; another one with its plus sign."""
    if not (digits.isascii() and digits.isdigit()):
        return digits
    if digits.startswith("55") and len(digits) in (12, 13):
        area, number = digits[2:4], digits[4:]
        return f"+55 ({area}) {number[:-4]}-{number[-4:]}"
    return f"+{digits}"


def searched(text: str) -> list[str]:
    """The digits to look for where a telephone was typed; with and without the ninth digit."""
    if re.search(r"[^\s0-9()+.\-/]", text):
        return []
    bare = re.sub(r"[^0-9]", "", text)
    brazilian = _BRAZILIAN.fullmatch(bare)
    if brazilian:
        return [f"{brazilian[1]}{ninth}{brazilian[2]}" for ninth in ("", "9")]
    if len(bare) == 9 and bare.startswith("9"):
        return [bare[1:]]
    return [bare] if len(bare) >= SHORTEST else []


def digits_of(field: str) -> Func | F:
    """The column without the punctuation people put between digits."""
    expression: Func | F = F(field)
    for sign in PUNCTUATION:
        expression = Replace(expression, Value(sign), Value(""))
    return expression
