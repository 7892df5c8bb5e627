"""Esqueci a senha: a link by mail, and the same answer whoever asks."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth import forms, views
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils import translation
from django.utils.translation import gettext as _
from redis import RedisError

from chat import permissions
from chat.forms import Styled
from chat.services import profiles
from isobot.signin import place_of
from isobot.views import too_many
from parameters import store
from parameters.catalogue import SMTPCONFIG

log = structlog.get_logger(__name__)

WINDOW = 15 * 60  # seconds
PER_ADDRESS, PER_CALLER = 3, 20


class AskForm(Styled, forms.PasswordResetForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["email"].label = _("E-mail")

    def get_users(self, email: str) -> Iterator[User]:
        return (user for user in super().get_users(email) if _may_by_mail(user))

    def send_mail(
        self,
        subject_template_name: str,
        email_template_name: str,
        context: dict[str, Any],
        from_email: str | None,
        to_email: str,
        html_email_template_name: str | None = None,
    ) -> None:
        """In the language of whom it is for, and after the answer."""
        user: User = context["user"]
        with translation.override(profiles.choice_of(user).language):
            context["name"] = user.get_full_name() or user.get_username()
            subject = loader.render_to_string(subject_template_name, context).strip()
            body = loader.render_to_string(email_template_name, context)
        later(EmailMessage(subject, body, from_email, [to_email]))


def _may_by_mail(user: User) -> bool:
    """Nobody who configures: supervisors choose the server this mail goes through, and none
    may read there how to become another."""
    return not permissions.is_supervisor(user)


def later(message: EmailMessage) -> None:
    """A mail server's time must not tell who asks whether there is such a user."""
    threading.Thread(target=send, args=[message], daemon=True).start()


def send(message: EmailMessage) -> None:
    try:
        message.send()
    except Exception as error:  # whatever it is, nobody is there to be told
        log.error("password reset mail not sent", error=type(error).__name__)
    finally:
        connections.close_all()


class ChooseForm(Styled, forms.SetPasswordForm):  # type: ignore[type-arg]
    pass


class AskPage(views.PasswordResetView):
    form_class = AskForm
    template_name = "registration/password_reset_form.html"
    email_template_name = "registration/password_reset_email.txt"
    subject_template_name = "registration/password_reset_subject.txt"

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        return super().get_context_data(mail_works=_mail_works(), **more)

    def form_valid(self, form: Any) -> HttpResponse:
        email = form.cleaned_data["email"]
        if _is_too_much(self.request, email):
            return too_many(self.request, "429_reset.html")
        if not _mail_works():
            return self.render_to_response(self.get_context_data(form=form))
        self.from_email = store.read(SMTPCONFIG.REMETENTE) or None
        self.extra_email_context = {"base": _base(self.request)}
        return super().form_valid(form)


class ChoosePage(views.PasswordResetConfirmView):
    form_class = ChooseForm
    reset_url_token = "nova"  # noqa: S105 - a part of the address, not the token

    def get_user(self, uidb64: str) -> Any:
        """Nobody either who came to configure after their link was sent."""
        user = super().get_user(uidb64)
        return user if user is not None and _may_by_mail(user) else None


def _mail_works() -> bool:
    return bool(store.read(SMTPCONFIG.HOST))


def _base(request: HttpRequest) -> str:
    """Where the link leads: what a caller says of itself is only believed where nothing is set."""
    if settings.ISOBOT_PUBLIC_URL:
        return str(settings.ISOBOT_PUBLIC_URL).rstrip("/")
    return f"{request.scheme}://{request.get_host()}"


def _is_too_much(request: HttpRequest, email: str) -> bool:
    """Counted the same for addresses that are known and that are not."""
    try:
        of_caller = _count(place_of(request))
        return of_caller > PER_CALLER or _count(email.casefold()) > PER_ADDRESS
    except RedisError as error:
        log.error("password resets not counted", error=type(error).__name__)
        return False


def _count(name: str) -> int:
    key = f"reset:{hashlib.sha256(name.encode()).hexdigest()}"
    if cache.add(key, 1, WINDOW):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # it ran out in between
        return 1
