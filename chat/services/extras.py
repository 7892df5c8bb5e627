"""What an answer brings besides text and file: the message it replies to, a place, cards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat import contents, phones
from chat.errors import BadInput
from chat.models import Channel, Contact, Conversation, Message
from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider import gateway
from provider.channels import FACTS
from provider.contracts import ChannelKind, Extra, Person, Place

MOST_CONTACTS = 10
LONGEST_NAME = 200  # characters, of an address as well

_REFUSALS: dict[Extra, Promise] = {
    Extra.REPLY: gettext_lazy("%(who)s does not take answers to one message in particular."),
    Extra.LOCATION: gettext_lazy("%(who)s does not take locations."),
    Extra.CONTACTS: gettext_lazy("%(who)s does not take contact cards."),
}


@dataclass(frozen=True, slots=True)
class Extras:
    """`reply_to` is the id of a message of the conversation; `contacts` are of the cadastro.

    A place or contacts are sent instead of a text and a file.
    """

    reply_to: int | None = None
    place: Place | None = None
    contacts: tuple[int, ...] = ()

    def are_of(self, message: Message) -> bool:
        """Whether the message was sent with the same."""
        before = Extras(
            message.reply_to_id,
            contents.place_of(message.data),
            tuple(message.data.get("contacts", ())),
        )
        return self == before


NOTHING = Extras()


def carried(channel: Channel) -> frozenset[Extra]:
    """What can be sent on this channel."""
    return gateway.carried(channel.adapter, ChannelKind(channel.kind))


def can_be_answered(message: Message) -> bool:
    """Whether its provider knows the message by a name, where the channel has replies."""
    known = message.external_id
    return bool(known) and gateway.can_answer(message.channel.adapter, str(known))


def answered(conversation: Conversation, extras: Extras) -> Message | None:
    """The message that is replied to. Raises BadInput."""
    if extras.reply_to is None:
        return None
    _check_carried(conversation.identity.channel, Extra.REPLY)
    found = conversation.messages.filter(pk=extras.reply_to).select_related("channel").first()
    if found is None:
        raise BadInput(Extra.REPLY, _("There is no such message in this conversation."))
    if not found.external_id:
        raise BadInput(
            Extra.REPLY,
            _("This message has not been confirmed by the channel, so it cannot be answered yet."),
        )
    if not can_be_answered(found):
        raise BadInput(
            Extra.REPLY, _("The channel has no message to point to here: answer without quoting.")
        )
    return found


def data_of(conversation: Conversation, extras: Extras) -> Iterator[dict[str, Any]]:
    """A place or cards as `Message.data`, message by message. Raises BadInput."""
    channel = conversation.identity.channel
    if extras.place is not None:
        _check_carried(channel, Extra.LOCATION)
        _check_words(extras.place)
        yield contents.described(extras.place, [])
    if extras.contacts:
        _check_carried(channel, Extra.CONTACTS)
        people, most = _people(extras.contacts), gateway.most_people(channel.adapter)
        for at in range(0, len(people), most):
            # Which were asked for, on the first: what a repeat is known by.
            asked = {} if at else {"contacts": list(extras.contacts)}
            yield {**contents.described(None, people[at : at + most]), **asked}


def _check_carried(channel: Channel, extra: Extra) -> None:
    if extra not in carried(channel):
        raise BadInput(extra, _REFUSALS[extra] % {"who": _who_refuses(channel, extra)})


def _who_refuses(channel: Channel, extra: Extra) -> str:
    """The kind of channel, whoever reaches it, or else the provider that does here."""
    if extra not in FACTS[ChannelKind(channel.kind)].extras:
        return str(channel.get_kind_display())
    label = gateway.adapter_labels()[channel.adapter]
    is_old = channel.adapter == gateway.MAIN_ADAPTER and store.read(ISOCHATBOT.PROVEDOR_API) == "v1"
    return f"{label} (API v1)" if is_old else label


def _check_words(place: Place) -> None:
    if max(len(place.name), len(place.address)) > LONGEST_NAME:
        raise BadInput(
            Extra.LOCATION, _("Use up to %(limit)d characters.") % {"limit": LONGEST_NAME}
        )


def _people(asked: tuple[int, ...]) -> list[Person]:
    if len(asked) > MOST_CONTACTS:
        raise BadInput(
            Extra.CONTACTS, _("Send up to %(limit)d contacts at a time.") % {"limit": MOST_CONTACTS}
        )
    rows = Contact.objects.filter(pk__in=asked, anonymous=False).prefetch_related("phones")
    found = {contact.pk: contact for contact in rows}
    return [_card(found.get(code), code) for code in dict.fromkeys(asked)]


def _card(contact: Contact | None, code: int) -> Person:
    """Its name and telephones, and nothing else of what is kept of a person."""
    if contact is None:
        raise BadInput(
            Extra.CONTACTS, _("There is no contact with the code %(code)s.") % {"code": code}
        )
    numbers = numbers_of(contact)
    if not numbers:
        raise BadInput(
            Extra.CONTACTS,
            _("%(name)s has no telephone to send. Add one to the record first.")
            % {"name": contact.name},
        )
    return Person(contact.name, numbers)


def numbers_of(contact: Contact) -> tuple[str, ...]:
    """The telephones its card holds."""
    numbers = (phones.shown(phone.number) for phone in contact.phones.all())
    return tuple(dict.fromkeys(numbers))[: contents.MOST_WAYS]
