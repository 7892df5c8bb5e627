"""Where a place is, out of what people type or paste: degrees, or a link to a map."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote, urlsplit

from provider.contracts import Place

_NUMBER = r"([-+]?[0-9]{1,3}(?:\.[0-9]{1,20})?)"
_PAIR = re.compile(rf"(?:loc:)?\s*\(?{_NUMBER}°?\s*[,;\s]\s*{_NUMBER}°?\)?")
# With commas for decimals, as people write them in Portuguese.
_COMMAS = re.compile(r"([-+]?[0-9]{1,3},[0-9]{1,20})\s*[;,\s]\s*([-+]?[0-9]{1,3},[0-9]{1,20})")
# In the address of a map: the marked place before the middle of what is shown.
_MARKED = re.compile(rf"!3d{_NUMBER}!4d{_NUMBER}")
_MIDDLE = re.compile(rf"@{_NUMBER},{_NUMBER}")
_OPEN_STREET_MAP = re.compile(rf"map=[0-9.]+/{_NUMBER}/{_NUMBER}")
_FIELDS = ("q", "query", "ll", "destination", "daddr", "center", "sll")
_SHORT = re.compile(r"https?://(?:maps\.app\.goo\.gl|goo\.gl|g\.co)/", re.I)
LONGEST = 2000


def found(text: str) -> Place | None:
    """The place a text says, without asking anybody; None where it says none."""
    text = text.strip()[:LONGEST]
    is_link = re.match(r"(?:https?://|geo:)", text, re.I)
    said = _linked(text) if is_link else _typed(text)
    return Place.at(float(said[0]), float(said[1])) if said else None


def is_short_link(text: str) -> bool:
    """Whether it is a link that only its vendor can tell the place of."""
    return _SHORT.match(text.strip()) is not None


def _typed(text: str) -> tuple[str, ...] | None:
    if match := _PAIR.fullmatch(text):
        return match.groups()
    if match := _COMMAS.fullmatch(text):
        return tuple(number.replace(",", ".") for number in match.groups())
    return None


def _linked(link: str) -> tuple[str, ...] | None:
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    if parts.scheme.lower() == "geo":
        return _typed(parts.path.partition(";")[0])
    whole = unquote(link)
    if match := _MARKED.search(whole):
        return match.groups()
    fields = parse_qs(parts.query)
    for name in _FIELDS:
        if said := _typed(fields.get(name, [""])[0].strip()):
            return said
    if "mlat" in fields and "mlon" in fields:
        return _typed(f"{fields['mlat'][0]},{fields['mlon'][0]}")
    match = _MIDDLE.search(whole) or _OPEN_STREET_MAP.search(whole)
    return match.groups() if match else None
