"""Vincular: saying which contact of the cadastro writes, exactly undoable."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import permissions
from chat.errors import BadInput, Conflict, NotAllowed
from chat.models import (
    Contact,
    ContactEContact,
    ContactLink,
    ContactPhone,
    Conversation,
    EContactType,
    Identity,
    PhoneType,
)
from chat.models.conversation import OWNED
from chat.services import contacts, conversations, identities
from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider.channels import FACTS, written_ids
from provider.contracts import ChannelKind

# As long as a contact's telephone can be; a WhatsApp user without one has another kind of id.
PHONE = r"[0-9]{1,30}"


@dataclass(frozen=True, slots=True)
class Addition:
    """What linking writes into a contact: `why` is the code of its sentence in `chat.trace`."""

    value: str
    why: str
    type: PhoneType | EContactType | None = None

    @property
    def is_written(self) -> bool:
        return self.type is not None


def link(conversation_id: int, contact_id: int, *, by: User) -> Conversation:
    """Link the conversation's person to a contact and add their address to it.

    A link to another contact is undone first; the same contact again changes nothing.
    Raises BadInput, Conflict or NotAllowed.
    """
    with transaction.atomic():
        _hold(conversation_id)
        with conversations.changing(conversation_id) as conversation:
            check_may(conversation, by)
            contact = Contact.objects.filter(pk=contact_id).first()
            if contact is None or contact.anonymous:
                raise BadInput("contact", _("There is no customer record with this number."))
            if conversation.contact_id != contact.pk:
                _link(conversation, contact, by=by)
    return conversation


def _link(conversation: Conversation, contact: Contact, *, by: User) -> None:
    standing = of(conversation)
    following: Sequence[int] = ()
    if standing is not None and standing.contact_id != contact.pk:
        following = _undo(standing, conversation, by=by)
        standing = None
    addition = planned(conversation.identity, contact)
    if standing is None:
        _write(conversation, contact, addition, by=by)
    _move_contact(conversation, contact)
    _move_others(following, contact)
    data = {"contact": contact.name}
    conversations.record(conversation, "link", why=addition.why, by=by, data=data)


def link_new(conversation_id: int, name: str, *, by: User) -> Conversation:
    """Link to a contact made on the spot. Raises what `link` does; then no contact is made."""
    name = name.strip()
    if not name or len(name) > 200:
        raise BadInput("name", _("A name has between 1 and %(limit)d characters.") % {"limit": 200})
    with transaction.atomic():
        contact = contacts.save(Contact(), name=name)
        conversation = link(conversation_id, contact.pk, by=by)
        ContactLink.objects.filter(contact=contact).update(made_contact=True)
        return conversation


def unlink(conversation_id: int, *, by: User) -> Conversation:
    """Take a link back: the contact before, and what was added as long as it is as it was."""
    with transaction.atomic():
        _hold(conversation_id)
        with conversations.changing(conversation_id) as conversation:
            check_may(conversation, by)
            found = of(conversation)
            if found is None or found.contact_id != conversation.contact_id:
                raise Conflict(_("This conversation is not linked."), conversation)
            _undo(found, conversation, by=by)
    return conversation


def of(conversation: Conversation) -> ContactLink | None:
    """The link of the conversation's person that has not been undone."""
    return (
        ContactLink.objects.select_related("contact", "previous", "phone", "econtact")
        .filter(identity=conversation.identity_id, undone_at__isnull=True)
        .first()
    )


def is_linked(conversation: Conversation) -> bool:
    """Whether `unlink` would find something to undo."""
    found = of(conversation)
    return found is not None and found.contact_id == conversation.contact_id


