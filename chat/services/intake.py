"""Everything that comes from providers: messages, echoes of messages, statuses."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from chat import person_names
from chat.models import Channel, Conversation, Identity, Message
from chat.models.conversation import Status
from chat.services import (
    bots,
    channels,
    classifications,
    conversations,
    discovery,
    identities,
    messages,
)
from provider.accounts import LinesReported
from provider.channels import written_ids
from provider.contracts import (
    MAX_ID,
    Applied,
    EchoMessage,
    InboundMessage,
    Outcome,
    PersonMoved,
    Reason,
    Refused,
    StatusUpdate,
)
from provider.inbox import InboxEvent


def receive(event: InboxEvent) -> Outcome:
    """Apply one event; applying it again changes nothing."""
    match event:
        case InboundMessage():
            name = person_names.clean(event.contact_name)
            return _received(replace(event, contact_name=name))
        case EchoMessage():
            name = person_names.clean(event.author_name)
            return _elsewhere(replace(event, author_name=name))
        case PersonMoved():
            return _moved(event)
        case StatusUpdate():
            return messages.apply_update(event)
        case LinesReported():
            discovery.apply(event)
            return Applied()


@transaction.atomic(savepoint=False)
def _received(event: InboundMessage) -> Outcome:
    channel = _channel_of(event)
    if isinstance(channel, Refused):
        return channel
    if channel.line in written_ids(event.line.kind, event.contact_id):
        return Refused(Reason.OWN_NUMBER)
    if Message.objects.filter(channel=channel, external_id=event.external_id).exists():
        return Applied()
    identity = identities.of(channel, event)
    conversation = identities.open_conversation(identity)
    if conversation is None or not _kept(conversation, event):
        _kept(_opened(identity, channel).pk, event)
    return Applied()


def _kept(conversation: int, event: InboundMessage) -> bool:
    """Keep a message in this conversation, unless that was closed while it was waited for."""
    with conversations.changing(conversation) as current:
        if current.status == Status.CLOSED:
            return False
        message = messages.store_inbound(current, event)
        if current.status == Status.BOT:
            bots.turn(current, message, event.button_payload)
        elif current.status == Status.ON_HOLD:
            conversations.customer_wrote(current)
    return True


def _channel_of(event: InboundMessage | EchoMessage | PersonMoved) -> Channel | Refused:
    ids = (event.external_id, event.line.line, event.line.reference, *_people(event))
    if any(len(value) > MAX_ID for value in ids):
        return Refused(Reason.TOO_LONG)
    return channels.receiving(event.line)


def _people(event: InboundMessage | EchoMessage | PersonMoved) -> tuple[str, ...]:
    if isinstance(event, PersonMoved):
        return (*event.gone, *event.ids)
    return (event.contact_id, *event.aliases)


def _opened(identity: Identity, channel: Channel) -> Conversation:
    """A new conversation: the bot's, or straight to people where the bot has no classification."""
    for_bot = classifications.for_bot(channel.menu)
    if for_bot is not None:
        return conversations.open_for(
            identity, status=Status.BOT, classification=for_bot, why="first_message"
        )
    return conversations.open_for(
        identity, status=Status.WAITING, classification=None, why="no_bot_classification"
    )


@transaction.atomic(savepoint=False)
def _elsewhere(event: EchoMessage) -> Outcome:
    """A message written on the provider's console: shown, but it opens and answers nothing."""
    channel = _channel_of(event)
    if isinstance(channel, Refused):
        return channel
    if Message.objects.filter(channel=channel, external_id=event.external_id).exists():
        return Applied()
    identity = identities.known(channel, (event.contact_id, *event.aliases))
    conversation = identities.open_conversation(identity) if identity is not None else None
    if conversation is None:
        return Refused(Reason.NO_CONVERSATION)
    with conversations.changing(conversation) as current:
        if current.status == Status.CLOSED:
            return Refused(Reason.NO_CONVERSATION)
        messages.store_elsewhere(current, event)
    return Applied()


@transaction.atomic(savepoint=False)
def _moved(event: PersonMoved) -> Outcome:
    """Somebody has another number, or another id: the conversation goes on with the same person."""
    channel = _channel_of(event)
    if isinstance(channel, Refused):
        return channel
    identity = identities.of_notice(channel, event)
    if identity is None:
        return Refused(Reason.NOTICE)
    identities.move(identity, event)
    return Applied()
