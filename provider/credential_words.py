"""What people call the credentials that are kept with a channel."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: dict[str, Promise] = {
    "access_token": _("Access token"),
    "account_id": _("Account id"),
    "app_secret": _("App secret"),
    "business_account_id": _("Business account id (WABA)"),
    "bot_token": _("Bot token"),
    "page_id": _("Page id"),
    "phone_number_id": _("Phone number id"),
    "secret_token": _("Webhook secret"),
    "verify_token": _("Word to verify the address"),
}

HELP: dict[str, Promise] = {
    "app_secret": _("While it is being replaced: the new one, a comma, the old one."),
    "business_account_id": _(
        "Optional: with it, the templates of this account are listed, registered and removed."
    ),
}


def label(name: str) -> str:
    """The name in words; a provider's own name is spelled out where nobody gave it any."""
    return str(WORDS.get(name, name.replace("_", " ").capitalize()))


def help_text(name: str) -> str:
    """What somebody who fills it in should know; empty where the name says it."""
    return str(HELP.get(name, ""))
