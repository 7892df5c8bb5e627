"""Names people give themselves: what of one is kept when it comes in, and can stand in a line."""

from __future__ import annotations

import unicodedata

# In characters, as a name is stored.
LONGEST = 200
# Some scripts put two or three on a letter; more only climbs over the lines around it.
MOST_MARKS = 3
# A name of more than this is no name; what is cut off is not looked at.
_MOST_READ = 2000
# Letters and a symbol that show nothing.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")


def clean(name: str) -> str:
    """One line without anything invisible, or nothing: letters, signs, and single spaces.

    Control and format characters go: some turn the rest of the line around, or hide in it. Marks
    stay where they have a letter to be on, and a few at most.
    """
    kept: list[str] = []
    marks = MOST_MARKS
    for sign in unicodedata.normalize("NFC", " ".join(name[:_MOST_READ].split())):
        category = unicodedata.category(sign)
        if category[0] == "C" or sign in _BLANK:
            continue
        if category[0] == "M":
            marks += 1
            if marks > MOST_MARKS:
                continue
        else:
            marks = MOST_MARKS if sign == " " else 0
        kept.append(sign)
    return " ".join("".join(kept).split())[:LONGEST].rstrip()
