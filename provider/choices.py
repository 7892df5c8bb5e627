"""Choices beside a text: whether they are offered, and how they are written in little room.

Adapters do not lean on each other; they may lean on this.
"""

from __future__ import annotations

from collections.abc import Sequence

from provider.channels import FACTS
from provider.contracts import Choice, OutboundMessage

# WhatsApp's list, whoever carries it: what customers, who read Portuguese, tap to see the rows,
# and how many rows and characters it takes.
LIST_LABEL = "Ver opções"
MAX_ROWS, ROW_TITLE, ROW_DESCRIPTION = 10, 24, 72


def offered(message: OutboundMessage) -> tuple[Choice, ...]:
    """The choices to hand over: those of the message, or none and the text alone.

    The text names them all. Choices that leave some out, cannot be read, or go with a text
    longer than the channel takes would make it worse.
    """
    facts = FACTS[message.line.kind]
    is_whole = len(message.choices) <= facts.max_choices
    is_readable = all(choice.title.strip() for choice in message.choices)
    fits = facts.length(message.text) <= facts.max_text
    return message.choices if is_whole and is_readable and fits else ()


def rows(choices: Sequence[Choice]) -> list[dict[str, str]]:
    """The rows of WhatsApp's list; a title that does not fit is told whole below it."""
    return [_row(choice) for choice in choices[:MAX_ROWS]]


def _row(choice: Choice) -> dict[str, str]:
    row = {"id": choice.id, "title": shortened(choice.title, ROW_TITLE)}
    if row["title"] != choice.title:
        row["description"] = shortened(choice.title, ROW_DESCRIPTION)
    return row


def shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
