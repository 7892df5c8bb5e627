"""Supervisor > Chat > Eventos do provedor: every webhook as it came, and what became of it."""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat import person_names
from chat.console.base import Column, Filter, Section, State
from chat.console.screens import Screen
from chat.errors import BadInput
from chat.services import channels, events
from parameters.redaction import without_tokens
from provider import gateway
from provider.contracts import (
    EchoMessage,
    InboundMessage,
    Parsed,
    PersonMoved,
    StatusReport,
    Watermark,
)
from provider.models import WebhookEvent

# A page shows no more of a body; one past it is cut, with room for a token that begins before.
SHOWN, TOKEN = 60_000, 10_000
MOST_ITEMS = 50
DAY = timedelta(hours=24)

STATES: dict[str, State] = {
    WebhookEvent.State.RECEIVED: State(_("Received"), "warn", "clock"),
    WebhookEvent.State.PROCESSED: State(_("Processed"), "good", "circle-check"),
    WebhookEvent.State.DISCARDED: State(_("Discarded"), "quiet", "message-off"),
    WebhookEvent.State.DEAD: State(_("Dead"), "bad", "alert-circle"),
}
MEANINGS: dict[str, Promise] = {
    WebhookEvent.State.RECEIVED: _("It is stored and waits for its turn, or for its message."),
    WebhookEvent.State.PROCESSED: _("It took effect."),
    WebhookEvent.State.DISCARDED: _("Nothing in it could take effect."),
    WebhookEvent.State.DEAD: _("It failed five times and was set aside; nothing is lost."),
}


class Events(Section):
    slug = "eventos"
    title = _("Provider events")
    path = ("Supervisor", "Chat")
    lead = _("Everything the providers sent, newest first, and what became of it.")
    model = WebhookEvent
    list_template = "console/events.html"
    page_template = "console/event.html"
    columns = (
        Column(_("Event"), lambda row: f"#{row.pk}", "main"),
        Column(_("Received at"), "received_at", "moment"),
        Column(_("Situation"), lambda row: STATES[row.state], "state"),
        Column(_("Source"), "source"),
        Column(_("Reason"), lambda row: _short(row.reason)),
    )
    search = ("pk__exact_number", "unapplied_text")
    search_label = _("Number of the event, or id")
    filters = (Filter("estado", _("Situation"), lambda: WebhookEvent.State.choices, "state"),)
    dates = "received_at"
    empty = _("No provider has sent anything yet.")
    open_label = _("Open")
    can_add = False

    @classmethod
    def rows(cls, parent: Any = None) -> QuerySet[Any]:
        # The text of the JSON, for the filter: databases differ in how they look into it.
        text = Cast("unapplied", TextField())
        return gateway.events().annotate(unapplied_text=text).order_by("-pk")

    @classmethod
    def heading(cls, row: Any) -> str:
        return gettext("Event #%(number)d") % {"number": row.pk}

    @classmethod
    def above(cls, request: HttpRequest, parent: Any = None) -> dict[str, Any]:
        since = timezone.now() - DAY
        found = gateway.events().filter(received_at__gte=since).order_by()
        counts = dict(found.values_list("state").annotate(Count("pk")))
        return {"day": _bar({state: counts.get(state, 0) for state in STATES})}

    @classmethod
    def beside(cls, request: HttpRequest, row: Any, parent: Any = None) -> dict[str, Any]:
        items = gateway.items_of(row)
        return {
            "state": STATES[row.state],
            "meaning": _meaning(row),
            "items": [_told(item) for item in items[:MOST_ITEMS]],
            "body": readable(bytes(row.body)),
            "headers": [(name, without_tokens(str(v))) for name, v in row.headers.items()],
            "is_settled": row.state != WebhookEvent.State.RECEIVED,
            "lines": _lines(row),
        }

    @classmethod
    def urls(cls, **views: Any) -> list[URLPattern]:
        return [
            *super().urls(**views),
            path(
                f"{cls.prefix()}reprocessar,<int:pk>",
                ReplayScreen.as_view(),
                name="console-eventos-replay",
            ),
            path(
                f"{cls.prefix()}criar-canal,<int:pk>",
                ChannelScreen.as_view(),
                name="console-eventos-channel",
            ),
        ]


