"""What a failed or waiting send means, in words: the guide's causes first."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from provider.contracts import Cause

SENTENCES = {
    Cause.AUTHENTICATION: _(
        "Authentication problem with the provider. Update the token in Setup chat."
    ),
    Cause.SERVICE_ACCESS: _("Access to the service failed. Check the account at the provider."),
    Cause.TEMPLATE: _("Template not supported."),
    Cause.WINDOW: _("More than 24 hours since the customer wrote. Use a template."),
    Cause.CONTENT: _("The provider refused the content of the message."),
    Cause.RECIPIENT: _("The recipient cannot receive on this channel."),
    Cause.EXPIRED: _("It waited more than 24 hours and was not sent late."),
    Cause.OTHER: _("The provider reported a failure."),
}


def sentence(cause: str, detail: str = "") -> str:
    """The cause in the reader's language, with what the provider said, if anything."""
    words = str(SENTENCES[Cause(cause)]) if cause else ""
    return f"{words} ({detail})" if detail else words
