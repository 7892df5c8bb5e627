"""Mail by the parameter SMTPCONFIG: Django's mail backend, and the test of the settings."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as Smtp
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from parameters import store
from parameters.catalogue import SMTPCONFIG
from parameters.kinds import Text

TIMEOUT_SECONDS = 10
_PORTS = {"nenhuma": 25, "starttls": 587, "tls": 465}


class MailNotConfigured(Exception):
    """SMTPCONFIG is not active, or not complete; `missing` names what it lacks."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(f"SMTPCONFIG lacks {', '.join(missing)}")
        self.missing = tuple(missing)


class Backend(BaseEmailBackend):
    """Sends by the server SMTPCONFIG names when the connection is opened.

    `open` raises where the server cannot be used, before anything is handed over; what
    `send_messages` raises on an open connection is about the message.
    """

    def __init__(self, fail_silently: bool = False, **_options: Any) -> None:
        super().__init__(fail_silently=fail_silently)
        self._smtp: Smtp | None = None
        self._sender = ""

    def open(self) -> bool:
        """Whether a connection was made. Raises MailNotConfigured, OSError or SMTPException."""
        if self._smtp is not None:
            return False
        server, self._sender = _server()
        try:
            server.open()
        except OSError:
            # Half a conversation, as where TLS or the login failed, is ended too.
            with contextlib.suppress(OSError):
                server.close()
            raise
        self._smtp = server
        return True

    def close(self) -> None:
        server, self._smtp = self._smtp, None
        if server is not None:
            server.close()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        try:
            return self._sent(email_messages)
        except (MailNotConfigured, OSError):
            if self.fail_silently:
                return 0
            raise

    def _sent(self, email_messages: Sequence[EmailMessage]) -> int:
        is_mine = self.open()
        if self._smtp is None:
            return 0
        try:
            for message in email_messages:
                if message.from_email == settings.DEFAULT_FROM_EMAIL:
                    message.from_email = self._sender
            return self._smtp.send_messages(email_messages)
        finally:
            if is_mine:
                self.close()


def _server() -> tuple[Smtp, str]:
    """The server of SMTPCONFIG, not yet connected, and who mail is from."""
    held = store.read_many(list(SMTPCONFIG.keys.values()))
    security = held[SMTPCONFIG.SEGURANCA]
    user, password = held[SMTPCONFIG.USUARIO], held[SMTPCONFIG.SENHA]
    needed = [SMTPCONFIG.HOST, SMTPCONFIG.REMETENTE]
    if user:
        needed.append(SMTPCONFIG.SENHA)
    missing = [key.name for key in needed if not held[key]]
    if missing:
        raise MailNotConfigured(missing)
    server = Smtp(
        host=held[SMTPCONFIG.HOST],
        port=held[SMTPCONFIG.PORTA] or _PORTS[security],
        username=user,
        password=password,
        use_tls=security == "starttls",
        use_ssl=security == "tls",
        timeout=TIMEOUT_SECONDS,
    )
    return server, held[SMTPCONFIG.REMETENTE]


def send_test(to: str) -> Text | None:
    """Send a mail to try the settings: None where the server took it, else what went wrong."""
    message = EmailMessage(
        subject=str(_("Test of isobot's mail")),
        body=str(_("The mail server of SMTPCONFIG works: this mail was sent by it.")),
        to=[to],
        connection=Backend(),
    )
    try:
        _server()  # what is not filled in comes first
        validate_email(to)
        message.send()
    except ValidationError:
        return _("Type who gets the mail as an address, like ana@example.com.")
    except (MailNotConfigured, OSError, ValueError) as error:
        return explained(error)
    return None


def explained(error: Exception) -> Text:
    """What went wrong, in a sentence of ours: a server's own words may hold anything."""
    if isinstance(error, MailNotConfigured):
        names = ", ".join(error.missing)
        return _("Fill in %(names)s in the parameter SMTPCONFIG, and leave it active.") % {
            "names": names
        }
    for kinds, sentence in _SENTENCES:
        if isinstance(error, kinds):
            return sentence
    return _("The mail server cannot be reached. Check HOST and PORTA.")


# The more exact kinds first: all of smtplib's are OSErrors.
_SENTENCES: list[tuple[type[Exception] | tuple[type[Exception], ...], Text]] = [
    (
        smtplib.SMTPAuthenticationError,
        _("The mail server refused the login. Check USUARIO and SENHA."),
    ),
    (
        smtplib.SMTPNotSupportedError,
        _("The mail server does not offer what is asked of it. Check SEGURANCA and USUARIO."),
    ),
    (smtplib.SMTPSenderRefused, _("The mail server refused the sender. Check REMETENTE.")),
    (smtplib.SMTPRecipientsRefused, _("The mail server refused the recipient's address.")),
    (smtplib.SMTPDataError, _("The mail server refused the message.")),
    (
        (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException, smtplib.SMTPException),
        _("The mail server ended the conversation. Check PORTA and SEGURANCA."),
    ),
    (
        ssl.SSLError,
        _("No secure connection could be made. Check SEGURANCA, PORTA and the certificate."),
    ),
    (TimeoutError, _("The mail server did not answer in time. Check HOST and PORTA.")),
    (ValueError, _("The sender is not an e-mail address. Check REMETENTE.")),
]
