"""The cadastro: the anonymous contact, and contacts people write."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from chat.errors import BadInput
from chat.models import (
    Contact,
    ContactEContact,
    ContactPhone,
    EContactType,
    Identity,
    PhoneType,
)
from chat.models.channel import Channel

ANONYMOUS = "Anônimo"


def anonymous() -> Contact:
    """The one contact the unknown belong to until somebody links them."""
    contact, _made = Contact.objects.get_or_create(anonymous=True, defaults={"name": ANONYMOUS})
    return contact


def identity_of(channel: Channel, external_id: str, name: str) -> Identity:
    """The identity of a person on a channel; a new one belongs to the anonymous contact."""
    identity, _made = Identity.objects.get_or_create(
        channel=channel,
        external_id=external_id,
        defaults={"name": name[:200], "contact": anonymous()},
    )
    return identity


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
    if name is not None:
        if name.strip().casefold() in (ANONYMOUS.casefold(), "anonimo"):
            raise BadInput("name", _("There is already a contact “Anônimo”."))
        contact.name = name.strip()
    contact.save()
    if phones is not None:
        _check_types(PhoneType, [code for code, _number in phones], "phones")
        contact.phones.all().delete()
        ContactPhone.objects.bulk_create(
            ContactPhone(contact=contact, type_id=code, number=number)
            for code, number in dict.fromkeys(phones)
        )
    if econtacts is not None:
        _check_types(EContactType, [code for code, _address in econtacts], "econtacts")
        contact.econtacts.all().delete()
        ContactEContact.objects.bulk_create(
            ContactEContact(contact=contact, type_id=code, address=address)
            for code, address in dict.fromkeys(econtacts)
        )
    return contact


def _check_types(
    model: type[PhoneType] | type[EContactType], codes: Sequence[int], field: str
) -> None:
    known = set(model.objects.filter(pk__in=codes).values_list("pk", flat=True))
    for code in codes:
        if code not in known:
            raise BadInput(field, _("There is no type with the code %(code)s.") % {"code": code})
