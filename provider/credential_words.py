"""What people call the credentials that are kept with a channel."""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext
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
    "bot_token": _("The token @BotFather shows, like 123456789:AAE…"),
    "secret_token": _("A word you make up for this channel, of letters, digits, _ and -."),
    "verify_token": _("A word you make up; at the provider you type the same."),
    "app_secret": _("While it is being replaced: the new one, a comma, the old one."),
    "business_account_id": _(
        "Optional: with it, the templates of this account are listed, registered and removed."
    ),
}


# What Telegram takes of a word that is made up: https://core.telegram.org/bots/api#setwebhook
_SECRET_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,256}")


def problem_with(name: str, value: str) -> str:
    """Why a provider would not take this for it; empty where nothing speaks against it."""
    if name == "secret_token" and not _SECRET_TOKEN.fullmatch(value):
        return gettext("Use only letters without accents, digits, hyphens and underscores.")
    # Two stand with a comma while one replaces the other.
    if name != "verify_token" and any(len(one.split()) > 1 for one in value.split(",")):
        return gettext("This value has no spaces in it: copy it again.")
    return ""


def label(name: str) -> str:
    """The name in words; a provider's own name is spelled out where nobody gave it any."""
    return str(WORDS.get(name, name.replace("_", " ").capitalize()))


def help_text(name: str) -> str:
    """What somebody who fills it in should know; empty where the name says it."""
    return str(HELP.get(name, ""))
