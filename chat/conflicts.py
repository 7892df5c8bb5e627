"""What a refused change says to its caller: why, and how the conversation stands now."""

from __future__ import annotations

from typing import Any

from chat.errors import Conflict
from chat.models import Conversation


def conflict(error: Conflict) -> dict[str, Any]:
    """What a 409 says: why, and how the conversation stands now."""
    # The refused change was rolled back; what counts is what the database holds.
    now = Conversation.objects.select_related("agent").get(pk=error.conversation.pk)
    owner = now.agent
    body: dict[str, Any] = {
        "detail": str(error.detail),
        "status": now.status,
        "agent": None
        if owner is None
        else {"username": owner.username, "name": owner.get_full_name()},
    }
    if error.cause:
        body["cause"] = error.cause
    return body
