"""The part of a channel's form where its own credentials are typed, and its address for them."""

from __future__ import annotations

from typing import Any, NamedTuple

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from chat.models import Channel
from parameters import store
from provider import gateway

LONGEST = 4096


class Group(NamedTuple):
    """The fields one provider asks for."""

    adapter: str
    label: str
    fields: list[forms.BoundField]


class WithCredentials(forms.Form):
    """Mix in before a form: a field for each name each provider keeps with a channel.

    What is kept is never shown: a field tells its last four, and left blank it keeps its value.
    """

    def __init__(self, *args: Any, row: Channel | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.row = row
        self.given: dict[str, str] = {}
        for adapter in gateway.adapter_labels():
            held = self._held(adapter)
            for name in gateway.credential_names(adapter):
                self.fields[_field(adapter, name)] = _secret(name, held.get(name, ""))

    def _held(self, adapter: str) -> dict[str, str]:
        if self.row is None or self.row.adapter != adapter:
            return {}
        return gateway.kept_credentials(adapter, self.row.key)

    @property
    def groups(self) -> list[Group]:
        labels = sorted(gateway.adapter_labels().items(), key=lambda pair: pair[1].casefold())
        return [
            Group(slug, label, [self[_field(slug, name)] for name in names])
            for slug, label in labels
            if (names := gateway.credential_names(slug))
        ]

    @property
    def ordinary(self) -> list[forms.BoundField]:
        """The fields that are there whatever the provider."""
        own = {field.name for group in self.groups for field in group.fields}
        return [self[name] for name in self.fields if name not in own]

    def check_credentials(self, adapter: str) -> None:
        """What was typed for the chosen provider; all that it needs, or nothing yet."""
        if adapter not in gateway.adapter_labels():
            return
        names, held = gateway.credential_names(adapter), self._held(adapter)
        typed = {name: self.cleaned_data.get(_field(adapter, name), "") for name in names}
        self.given = {name: value for name, value in typed.items() if value}
        if not self.given:
            return
        for name, value in self.given.items():
            if problem := gateway.credential_problem(name, value.strip()):
                self.add_error(_field(adapter, name), problem)
        for name in gateway.required_credentials(adapter):
            field = _field(adapter, name)
            if not self.given.get(name) and not held.get(name) and field not in self.errors:
                self.add_error(field, _("Fill in this one too."))


def _field(adapter: str, name: str) -> str:
    return f"{adapter}-{name}"


def _secret(name: str, held: str) -> forms.CharField:
    kept = _("Kept: %(mask)s. Left blank, it stays.") % {"mask": store.mask(held)} if held else ""
    hints = (gateway.credential_help(name), kept)
    widget = forms.PasswordInput(
        attrs={"autocomplete": "new-password", "class": "form-control"}, render_value=False
    )
    return forms.CharField(
        label=gateway.credential_label(name),
        required=False,
        max_length=LONGEST,
        widget=widget,
        help_text=" ".join(hint for hint in hints if hint),
    )


def webhook_url(request: HttpRequest, row: Channel) -> str:
    """Where the provider posts what comes in on this channel; empty where it shares an address."""
    if not gateway.credential_names(row.adapter):
        return ""
    where = reverse("webhook-channel", args=[row.adapter, row.key])
    base = settings.ISOBOT_PUBLIC_URL
    return f"{base}{where}" if base else request.build_absolute_uri(where)


def webhook_of(request: HttpRequest, row: Channel) -> dict[str, Any]:
    """What a channel's page says of its webhook: the address, and how the provider learns it."""
    names = gateway.credential_names(row.adapter)
    registers = bool(names) and gateway.registers_webhook(row.adapter)
    return {
        "webhook_url": webhook_url(request, row),
        "registers_webhook": registers,
        "why_no_webhook": gateway.why_no_webhook(row.adapter) if registers else "",
        "asks_verify_token": "verify_token" in names,
        "webhook_fields": ", ".join(gateway.webhook_fields(row.adapter)) if names else "",
    }