def planned(identity: Identity, contact: Contact | None) -> Addition:
    """What linking this person to a contact (None is a new one) adds, or why it adds nothing."""
    value = identity.external_id
    if not identity.is_reachable:
        return Addition(value, "no_address")
    kind = ChannelKind(identity.channel.kind)
    if FACTS[kind].id_is_phone and re.fullmatch(PHONE, value):
        phones = contact.phones.all() if contact else ()
        if any(re.sub(r"\D", "", phone.number) in written_ids(kind, value) for phone in phones):
            return Addition(value, "already_there")
        code = store.read(ISOCHATBOT.TIPO_TELEFONE) or 0
        type_of_phone = PhoneType.objects.filter(pk=code).first()
        return Addition(value, "phone_added" if type_of_phone else "no_phone_type", type_of_phone)
    econtacts = contact.econtacts.all() if contact else ()
    if any(econtact.address.strip() == value for econtact in econtacts):
        return Addition(value, "already_there")
    code = store.read(ISOCHATBOT.TIPO_ECONTACT) or 0
    type_of_econtact = EContactType.objects.filter(pk=code).first()
    why = "econtact_added" if type_of_econtact else "no_econtact_type"
    return Addition(value, why, type_of_econtact)


def _hold(conversation_id: int) -> None:
    """Write the conversation's identity, so that it is held, as intake does: before the
    conversation, and one who links at a time."""
    Identity.objects.filter(conversations=conversation_id).update(contact=F("contact"))


def check_may(conversation: Conversation, by: User) -> None:
    """Raises unless `by` may link the conversation and undo its link."""
    if permissions.may_link(by, conversation):
        return
    if conversation.status in OWNED:
        raise Conflict(conversations.refused(conversation), conversation)
    raise NotAllowed(_("Assume the conversation first."))


def _write(conversation: Conversation, contact: Contact, addition: Addition, *, by: User) -> None:
    added = ContactLink(
        conversation=conversation,
        identity=conversation.identity,
        contact=contact,
        previous_id=conversation.identity.contact_id,
        by=by,
        at=timezone.now(),
    )
    if isinstance(addition.type, PhoneType):
        added.phone = ContactPhone.objects.create(
            contact=contact, type=addition.type, number=addition.value
        )
    elif addition.type is not None:
        added.econtact = ContactEContact.objects.create(
            contact=contact, type=addition.type, address=addition.value
        )
    added.save()
    Identity.objects.filter(pk=added.identity_id).update(contact=contact)


def _undo(link: ContactLink, conversation: Conversation, *, by: User) -> list[int]:
    """Take everything of a link back; the other conversations it had reached."""
    theirs = identities.every_id(conversation.identity)
    if link.phone is not None and link.phone.number in theirs:
        link.phone.delete()
    if link.econtact is not None and link.econtact.address in theirs:
        link.econtact.delete()
    link.phone = link.econtact = None
    link.undone_at = timezone.now()
    link.save()
    previous = link.previous
    conversation.identity.contact = previous
    Identity.objects.filter(pk=link.identity_id).update(contact=previous)
    reached = Conversation.objects.filter(identity=link.identity_id, contact=link.contact_id)
    others = list(reached.exclude(pk=conversation.pk).values_list("pk", flat=True))
    _move_others(others, previous)
    if conversation.contact_id == link.contact_id:
        _move_contact(conversation, previous)
    data = {"contact": link.contact.name}
    conversations.record(conversation, "unlink", why="person", by=by, data=data)
    if link.made_contact:
        _remove_unused(link, by=by)
    return others


def _remove_unused(link: ContactLink, *, by: User) -> None:
    """The contact made only to be linked to, unless it has become of use to somebody."""
    contact = link.contact
    others = ContactLink.objects.filter(Q(contact=contact) | Q(previous=contact))
    is_used = others.exclude(pk=link.pk).exists() or contact.phones.exists()
    if not (is_used or contact.econtacts.exists() or contacts.reason_to_keep(contact)):
        contacts.remove(contact, by=by)


def _move_contact(conversation: Conversation, contact: Contact) -> None:
    conversation.contact = contact
    conversation.save(update_fields=["contact"])


def _move_others(conversation_ids: Sequence[int], contact: Contact) -> None:
    for pk in conversation_ids:
        with conversations.changing(pk) as other:
            _move_contact(other, contact)
