"""What supervisors do to provider events: process again, make the channel of a line."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from chat.models import Channel
from chat.services import audit, channels
from provider import gateway
from provider.contracts import EchoMessage, InboundMessage, Line, Reason
from provider.models import WebhookEvent


@transaction.atomic
def replay(event: WebhookEvent, *, by: User) -> None:
    """Put an event back in line; what it already did is not done twice."""
    gateway.replay(event)
    audit.record(by, "event_replayed", f"{event._meta.verbose_name} {event.pk}")


def unknown_lines(event: WebhookEvent) -> list[Line]:
    """The lines its messages came to that no channel had when it was tried."""
    unknown = {
        item["index"] for item in event.unapplied or () if item["reason"] == Reason.UNKNOWN_LINE
    }
    if not unknown:
        return []
    found: dict[tuple[str, str, str], Line] = {}
    for index, item in enumerate(gateway.items_of(event)):
        if index in unknown and isinstance(item, InboundMessage | EchoMessage):
            line = item.line
            found.setdefault((line.adapter, line.kind, line.line), line)
    return list(found.values())


@transaction.atomic
def make_channel(event: WebhookEvent, line: Line, *, by: User) -> Channel:
    """Make the channel for a line of the event and process it again. Raises BadInput."""
    made = channels.add_for(line, by=by)
    replay(event, by=by)
    return made
