"""The sentences of the reasons why an item of a webhook was not applied."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from provider.contracts import Reason

SENTENCES = {
    Reason.UNREADABLE: _("The body could not be read as the provider's format."),
    Reason.UNKNOWN_KIND: _("A kind of event this version does not use."),
    Reason.UNKNOWN_PLATFORM: _("A platform this version does not serve."),
    Reason.UNKNOWN_STATUS: _("A status word this version does not know."),
    Reason.UNKNOWN_LINE: _("For a line that is not configured here."),
    Reason.CHANNEL_INACTIVE: _("The channel is not active."),
    Reason.NO_SENDER: _("It does not say who wrote."),
    Reason.OWN_NUMBER: _("It comes from the company's own line."),
    Reason.EMPTY: _("Nothing in it."),
    Reason.NO_CONVERSATION: _("Written elsewhere, to somebody who has no conversation here."),
    Reason.NO_MESSAGE: _("A status of a message that never showed up here."),
    Reason.INCOMING: _("A status of a message the customer wrote."),
    Reason.TOO_LONG: _("An id in it is longer than any real one."),
    Reason.EDITED: _("The customer changed or deleted a message; what came first is kept."),
    Reason.REACTION: _("A reaction to a message."),
    Reason.NOTICE: _("A notice of the provider's that asks for nothing."),
    Reason.BROKEN: _("It failed every time it was tried. It can be processed again."),
}
