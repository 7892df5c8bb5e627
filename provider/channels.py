"""Facts about each kind of channel; screens and rules ask here and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from provider.contracts import ChannelKind, Status


@dataclass(frozen=True, slots=True)
class Facts:
    """`shows` are the statuses people see beyond queued and unknown (guide, last section)."""

    shows: frozenset[Status]
    max_text: int
    window: timedelta | None
    id_is_phone: bool = False


_SENT_OR_FAILED = frozenset({Status.SENT, Status.FAILED})
_DAY = timedelta(hours=24)

FACTS: dict[ChannelKind, Facts] = {
    ChannelKind.WHATSAPP: Facts(
        frozenset({Status.SENT, Status.DELIVERED, Status.READ, Status.FAILED}),
        4096,
        _DAY,
        id_is_phone=True,
    ),
    ChannelKind.MESSENGER: Facts(_SENT_OR_FAILED, 2000, _DAY),
    ChannelKind.INSTAGRAM: Facts(_SENT_OR_FAILED, 1000, _DAY),
    ChannelKind.TELEGRAM: Facts(_SENT_OR_FAILED, 4096, None),
}


def bare_id(kind: ChannelKind, external_id: str) -> str:
    """The id as it is kept: a WhatsApp phone as digits only, any other id exactly as it came."""
    external_id = external_id.strip()
    if not FACTS[kind].id_is_phone:
        return external_id
    digits = re.sub(r"[\s()+.\-]", "", external_id)
    # A user without a phone is known by a business-scoped id, which must not lose its letters.
    return digits if digits.isdigit() else external_id
