"""Supervisor > Chat > Templates: those of the provider, their state, and registering more."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat.console.base import Column, Filter, Section, State
from chat.console.forms import Styled
from chat.console.screens import AddScreen, RemoveScreen, Screen
from chat.errors import BadInput, NotAllowed
from chat.services import templates
from provider.models import MessageTemplate

STATES = {
    MessageTemplate.State.PENDING: State(_("Waiting for approval"), "warn", "clock"),
    MessageTemplate.State.APPROVED: State(_("Approved"), "good", "circle-check"),
    MessageTemplate.State.REJECTED: State(_("Rejected"), "bad", "alert-circle"),
    MessageTemplate.State.UNUSABLE: State(_("Cannot be sent"), "quiet", "player-pause"),
}
LANGUAGES = (("pt_BR", _("Portuguese (Brazil)")), ("en_US", _("English")), ("es_ES", _("Spanish")))
CATEGORIES = (
    ("UTILITY", _("Utility: about something the customer asked for")),
    ("MARKETING", _("Marketing: offers and news")),
    ("AUTHENTICATION", _("Authentication: codes")),
)


def _account_choices() -> list[tuple[str, str]]:
    return [(":".join(account), str(account)) for account in templates.accounts()]


class TemplateForm(Styled, forms.Form):
    account = forms.ChoiceField(label=_("Account"), choices=_account_choices)
    name = forms.CharField(
        label=_("Name"),
        max_length=512,
        help_text=_("Small letters without accents, digits and _. Example: boas_vindas_1."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    category = forms.ChoiceField(label=_("Category"), choices=CATEGORIES)
    header = forms.CharField(label=_("Header"), max_length=templates.MAX_HEADER, required=False)
    body = forms.CharField(
        label=_("Text"),
        max_length=templates.MAX_BODY,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Write ${nome} where each customer's own value goes; any name will do."),
    )
    footer = forms.CharField(label=_("Footer"), max_length=templates.MAX_FOOTER, required=False)
    buttons = forms.CharField(
        label=_("Buttons"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line, up to three, of up to 20 characters each."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if len(_account_choices()) == 1:
            del self.fields["account"]

    def clean_account(self) -> templates.Account:
        adapter, _colon, channel_key = self.cleaned_data["account"].partition(":")
        return templates.Account(adapter, channel_key)

    def clean_buttons(self) -> tuple[str, ...]:
        lines = self.cleaned_data["buttons"].splitlines()
        return tuple(line.strip() for line in lines if line.strip())


class Templates(Section):
    slug = "templates"
    title = _("Templates")
    path = ("Supervisor", "Chat")
    lead = _("Texts WhatsApp approves beforehand: they may be sent after the 24 hours.")
    model = MessageTemplate
    form = TemplateForm
    page_template = "console/template.html"
    list_template = "console/templates.html"
    columns = (
        Column(_("Name"), "name", "main"),
        Column(_("Language"), "language"),
        Column(_("Account"), lambda row: str(templates.account_of(row))),
        Column(_("Situation"), lambda row: STATES[row.state], "state"),
        Column(_("What the provider said"), "note"),
    )
    search = ("name", "body")
    search_label = _("Name or text")
    filters = (Filter("situacao", _("Situation"), lambda: MessageTemplate.State.choices, "state"),)
    ordering = ("name", "language")
    new_title = _("New template")
    save_label = _("Send for approval")
    saved = _("Template sent for approval.")
    empty = _("No template yet.")
    empty_action = _("Include the first template")
    can_remove = True

    @classmethod
    def open_url(cls, row: Any, parent: Any = None) -> str:
        return cls.url("view", row)

    @classmethod
    def loss(cls, row: Any) -> Any:
        return _("It is removed at the provider too, in all its languages. This cannot be undone.")

    @classmethod
    def urls(cls, **views: Any) -> list[URLPattern]:
        """A template is never edited: one more is registered."""
        prefix = cls.prefix()
        return [
            path(prefix, views["list"].as_view(section=cls), name="console-templates"),
            path(f"{prefix}incluir/", AddTemplate.as_view(), name="console-templates-add"),
            path(f"{prefix}atualizar/", Refresh.as_view(), name="console-templates-refresh"),
            path(f"{prefix}ver,<int:pk>", View.as_view(), name="console-templates-view"),
            path(f"{prefix}excluir,<int:pk>", Remove.as_view(), name="console-templates-remove"),
        ]


class View(Screen):
    """One template as the customer will read it."""

    section = Templates

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.row(pk)
        context = self.context(
            row=row,
            heading=row.name,
            state=STATES[row.state],
            category=dict(CATEGORIES).get(row.category, row.category),
            text=templates.rendered(row, {}),
            account=templates.account_of(row),
            variables=templates.variables(row),
            remove_url=self.remove_url(row),
        )
        return render(request, Templates.page_template, context)


class AddTemplate(AddScreen):
    """The provider is asked, so nothing here is inside a transaction."""

    section = Templates

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        form = TemplateForm(request.POST)
        if form.is_valid():
            try:
                row = templates.register(by=self.user, **form.cleaned_data)
            except BadInput as error:
                form.add_error(error.field, str(error.detail))
            else:
                messages.success(request, str(Templates.saved))
                return redirect(Templates.url("view", row))
        return self.page(request, form, None, status=400)


class Refresh(Screen):
    """“Atualizar lista”: what the provider lists now."""

    section = Templates
    changes = True

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            templates.refresh(by=self.user)
        except NotAllowed as error:
            messages.error(request, str(error.detail))
        else:
            messages.success(request, gettext("The list is up to date."))
        return redirect(Templates.url())


class Remove(RemoveScreen):
    """Asks first; the provider is told outside of any transaction."""

    section = Templates

    def post(self, request: HttpRequest, pk: int, **_kwargs: Any) -> HttpResponse:
        row = self.row(pk)
        if not Templates.may_change(self.user):
            raise PermissionDenied
        try:
            templates.remove(row, by=self.user)
        except NotAllowed as error:
            messages.error(request, str(error.detail))
        else:
            messages.success(request, gettext("“%(name)s” was removed.") % {"name": row.name})
        return redirect(Templates.url())
