"""Everything that comes from providers: messages, echoes of messages, statuses."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from chat.models import Channel, Conversation, Identity, Message
from chat.models.conversation import Status
from chat.services import bots, channels, classifications, contacts, conversations, messages
from provider.contracts import (
    MAX_ID,
    Applied,
    EchoMessage,
    InboundMessage,
    InboxEvent,
    Outcome,
    Reason,
    Refused,
    StatusUpdate,
)


def receive(event: InboxEvent) -> Outcome:
    """Apply one event; applying it again changes nothing."""
    match event:
        case InboundMessage():
            return _received(event)
        case EchoMessage():
            return _elsewhere(event)
        case StatusUpdate():
            return messages.apply_update(event)


@transaction.atomic
def _received(event: InboundMessage) -> Outcome:
    channel = _channel_of(event)
    if isinstance(channel, Refused):
        return channel
    if event.contact_id == channel.line:
        return Refused(Reason.OWN_NUMBER)
    if Message.objects.filter(channel=channel, external_id=event.external_id).exists():
        return Applied()
    identity = _refreshed(
        contacts.identity_of(channel, event.contact_id, event.contact_name), event
    )
    conversation = identity.conversations.exclude(status=Status.CLOSED).first()
    if conversation is None:
        conversation = _opened(identity, channel)
    with conversations.changing(conversation.pk) as current:
        message = messages.store_inbound(current, event)
        if current.status == Status.BOT:
            bots.turn(current, message, event.button_payload)
        elif current.status == Status.ON_HOLD:
            conversations.resume(current, why="customer_wrote")
    return Applied()


def _channel_of(event: InboundMessage | EchoMessage) -> Channel | Refused:
    ids = (event.external_id, event.contact_id, event.line.line, event.line.reference)
    if any(len(value) > MAX_ID for value in ids):
        return Refused(Reason.TOO_LONG)
    return channels.receiving(event.line)


def _refreshed(identity: Identity, event: InboundMessage) -> Identity:
    """The identity with what this message says of it. Writing it holds it for the transaction,
    so that of two first messages only one opens a conversation."""
    name = event.contact_name[:200] or identity.name
    reference = event.line.reference or identity.line_reference
    Identity.objects.filter(pk=identity.pk).update(
        name=name, line_reference=reference, last_inbound_at=timezone.now()
    )
    identity.refresh_from_db()
    return identity


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


@transaction.atomic
def _elsewhere(event: EchoMessage) -> Outcome:
    """A message written on the provider's console: shown, but it opens and answers nothing."""
    channel = _channel_of(event)
    if isinstance(channel, Refused):
        return channel
    if Message.objects.filter(channel=channel, external_id=event.external_id).exists():
        return Applied()
    open_ones = Conversation.objects.filter(
        identity__channel=channel, identity__external_id=event.contact_id
    ).exclude(status=Status.CLOSED)
    conversation = open_ones.first()
    if conversation is None:
        return Refused(Reason.NO_CONVERSATION)
    with conversations.changing(conversation.pk) as current:
        messages.store_elsewhere(current, event)
    return Applied()
