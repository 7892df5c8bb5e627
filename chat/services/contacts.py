"""The cadastro: the anonymous contact, and contacts people write."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from chat.bot.engine import plain
from chat.errors import BadInput, Text
from chat.models import (
    Contact,
    ContactEContact,
    ContactPhone,
    EContactType,
    PhoneType,
)
from chat.services import audit
from chat.services.held import hold

ANONYMOUS = "Anônimo"


def anonymous() -> Contact:
    """The one contact the unknown belong to until somebody links them."""
    contact, _made = Contact.objects.get_or_create(anonymous=True, defaults={"name": ANONYMOUS})
    return contact


@transaction.atomic
def save(
    contact: Contact,
    *,
    name: str | None = None,
    phones: Sequence[tuple[int, str]] | None = None,
    econtacts: Sequence[tuple[int, str]] | None = None,
) -> Contact:
    """Write a contact; a list replaces what was there, None leaves it. Raises BadInput."""
    if contact.anonymous:
        raise BadInput(
            "name", _("The contact “Anônimo” stands for the unknown and stays as it is.")
        )
    hold(contact, "name")
    if name is not None:
        check_name(name)
        contact.name = name.strip()
    contact.save()
    if phones is not None:
        _check_types(PhoneType, [code for code, _number in phones], "phones")
        new = dict.fromkeys(phones)
        # A row that stays is the same row: an undo of Vincular takes back the one it added.
        for phone in contact.phones.all():
            if new.pop((phone.type_id, phone.number), phone) is phone:
                phone.delete()
        ContactPhone.objects.bulk_create(
            ContactPhone(contact=contact, type_id=code, number=number) for code, number in new
        )
    if econtacts is not None:
        _check_types(EContactType, [code for code, _address in econtacts], "econtacts")
        others = dict.fromkeys(econtacts)
        for econtact in contact.econtacts.all():
            if others.pop((econtact.type_id, econtact.address), econtact) is econtact:
                econtact.delete()
        check_addresses(others)
        ContactEContact.objects.bulk_create(
            ContactEContact(contact=contact, type_id=code, address=address)
            for code, address in others
        )
    return contact


def check_name(name: str) -> None:
    """Raises BadInput for the name of the one contact that stands for the unknown."""
    if name.strip().casefold() in (ANONYMOUS.casefold(), "anonimo"):
        raise BadInput("name", _("There is already a contact “Anônimo”."))


def check_addresses(rows: Collection[tuple[int, str]]) -> None:
    """Raises BadInput for what is no e-mail where the type's description says it is one."""
    types = EContactType.objects.in_bulk([code for code, _address in rows])
    for code, address in rows:
        if plain(types[code].description) not in ("e mail", "email"):
            continue
        try:
            validate_email(address)
        except ValidationError as error:
            sentence = _("“%(text)s” is not an e-mail address, like ana@example.com.")
            raise BadInput("econtacts", sentence % {"text": address}) from error


def reason_to_keep(contact: Contact) -> Text:
    """Why a contact cannot be removed; empty where it can."""
    if contact.anonymous:
        return _("The contact “Anônimo” stands for the unknown and stays as it is.")
    if contact.conversations.exists() or contact.identities.exists():
        return _("This contact has conversations, which would be left without anybody.")
    return ""


@transaction.atomic
def remove(contact: Contact, *, by: User) -> None:
    """Remove a contact nobody has written as. Raises BadInput."""
    reason = reason_to_keep(contact)
    if reason:
        raise BadInput("name", reason)
    audit.record(by, "removed", f"{Contact._meta.verbose_name}: {contact}")
    contact.delete()


def _check_types(
    model: type[PhoneType] | type[EContactType], codes: Sequence[int], field: str
) -> None:
    known = set(model.objects.filter(pk__in=codes).values_list("pk", flat=True))
    for code in codes:
        if code not in known:
            raise BadInput(field, _("There is no type with the code %(code)s.") % {"code": code})
