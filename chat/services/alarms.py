"""Telling supervisors by mail what is in the way: one mail for each incident."""

from __future__ import annotations

import contextlib
import smtplib

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage, get_connection
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from chat import permissions
from parameters.mail import MailNotConfigured, explained
from provider import gateway
from provider.models import Incident

log = structlog.get_logger(__name__)

# On an open connection these are the server's clear no.
_NOT_TAKEN = (
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPDataError,
    smtplib.SMTPNotSupportedError,
    ValueError,  # an address no message can be written to
)


def tell() -> int:
    """Send the mails that are due; how many were taken by the mail server."""
    waiting = gateway.incidents_to_tell()
    recipients = list(_recipients()) if waiting else []
    return sum(_tell(incident, recipients) for incident in waiting) if recipients else 0


def _recipients() -> list[str]:
    people = User.objects.filter(is_active=True).exclude(email="")
    configures = Q(is_superuser=True) | Q(groups__name=permissions.SUPERVISORS)
    return sorted(set(people.filter(configures).values_list("email", flat=True)))


def _tell(incident: Incident, recipients: list[str]) -> bool:
    """One try. Claimed and committed before: a process that dies here sends nothing twice."""
    if not gateway.claim_mail(incident):
        return False
    connection = get_connection()
    try:
        connection.open()
    except (MailNotConfigured, OSError) as error:
        _not_taken(incident, error)
        return False
    try:
        connection.send_messages([_message(incident, recipients)])
    except _NOT_TAKEN as error:
        _not_taken(incident, error)
        return False
    except OSError as error:
        gateway.mail_lost(incident)
        log.error("mail not confirmed", incident=incident.pk, error=type(error).__name__)
        return False
    finally:
        with contextlib.suppress(OSError):
            connection.close()
    gateway.mail_sent(incident)
    log.info("mail sent", incident=incident.pk)
    return True


def _not_taken(incident: Incident, error: Exception) -> None:
    gateway.mail_not_taken(incident)
    log.warning(
        "mail not sent",
        incident=incident.pk,
        error=type(error).__name__,
        reason=str(explained(error)),
    )


def _message(incident: Incident, recipients: list[str]) -> EmailMessage:
    with translation.override(settings.LANGUAGE_CODE):
        since = date_format(timezone.localtime(incident.opened_at), "d/m/Y H:i")
        lines = [
            incident.happened,
            _("Since: %(moment)s") % {"moment": since},
            _("What to do: %(step)s") % {"step": incident.next_step},
        ]
        if incident.detail:
            lines.append(_("What the provider said: %(words)s") % {"words": incident.detail})
        if settings.ISOBOT_PUBLIC_URL:
            address = settings.ISOBOT_PUBLIC_URL.rstrip("/") + reverse("console-setup")
            lines.append(_("Setup chat: %(address)s") % {"address": address})
        subject = _("isobot: %(title)s") % {"title": incident.title}
    return EmailMessage(subject, "\n\n".join(lines), to=recipients)
