"""What is asked of the provider about channels: “Testar acesso”, the webhook, the list of them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _

from chat.console.channel_credentials import webhook_url
from chat.console.channels import Channels, line_of, shown
from chat.console.screens import Screen
from chat.models import Channel
from chat.services import audit, discovery
from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider import account_words, gateway
from provider.accounts import AccessKind, AccessResult, LinesReported


class AccountScreen(Screen):
    """Asks the provider by the channel's account, and goes back to its page with the answer."""

    section = Channels
    changes = True

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.row(pk)
        account = gateway.account_key(row.adapter, row.key)
        if not account and gateway.credential_names(row.adapter):
            messages.error(request, _("Fill in the credentials of this channel first."))
        else:
            self.ask(request, row, account)
        return redirect(Channels.url("edit", row))

    def ask(self, request: HttpRequest, row: Channel, account: str) -> None:
        raise NotImplementedError


class TestAccess(AccountScreen):
    """“Testar acesso”: an authenticated call now, and the answer in words."""

    def ask(self, request: HttpRequest, row: Channel, account: str) -> None:
        result = gateway.check_access(row.adapter, account)
        audit.record(self.user, "access_tested", row, result=result.kind)
        say = messages.success if result.ok else messages.error
        say(request, account_words.of_access(result))
        if result.webhook is not None:
            for sentence in account_words.of_webhook(result.webhook, webhook_url(request, row)):
                messages.warning(request, sentence)
        others = _other_lines(row, result) if account else []
        if others:
            messages.warning(
                request,
                _("These credentials are for another line: %(lines)s.")
                % {"lines": ", ".join(others)},
            )


def _other_lines(row: Channel, result: AccessResult) -> list[str]:
    """The lines the account has, where the channel's own is not among them."""
    found = [
        shown(row, line.number)
        for line in result.lines or ()
        if line.kind == row.kind and line.number
    ]
    is_another = result.kind is AccessKind.OK and row.line and line_of(row) not in found
    return found if is_another else []


class RegisterWebhook(AccountScreen):
    """“Registrar webhook”: has the provider post what comes in to this channel's address."""

    def ask(self, request: HttpRequest, row: Channel, account: str) -> None:
        if not gateway.registers_webhook(row.adapter):
            messages.error(request, _("On this channel the address is typed at the provider."))
            return
        obstacle = gateway.why_no_webhook(row.adapter)
        if obstacle:
            messages.error(request, obstacle)
            return
        result = gateway.register_webhook(row.adapter, account)
        audit.record(self.user, "webhook_registered", row, result=result.kind)
        say = messages.success if result.ok else messages.error
        say(request, account_words.of_registration(result))


class Search(Screen):
    """“Buscar canais no provedor”: the lines it lists, and what is new, made here."""

    section = Channels
    changes = True

    def post(self, request: HttpRequest) -> HttpResponse:
        result = gateway.check_access()
        audit.record(self.user, "channels_searched", "", result=result.kind)
        if not result.ok:
            messages.error(request, account_words.of_access(result))
        elif result.lines is None:
            messages.warning(request, _why_no_list())
        else:
            found = discovery.apply(LinesReported(gateway.MAIN_ADAPTER, result.lines), by=self.user)
            messages.success(request, " ".join(discovery.sentences(found)))
            for warning in discovery.warnings(found):
                messages.warning(request, warning)
        return redirect(Channels.url())


def _why_no_list() -> str:
    said = (
        _("The API v1 of the provider does not list channels.")
        if store.read(ISOCHATBOT.PROVEDOR_API) == "v1"
        else _("The provider did not list its channels.")
    )
    how = _(
        "Include them here. Those of Messenger, Instagram and Telegram also appear by themselves "
        "with the first message that comes to them."
    )
    return f"{said} {how}"


urls = [
    path(f"{Channels.prefix()}buscar/", Search.as_view(), name="console-canais-search"),
    path(f"{Channels.prefix()}testar,<int:pk>", TestAccess.as_view(), name="console-canais-access"),
    path(
        f"{Channels.prefix()}webhook,<int:pk>",
        RegisterWebhook.as_view(),
        name="console-canais-webhook",
    ),
]
