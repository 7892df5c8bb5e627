"""The sentences of what happened to a conversation and why; a new event has its line here."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.models import ConversationEvent

WHAT: dict[str, Promise] = {
    "open": gettext_lazy("Conversation opened"),
    "hand_off": gettext_lazy("Handed over to %(description)s"),
    "assume": gettext_lazy("%(by)s assumed"),
    "assign": gettext_lazy("Given to %(agent)s"),
    "requeue": gettext_lazy("Transferred to %(description)s"),
    "hold": gettext_lazy("Put on hold"),
    "resume": gettext_lazy("Back in service"),
    "close": gettext_lazy("Conversation closed"),
    "closing_not_sent": gettext_lazy("Closing message not sent"),
    "resend": gettext_lazy("Message sent again"),
}
WHY: dict[str, Promise] = {
    "first_message": gettext_lazy("The customer wrote and the isoBot answered."),
    "no_bot_classification": gettext_lazy(
        "CLASS_CHAT_BOT names no active bot classification, so the isoBot kept silent."
    ),
    "no_classification": gettext_lazy(
        "CLASS_CHAT_ATENDIMENTO names no active classification; a supervisor must transfer it."
    ),
    "option": gettext_lazy("The customer chose this option of the menu."),
    "asked": gettext_lazy("The customer asked for a person."),
    "not_understood": gettext_lazy("The isoBot did not understand three answers in a row."),
    "too_many_automatic": gettext_lazy(
        "20 automatic messages in 10 minutes to the same person: the isoBot stopped."
    ),
    "bot_error": gettext_lazy("The isoBot failed on this message."),
    "by_customer": gettext_lazy("The customer left."),
    "by_person": gettext_lazy("Closed by %(by)s."),
    "customer_wrote": gettext_lazy("The customer wrote."),
    "answered": gettext_lazy("%(by)s answered."),
    "window": gettext_lazy("More than 24 hours since the customer wrote."),
}


class Line(NamedTuple):
    """One line of the trace, in the reader's language."""

    at: object
    what: str
    why: str


def line(event: ConversationEvent) -> Line:
    values = {
        "by": (event.by.get_full_name() or event.by.username) if event.by else "isoBot",
        "description": event.data.get("description", _("no classification")),
        "agent": event.data.get("agent", ""),
    }
    return Line(event.at, _filled(WHAT, event.what, values), _filled(WHY, event.why, values))


def _filled(sentences: dict[str, Promise], code: str, values: dict[str, str]) -> str:
    return str(sentences[code]) % values if code in sentences else code