def _meaning(row: WebhookEvent) -> Promise:
    if row.state == WebhookEvent.State.PROCESSED and row.unapplied:
        return _("It took effect, except for what is named below.")
    return MEANINGS[row.state]


def _short(reason: str) -> str:
    return reason if len(reason) <= 160 else f"{reason[:159]}…"


def _bar(counts: dict[str, int]) -> dict[str, Any]:
    """The states of a day side by side, in thousandths; what happened at all stays visible."""
    total = sum(counts.values())
    parts, at = [], 0
    for state, count in counts.items():
        width = max(6, count * 1000 // total) if count else 0
        parts.append({"state": state, "look": STATES[state], "count": count, "x": at, "w": width})
        at += width
    return {"total": total, "parts": parts, "width": max(at, 1)}


def _lines(event: WebhookEvent) -> list[dict[str, Any]]:
    """The lines of the event that have no channel, or had none when it was tried."""
    return [
        {"line": line, "value": _value(line), "channel": channels.of_line(line)}
        for line in events.unknown_lines(event)
    ]


def _value(line: Any) -> str:
    return f"{line.kind}:{line.line}"


def readable(body: bytes) -> str:
    """A body as text for people, indented where it is JSON, without tokens."""
    text = body.decode("utf-8", "replace")
    if len(text) <= SHOWN:  # indenting could make a long one many times as long
        with contextlib.suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    text = text.encode("utf-8", "replace").decode()
    shown = without_tokens(text[: SHOWN + TOKEN])
    return shown if len(text) <= SHOWN else f"{shown[:SHOWN]}…"


def _who(*called: str) -> str:
    """As it can stand in a sentence, which it must not turn around; the first that is anything."""
    return next(filter(None, map(person_names.clean, called)), "")


def _told(item: Parsed) -> str:
    """What an item of the webhook was."""
    match item:
        case InboundMessage():
            return gettext("Message from %(who)s") % {
                "who": _who(item.contact_name, item.contact_id)
            }
        case EchoMessage():
            return gettext("Message written elsewhere to %(who)s") % {"who": _who(item.contact_id)}
        case PersonMoved():
            return gettext("A customer changed number: %(who)s") % {"who": _who(item.ids[0])}
        case StatusReport():
            return gettext("Status of a message: %(status)s") % {"status": item.status}
        case Watermark():
            return gettext("Everything up to a moment: %(status)s") % {"status": item.status}
    return gettext("Something that asks for nothing")


class _Act(Screen):
    """Something done to one event, after which its page is shown again."""

    section = Events
    changes = True

    def post(self, request: HttpRequest, pk: int, **_kwargs: Any) -> HttpResponse:
        event = self.row(pk)
        try:
            messages.success(request, self.act(request, event))
        except BadInput as error:
            messages.error(request, str(error.detail))
        return redirect(Events.url("view", event))

    def act(self, request: HttpRequest, event: WebhookEvent) -> str:
        raise NotImplementedError


class ReplayScreen(_Act):
    def act(self, request: HttpRequest, event: WebhookEvent) -> str:
        if event.state == WebhookEvent.State.RECEIVED:
            raise BadInput("", _("It is already in line to be processed."))
        events.replay(event, by=self.user)
        return gettext("It is being processed again; what it already did is not done twice.")


class ChannelScreen(_Act):
    """Makes the channel an event's line lacked. Only lines the event itself names."""

    def act(self, request: HttpRequest, event: WebhookEvent) -> str:
        wanted = request.POST.get("line", "")
        line = next((one for one in events.unknown_lines(event) if _value(one) == wanted), None)
        if line is None:
            raise BadInput("line", _("This event names no such line."))
        made = events.make_channel(event, line, by=self.user)
        return gettext("Channel %(channel)s made; the event is being processed again.") % {
            "channel": made
        }
