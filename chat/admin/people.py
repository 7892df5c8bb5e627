"""Contacts and profiles in the administration, with the rules of the cadastro."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django.contrib import admin
from django.db.models import ForeignKey
from django.http import HttpRequest
from django.utils.translation import gettext as _

from chat.errors import BadInput
from chat.models import (
    Contact,
    ContactEContact,
    ContactPhone,
    EContactType,
    PhoneType,
    Profile,
)
from chat.services import contacts
from parameters.admin_base import Admin, Form


@admin.register(PhoneType, EContactType)
class TypeAdmin(Admin):
    list_display = ["code", "description"]
    search_fields = ["=code", "description"]


class ContactForm(Form):
    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        try:
            contacts.check_name(name)
        except BadInput as error:
            self.add_error("name", str(error.detail))
        return name


class Phones(admin.TabularInline):  # type: ignore[type-arg]
    model = ContactPhone
    form = Form
    extra = 0


class EContactForm(Form):
    def clean(self) -> dict[str, Any]:
        data = dict(super().clean() or {})
        kind, address = data.get("type"), data.get("address")
        if kind is not None and address and {"type", "address"} & set(self.changed_data):
            try:
                contacts.check_addresses([(kind.pk, str(address))])
            except BadInput as error:
                self.add_error("address", str(error.detail))
        return data


class EContacts(admin.TabularInline):  # type: ignore[type-arg]
    model = ContactEContact
    form = EContactForm
    extra = 0


@admin.register(Contact)
class ContactAdmin(Admin):
    form = ContactForm
    list_display = ["name", "anonymous", "created_at"]
    list_filter = ["anonymous"]
    search_fields = ["name", "phones__number", "econtacts__address"]
    date_hierarchy = "created_at"
    fields = ["name"]
    inlines = [Phones, EContacts]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """“Anônimo” stands for the unknown and stays as it is."""
        return super().has_change_permission(request, obj) and not (obj and obj.anonymous)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.anonymous)


class OfContact(Admin):
    list_filter = ["type"]
    list_select_related = ["contact", "type"]
    autocomplete_fields = ["contact"]

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **options: Any
    ) -> Any:
        if db_field.name == "contact":
            options["queryset"] = Contact.objects.filter(anonymous=False)
        return super().formfield_for_foreignkey(db_field, request, **options)


@admin.register(ContactPhone)
class ContactPhoneAdmin(OfContact):
    list_display = ["number", "type", "contact"]
    search_fields = ["number", "contact__name"]


@admin.register(ContactEContact)
class ContactEContactAdmin(OfContact):
    form = EContactForm
    list_display = ["address", "type", "contact"]
    search_fields = ["address", "contact__name"]


class ProfileForm(Form):
    def clean_time_zone(self) -> str:
        zone = str(self.cleaned_data["time_zone"])
        if zone and zone not in available_timezones():
            self.add_error("time_zone", _("There is no such zone. Type it like America/Sao_Paulo."))
        return zone


@admin.register(Profile)
class ProfileAdmin(Admin):
    form = ProfileForm
    list_display = ["user", "language", "time_zone"]
    list_filter = ["language"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    autocomplete_fields = ["user"]
