"""Supervisor > Chat > Canais: the lines people write to, and the menu that answers on each."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chat import phones
from chat.console.base import ACTIVE, BY_ACTIVE, Column, Filter, Section, State
from chat.console.channel_credentials import WithCredentials, webhook_of
from chat.console.forms import Styled
from chat.models import Channel, Menu
from chat.services import channels
from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider import gateway
from provider.channels import FACTS
from provider.contracts import ChannelKind

# The icons of templates/chat/_channel_icon.html.
ICONS = {"whatsapp": "phone", "messenger": "bolt", "instagram": "camera", "telegram": "send"}
PHONE = ISOCHATBOT.PROVEDOR_PHONE


def _adapters() -> list[tuple[str, str]]:
    return sorted(gateway.adapter_labels().items(), key=lambda pair: pair[1].casefold())


class ChannelForm(WithCredentials, Styled, forms.Form):
    kind = forms.ChoiceField(
        label=_("Type"), choices=lambda: [("", _("Choose…")), *Channel.Kind.choices]
    )
    line = forms.CharField(
        label=_("Line"),
        required=False,
        max_length=255,
        help_text=_(
            "WhatsApp: the number with country and area codes, like +55 (41) 99999-9999. "
            "Messenger and Instagram: the id of the page or account. "
            "Telegram: the id of the bot; left blank, it is taken from the bot's token."
        ),
    )
    adapter = forms.ChoiceField(label=_("Provider"), choices=_adapters)
    menu = forms.ModelChoiceField(
        Menu.objects.all(),
        label=_("Menu"),
        empty_label=None,
        help_text=_("The menubot that answers who writes on this channel."),
    )
    active = forms.BooleanField(
        label=_("Active"),
        required=False,
        help_text=_("What arrives on an inactive channel is kept, and nobody is served."),
    )
    key = forms.SlugField(
        label=_("Key"),
        required=False,
        max_length=50,
        help_text=_("Its name in addresses. Left blank, it is made from the type."),
    )

    def __init__(self, *args: Any, row: Channel | None = None, **options: Any) -> None:
        super().__init__(*args, row=row, **options)
        if row is None:
            return
        if follows_phone(row):
            self.fields["line"].disabled = True
            self.fields["line"].help_text = _(
                "This line follows PROVEDOR_PHONE: change it in the parameter ISOCHATBOT."
            )
        self.fields["key"].disabled = True
        self.fields["key"].help_text = _("Its name in addresses, which stays.")
        if row.identities.exists():
            for name in ("kind", "adapter"):
                self.fields[name].help_text = _(
                    "People have already written on this channel, so it stays. "
                    "For another one, include a new channel."
                )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("kind") == ChannelKind.WHATSAPP:
            values["line"] = phones.kept(values.get("line", ""))
        self.check_credentials(values.get("adapter", ""))
        return values


def follows_phone(row: Channel) -> bool:
    ours = row.adapter == channels.MAIN_ADAPTER and row.kind == ChannelKind.WHATSAPP
    return ours and bool(row.line) and row.line == store.read(PHONE)


def line_of(row: Channel) -> str:
    """Its line as people read it; empty where it has none."""
    return shown(row, row.line)


def shown(row: Channel, line: str) -> str:
    """A line of this kind of channel as people read it."""
    return phones.shown(line) if FACTS[ChannelKind(row.kind)].id_is_phone else line


def _origin(row: Channel) -> State | str:
    return State(_("Discovered"), "quiet", "info-circle") if row.discovered else ""


class Channels(Section):
    slug = "canais"
    title = _("Channels")
    path = ("Supervisor", "Chat")
    lead = _("The lines people write to, and the menu that answers on each of them.")
    model = Channel
    form = ChannelForm
    related = ("menu",)
    columns = (
        Column(
            _("Type"), lambda row: State(row.get_kind_display(), "plain", ICONS[row.kind]), "state"
        ),
        Column(_("Line"), lambda row: line_of(row) or row.key, "main"),
        Column(_("Provider"), lambda row: gateway.adapter_labels().get(row.adapter, row.adapter)),
        Column(_("Menu"), "menu.name"),
        Column(_("Last message received"), "last_inbound_at", "moment"),
        Column(_("Origin"), _origin, "state"),
        ACTIVE,
    )
    search = ("line", "key", "menu__name")
    search_label = _("Line, key or menu")
    filters = (Filter("tipo", _("Type"), lambda: Channel.Kind.choices, "kind"), BY_ACTIVE)
    ordering = ("kind", "key")
    new_title = _("New channel")
    saved = _("Channel saved.")
    empty = _("No channel yet. PROVEDOR_PHONE and the first message of each network make them too.")
    form_template = "console/channel.html"
    list_template = "console/channels.html"

    @classmethod
    def rows(cls, parent: Any = None) -> QuerySet[Any]:
        last = Max("identities__last_inbound_at")
        found: QuerySet[Any] = super().rows(parent).annotate(last_inbound_at=last)
        return found

    @classmethod
    def heading(cls, row: Any) -> str:
        return f"{row.get_kind_display()} {line_of(row) or row.key}"

    @classmethod
    def beside(cls, request: HttpRequest, row: Any, parent: Any = None) -> dict[str, Any]:
        others = _crowded(row) if row is not None else []
        return {
            "crowded": [(cls.url("edit", one), cls.heading(one)) for one in others],
            **(webhook_of(request, row) if row is not None else {}),
        }

    @classmethod
    def make_form(cls, *args: Any, user: User, row: Any, parent: Any, **options: Any) -> Any:
        if row is None:
            initial = {"menu": channels.default_menu().pk, "active": True}
        else:
            names = ("kind", "line", "adapter", "active", "key")
            initial = {"menu": row.menu_id, **{name: getattr(row, name) for name in names}}
        return ChannelForm(*args, row=row, initial=initial, **options)

    @classmethod
    def save(cls, form: Any, *, by: User, row: Any, parent: Any = None) -> Any:
        names = ("kind", "line", "adapter", "active", "key")
        values = {name: form.cleaned_data[name] for name in names}
        values |= {"menu": form.cleaned_data["menu"].pk, "credentials": form.given or None}
        held = Channel() if row is None else Channel.objects.get(pk=row.pk)
        return channels.save(held, by=by, **values)

    @classmethod
    def done(cls, form: Any, saved: Any) -> Any:
        if saved.active:
            return cls.saved
        return _("Channel saved. While it is inactive, nobody gets what customers write to it.")


def _crowded(row: Channel) -> list[Channel]:
    """The channels of this kind that share the menu, where each number ought to have its own."""
    if row.kind not in (ChannelKind.WHATSAPP, ChannelKind.TELEGRAM):
        return []
    return list(Channel.objects.filter(kind=row.kind, menu=row.menu).exclude(pk=row.pk))
