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
    "start_not_sent": gettext_lazy("Start notice not sent"),
    "transfer_not_sent": gettext_lazy("Transfer notice not sent"),
    "hold_not_sent": gettext_lazy("Hold notice not sent"),
    "closing_not_sent": gettext_lazy("Closing message not sent"),
    "resend": gettext_lazy("Message sent again"),
    "person_moved": gettext_lazy("The customer changed number"),
    "link": gettext_lazy("Linked to the customer record %(contact)s"),
    "unlink": gettext_lazy("Link to the customer record %(contact)s undone"),
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
    "person": gettext_lazy("By %(by)s."),
    "owner_gone": gettext_lazy(
        "The customer wrote and the agent can no longer serve this classification."
    ),
    "skipped": gettext_lazy("%(by)s chose not to send it."),
    "phone_added": gettext_lazy("By %(by)s. The telephone was added to the record."),
    "econtact_added": gettext_lazy("By %(by)s. The e-contact was added to the record."),
    "already_there": gettext_lazy("By %(by)s. The record already had this address."),
    "no_address": gettext_lazy("By %(by)s. The customer no longer has the number they wrote from."),
    "no_phone_type": gettext_lazy(
        "By %(by)s. The telephone was not added: TIPO_TELEFONE names no type of telephone."
    ),
    "no_econtact_type": gettext_lazy(
        "By %(by)s. The e-contact was not added: TIPO_ECONTACT names no type of e-contact."
    ),
    "window": gettext_lazy("More than 24 hours since the customer wrote."),
    "too_long": gettext_lazy("With the names filled in, it is longer than this channel takes."),
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
        "contact": event.data.get("contact", ""),
    }
    why = _filled(WHY, event.why, values)
    if note := event.data.get("note"):
        why = _("%(why)s Note: %(note)s") % {"why": why, "note": note}
    return Line(event.at, _filled(WHAT, event.what, values), why)


def _filled(sentences: dict[str, Promise], code: str, values: dict[str, str]) -> str:
    return str(sentences[code]) % values if code in sentences else code
