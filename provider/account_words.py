"""What commands and Setup chat say of a result about the provider's account."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from provider.accounts import (
    AccessKind,
    AccessResult,
    CheckKind,
    RefreshKind,
    RefreshResult,
    TemplatesResult,
    WebhookReport,
)


def of_check(kind: CheckKind) -> str:
    return {
        CheckKind.NOT_DUE: _("The check is not due yet. Use --now to check all the same."),
        CheckKind.RUNNING: _("Somebody else is checking the token right now."),
        CheckKind.NOTHING: _("There is no token to check: PROVEDOR_TOKEN is not filled in."),
    }[kind]


def of_access(access: AccessResult) -> str:
    sentence = {
        AccessKind.OK: _("The provider takes the token."),
        AccessKind.REFUSED: _("The provider refuses the token."),
        AccessKind.NO_ACCESS: _("The provider does not let this account use the service."),
        AccessKind.UNREACHABLE: _("The provider does not answer."),
        AccessKind.ABSENT: _("There is no token to check: PROVEDOR_TOKEN is not filled in."),
    }[access.kind]
    return _with(sentence, access.detail)


def of_registration(result: AccessResult) -> str:
    sentence = {
        AccessKind.OK: _("Webhook registered: the provider posts to this channel's address."),
        AccessKind.REFUSED: _("The provider refuses the token."),
        AccessKind.NO_ACCESS: _("The provider did not accept the address."),
        AccessKind.UNREACHABLE: _("The provider does not answer. Try again in a moment."),
        AccessKind.ABSENT: _("Fill in the credentials of this channel first."),
    }[result.kind]
    return _with(sentence, result.detail)


def of_webhook(report: WebhookReport, own: str) -> list[str]:
    """What is wrong with how the provider posts here; nothing where all is well.

    `own` is the address it ought to post to.
    """
    if not report.url:
        return [_("The provider has no address to post to: register the webhook.")]
    said = []
    if report.url != own:
        host = urlsplit(report.url).hostname or "?"
        said.append(
            _("The provider posts to another address, at %(host)s: register the webhook.")
            % {"host": host}
        )
    if report.pending:
        said.append(
            _("Waiting at the provider, not delivered here yet: %(count)d.")
            % {"count": report.pending}
        )
    if report.last_error:
        sentence = _("The provider last failed to post here: %(when)s.") % {
            "when": date_format(localtime(report.last_error_at), "SHORT_DATETIME_FORMAT")
            if report.last_error_at
            else _("it does not say when")
        }
        said.append(_with(sentence, report.last_error))
    return said


def of_templates(result: TemplatesResult) -> str:
    sentence = {
        AccessKind.OK: _("The provider answered."),
        AccessKind.REFUSED: _("The provider refuses the token."),
        AccessKind.NO_ACCESS: _("The provider did not accept it."),
        AccessKind.UNREACHABLE: _("The provider does not answer. Try again in a moment."),
        AccessKind.ABSENT: _("There is no token: PROVEDOR_TOKEN is not filled in."),
    }[result.kind]
    return _with(sentence, result.detail)


def of_renewal(renewal: RefreshResult) -> str:
    if renewal.kind is RefreshKind.MISSING and renewal.missing:
        names = ", ".join(renewal.missing)
        return _("Not renewed. Fill in first: %(names)s.") % {"names": names}
    sentence = {
        RefreshKind.RENEWED: _("Token renewed."),
        RefreshKind.UNCHANGED: _("The provider did not change the token."),
        RefreshKind.REFUSED: _("The provider refused to renew the token."),
        RefreshKind.UNREACHABLE: _("The token was not renewed: the provider does not answer."),
        RefreshKind.MISSING: _("This provider does not renew tokens."),
        RefreshKind.RUNNING: _("A renewal is under way. Try again in a moment."),
        RefreshKind.RESTING: _("The token was not renewed: the last try failed a short time ago."),
        RefreshKind.PAUSED: _(
            "The token was not renewed: sending is on pause, because a backup was restored. "
            "Resume it first."
        ),
    }[renewal.kind]
    return _with(sentence, renewal.detail)


def _with(sentence: str, detail: str) -> str:
    """The provider's own words, in whatever language, as what they are."""
    if not detail:
        return sentence
    quoted = _("The provider's answer: “%(words)s”") % {"words": detail}
    return f"{sentence} {quoted}"
