"""The sentences of the audit; a new kind of entry has its line here."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chat.models import AuditEntry

WHAT: dict[str, Promise] = {
    "added": _("Added"),
    "changed": _("Changed"),
    "removed": _("Removed"),
    "signed_in": _("Signed in"),
    "sign_in_failed": _("Sign-in failed"),
    "sign_in_refused": _("Sign-in refused: too many tries"),
    "password_failed": _("Wrong old password where a new one was wanted"),
    "password_refused": _("New password refused: too many wrong old ones"),
    "revealed": _("Revealed"),
    "access_tested": _("Access tested"),
    "webhook_registered": _("Registration of the webhook"),
    "channels_searched": _("Channels looked for at the provider"),
    "token_refreshed": _("Token renewed by hand"),
    "mail_tested": _("Mail tested"),
    "closing_skipped": _("Closed without the closing message"),
    "event_replayed": _("Processed again"),
    "file_fetched_again": _("Fetched a file again"),
    "backup_restored": _("Backup restored"),
    "sending_resumed": _("Sending resumed; what waited was not sent again"),
    "waiting_sent": _("Sending resumed, and what waited was sent"),
}


# Fields as the services name them; a form's own label comes in words already.
FIELDS: dict[str, Promise] = {
    "answer": _("Answer"),
    "note": _("Note"),
    "order": _("Order"),
    "active": _("Active"),
    "name": _("Name"),
    "description": _("Description"),
    "kind": _("Type"),
    "supervisor": _("Supervisor"),
    "key": _("Key"),
    "line": _("Line"),
    "adapter": _("Provider"),
    "menu": _("Menu"),
    "menu_id": _("Menu"),
}
VALUES: dict[str, Promise] = {
    "True": _("Yes"),
    "False": _("No"),
    "human": _("Human service"),
    "bot": _("Bot"),
}


class Line(NamedTuple):
    """One entry in the reader's language; `changes` are (field, before, after)."""

    at: object
    by: str
    what: str
    about: str
    changes: list[tuple[str, str, str]]


def line(entry: AuditEntry) -> Line:
    changes = [
        (str(FIELDS.get(name, name)), _in_words(before), _in_words(after))
        for name, (before, after) in entry.data.get("changes", {}).items()
        if before or after
    ]
    what = str(WHAT.get(entry.what, entry.what))
    return Line(entry.at, entry.by_name, what, entry.about, changes)


def _in_words(value: str) -> str:
    return str(VALUES.get(value, value))
