"""Supervisor > Chat > Setup chat: the guide's steps with their proof, the token, the webhook."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.console import checklist
from chat.console.base import Section
from chat.console.screens import Screen
from chat.models import Contact
from chat.services import audit, contacts, discovery, sending
from chat.services import settings as parameters
from parameters import mail, store
from parameters.catalogue import ISOCHATBOT
from provider import account_words, gateway
from provider.accounts import AccessResult, LinesReported
from provider.contracts import ChannelKind


class SetupSection(Section):
    """Not a list of rows: here for its title, its place and who may."""

    slug = "setup"
    title = gettext_lazy("Setup chat")
    path = ("Supervisor", "Chat")
    model = Contact
    columns = ()


class SetupScreen(Screen):
    section = SetupSection
    changes = True

    def page(self, request: HttpRequest, **values: Any) -> HttpResponse:
        cards = checklist.cards()
        context = self.context(
            cards=cards,
            ready=sum(card.is_ready for card in cards),
            missing=checklist.missing(cards),
            account=gateway.account_state(),
            incidents=gateway.open_incidents(),
            webhook_url=_webhook_url(request),
            webhook_token=store.mask(store.read(ISOCHATBOT.PROVEDOR_WEBHOOK_TOKEN)),
            why_no_files=gateway.why_no_files(gateway.MAIN_ADAPTER),
            last_event=gateway.events().order_by("-id").first(),
            **values,
        )
        return render(request, "console/setup.html", context)


def _webhook_url(request: HttpRequest) -> str:
    where = reverse("webhook", args=["botmaker"])
    return (
        f"{settings.ISOBOT_PUBLIC_URL}{where}"
        if settings.ISOBOT_PUBLIC_URL
        else (request.build_absolute_uri(where))
    )


class Setup(SetupScreen):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(request)


class TestAccess(SetupScreen):
    """“Testar acesso”: an authenticated call now; the provider's answer in words."""

    def post(self, request: HttpRequest) -> HttpResponse:
        result = gateway.check_access()
        audit.record(self.user, "access_tested", "", result=result.kind)
        say = messages.success if result.ok else messages.error
        say(request, account_words.of_access(result))
        found = discovery.apply(
            LinesReported(gateway.MAIN_ADAPTER, result.lines or ()), by=self.user
        )
        if found.made:
            messages.success(request, discovery.new_ones(found))
        other = _other_lines(result)
        if other:
            messages.warning(
                request,
                _("The provider has other WhatsApp lines than PROVEDOR_PHONE: %(lines)s.")
                % {"lines": ", ".join(other)},
            )
        return redirect("console-setup")


def _other_lines(result: AccessResult) -> list[str]:
    """The WhatsApp lines the provider lists, where the one of PROVEDOR_PHONE is not among them."""
    lines = [line.number for line in result.lines or () if line.kind == ChannelKind.WHATSAPP]
    phone = store.read(ISOCHATBOT.PROVEDOR_PHONE)
    return [] if not phone or not lines or phone in lines else lines


class RefreshToken(SetupScreen):
    """“Atualizar token”."""

    def post(self, request: HttpRequest) -> HttpResponse:
        result = gateway.refresh_token()
        audit.record(self.user, "token_refreshed", "", result=result.kind)
        say = messages.success if result.ok else messages.error
        say(request, account_words.of_renewal(result))
        return redirect("console-setup")


class RevealToken(SetupScreen):
    """The webhook's token once more, in this answer and nowhere else; written down who asked."""

    def post(self, request: HttpRequest) -> HttpResponse:
        return self.page(request, revealed=parameters.reveal_webhook_token(by=self.user))


class ResumeSending(SetupScreen):
    """The end of the pause after a restored backup, with or without what waited in it."""

    def post(self, request: HttpRequest) -> HttpResponse:
        said = sending.resume(send_waiting="send_waiting" in request.POST, by=self.user)
        say = messages.success if said else messages.warning
        say(request, said or _("Sending is not on pause."))
        return redirect("console-setup")


class TestMail(SetupScreen):
    """“Testar envio”: a mail to whoever pressed it, or to the address they typed."""

    def post(self, request: HttpRequest) -> HttpResponse:
        to = request.POST.get("to", "").strip()[:254]
        problem = mail.send_test(to)
        audit.record(self.user, "mail_tested", "", result="failed" if problem else "sent")
        if problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, _("Mail sent to %(to)s.") % {"to": to})
        return redirect("console-setup")


class MakeAnonymous(SetupScreen):
    def post(self, request: HttpRequest) -> HttpResponse:
        contact = contacts.anonymous()
        audit.record(self.user, "added", f"{contact._meta.verbose_name}: {contact}")
        return redirect("console-setup")


urls: list[URLPattern] = [
    path("setup/", Setup.as_view(), name="console-setup"),
    path("setup/testar-acesso/", TestAccess.as_view(), name="console-setup-access"),
    path("setup/atualizar-token/", RefreshToken.as_view(), name="console-setup-refresh"),
    path("setup/revelar-token/", RevealToken.as_view(), name="console-setup-reveal"),
    path("setup/retomar-envios/", ResumeSending.as_view(), name="console-setup-resume"),
    path("setup/testar-envio/", TestMail.as_view(), name="console-setup-mail"),
    path("setup/anonimo/", MakeAnonymous.as_view(), name="console-setup-anonymous"),
]
