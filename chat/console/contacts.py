"""Cadastros > Clientes: people with their telephones and other addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from chat import permissions, phones
from chat.console.base import Column, Section, State
from chat.console.forms import Styled, TypedRows, TypedRowsField
from chat.models import Contact, ContactEContact, ContactPhone, EContactType, PhoneType
from chat.services import audit, contacts


class ContactForm(Styled, forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    phones = TypedRowsField(
        PhoneType.objects.all(),
        label=_("Telephones"),
        text_label=_("Number with area code"),
        add_label=_("Add telephone"),
        longest=30,
        kept=phones.kept,
        shown=phones.shown,
        help_text=_("Example: (41) 99999-9999. To take one off, leave its number blank."),
    )
    econtacts = TypedRowsField(
        EContactType.objects.all(),
        label=_("E-contacts"),
        text_label=_("E-mail or name on the network"),
        add_label=_("Add e-contact"),
        longest=255,
        help_text=_("E-mail, or the name the person uses on Telegram, Instagram or Messenger."),
    )

    def clean_phones(self) -> TypedRows:
        """Only what was typed now is judged: other programs write telephones too."""
        known = set(self.initial.get("phones") or ())
        rows: TypedRows = self.cleaned_data["phones"]
        for row in rows:
            if row not in known and not re.fullmatch(r"[0-9]{8,15}", row[1]):
                raise forms.ValidationError(
                    _("“%(text)s” is not a telephone. Type it with the area code.")
                    % {"text": row[1]}
                )
        return rows


def _situation(row: Contact) -> State | str:
    return State(_("Stands for the unknown"), "quiet", "lock") if row.anonymous else ""


class Contacts(Section):
    slug = "contatos"
    title = _("Contacts")
    path = (_("Registers"),)
    lead = _("The people the company knows. Linking a chat adds to these.")
    model = Contact
    form = ContactForm
    columns = (
        Column(_("Name"), "name", "main"),
        Column(
            _("Telephones"),
            lambda row: [phones.shown(one.number) for one in row.phones.all()],
            "lines",
        ),
        Column(_("E-contacts"), lambda row: [one.address for one in row.econtacts.all()], "lines"),
        Column(_("Conversations"), "conversation_count", "number"),
        Column(_("Situation"), _situation, "state"),
    )
    search = ("name",)
    search_label = _("Name, telephone or e-contact")
    ordering = ("-anonymous", "name", "pk")
    new_title = _("New contact")
    saved = _("Contact saved.")
    empty = _("No contact yet.")
    can_remove = True
    list_template = "console/contacts.html"
    form_template = "console/contact.html"

    @classmethod
    def may_edit(cls, user: User, row: Any) -> bool:
        return cls.may_change(user) and not row.anonymous

    @classmethod
    def rows(cls, parent: Any = None) -> QuerySet[Any]:
        counted = super().rows(parent).annotate(conversation_count=Count("conversations"))
        found: QuerySet[Any] = counted.prefetch_related("phones", "econtacts")
        return found

    @classmethod
    def matching(cls, rows: QuerySet[Any], query: Mapping[str, str]) -> QuerySet[Any]:
        text = query.get("q", "").replace("\x00", "").strip()[:200]
        if not text:
            return rows
        theirs = {"contact": OuterRef("pk")}
        handle = text.removeprefix("@") or text
        found = Q(name__icontains=text) | Q(
            Exists(ContactEContact.objects.filter(**theirs, address__icontains=handle))
        )
        for digits in phones.searched(text):
            numbers = ContactPhone.objects.annotate(digits=phones.digits_of("number"))
            found |= Q(Exists(numbers.filter(**theirs, digits__contains=digits)))
        return rows.filter(found)

    @classmethod
    def above(cls, request: HttpRequest, parent: Any = None) -> dict[str, Any]:
        return {"lacks_anonymous": not Contact.objects.filter(anonymous=True).exists()}

    @classmethod
    def make_form(cls, *args: Any, user: User, row: Any, parent: Any, **options: Any) -> Any:
        if row is not None:
            options["initial"] = {
                "name": row.name,
                "phones": TypedRows((one.type_id, one.number) for one in row.phones.all()),
                "econtacts": TypedRows((one.type_id, one.address) for one in row.econtacts.all()),
            }
        return ContactForm(*args, **options)

    @classmethod
    def write(cls, form: Any, row: Any) -> Any:
        return contacts.save(row if row is not None else Contact(), **form.cleaned_data)

    @classmethod
    def obstacle(cls, row: Any) -> Any:
        return contacts.reason_to_keep(row)

    @classmethod
    def remove(cls, row: Any, *, by: User) -> None:
        contacts.remove(row, by=by)

    @classmethod
    def loss(cls, row: Any) -> Any:
        return _("Its telephones and e-contacts go with it. This cannot be undone.")


@require_POST
def make_anonymous(request: HttpRequest) -> HttpResponse:
    """Make the contact “Anônimo” where somebody's database lacks it."""
    user = request.user
    if not permissions.is_person(user):
        return redirect_to_login(Contacts.url())
    if not Contacts.may_change(user):
        raise PermissionDenied
    if not Contact.objects.filter(anonymous=True).exists():
        audit.record(user, "added", Contacts.audit_name(contacts.anonymous()))
    messages.success(request, str(_("The contact “Anônimo” is there.")))
    return redirect(Contacts.url())


anonymous_urls = [
    path(f"{Contacts.prefix()}anonimo/", make_anonymous, name="console-contatos-anonimo")
]
