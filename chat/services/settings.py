"""Writing parameters, with what follows from some of them."""

from __future__ import annotations

from chat.services import channels
from parameters import store
from parameters.catalogue import ISOCHATBOT
from parameters.models import Detail


def put_detail(
    parameter: str,
    user: str,
    question: str,
    *,
    answer: str | None = None,
    note: str | None = None,
    order: int | None = None,
    active: bool | None = None,
) -> tuple[Detail, bool]:
    """Write a detail and let the channels follow it. Raises parameters.kinds.BadValue."""
    row, made = store.put_detail(
        parameter, user, question, answer=answer, note=note, order=order, active=active
    )
    if row.key is ISOCHATBOT.PROVEDOR_PHONE:
        channels.follow_phone()
    return row, made
