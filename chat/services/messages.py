"""Storing what comes in, queueing what goes out, and keeping each message's status true."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import permissions
from chat.errors import BadInput, Conflict, NotAllowed
from chat.models import Conversation, Message, MessageFact
from chat.models.conversation import Status
from chat.models.message import Author, Direction, Fact, View, view_of
from chat.services import conversations, notices
from provider import gateway
from provider.channels import FACTS
from provider.contracts import (
    Applied,
    ChannelKind,
    EchoMessage,
    InboundMessage,
    Line,
    OutboundMessage,
    Outcome,
    Reason,
    Refused,
    StatusUpdate,
    Waiting,
)
from provider.contracts import Status as SendStatus

AUTOMATIC = (Author.BOT, Author.SYSTEM)


def store_inbound(conversation: Conversation, event: InboundMessage) -> Message:
    """Keep what the customer wrote. Inside `changing`."""
    now = timezone.now()
    message = _add(
        conversation,
        direction=Direction.IN,
        author=Author.CONTACT,
        author_name=event.contact_name[:200],
        text=event.text,
        content=event.content[:20],
        external_id=event.external_id,
        provider_at=event.sent_at,
    )
    conversation.last_inbound_at = now
    conversation.unread_count += 1
    conversation.save()
    return message


def store_elsewhere(conversation: Conversation, event: EchoMessage) -> Message:
    """Keep what was written on the provider's own console. Inside `changing`."""
    message = _add(
        conversation,
        direction=Direction.OUT,
        author=Author.BOT if event.author == "bot" else Author.AGENT,
        author_name=event.author_name[:200],
        text=event.text,
        content=event.content[:20],
        external_id=event.external_id,
        provider_at=event.sent_at,
        status=SendStatus.SENT,
    )
    conversation.save()
    return message


def send(
    conversation: Conversation,
    text: str,
    *,
    author: Author,
    agent: User | None = None,
    client_id: str | None = None,
) -> Message:
    """Queue a message to the customer. Inside `changing`: row and outbox commit together."""
    message = _add(
        conversation,
        direction=Direction.OUT,
        author=author,
        agent=agent,
        author_name=agent.get_full_name() if agent else "",
        text=text,
        client_id=client_id,
        status=SendStatus.QUEUED,
    )
    conversation.save()
    _enqueue(conversation, message)
    return message


def _add(conversation: Conversation, **values: object) -> Message:
    """Insert a message and put it on the conversation's row in the list; the caller saves that."""
    now = timezone.now()
    message = Message.objects.create(
        conversation=conversation,
        channel=conversation.identity.channel,
        created_at=now,
        version=conversation.version,
        **values,
    )
    conversation.last_message_at = now
    conversation.last_preview = " ".join(message.text.split())[:120]
    conversation.last_author = message.author
    return message


def _enqueue(conversation: Conversation, message: Message) -> None:
    identity = conversation.identity
    channel = identity.channel
    kind = ChannelKind(channel.kind)
    gateway.enqueue(
        OutboundMessage(
            reference=message.reference,
            stream=f"identity:{identity.pk}",
            line=Line(channel.adapter, kind, channel.line, identity.line_reference),
            recipient=identity.external_id,
            text=message.text,
        )
    )


def answer(conversation_id: int, text: str, *, client_id: str, by: User) -> tuple[Message, bool]:
    """An agent's text, sent as it is; whether it is new (the same client id is the same message).

    A first answer to a waiting conversation assumes it, with its notice first; an answer ends
    a hold. Raises BadInput, Conflict or NotAllowed.
    """
    with conversations.changing(conversation_id) as conversation:
        known = conversation.messages.filter(client_id=client_id).first()
        if known is not None:
            if known.text != text or known.agent_id != by.pk:
                raise Conflict(_("This client_id already named another message."), conversation)
            return known, False
        conversations.check_may_answer(conversation, by)
        _check_text(conversation, text)
        if conversation.status == Status.WAITING:
            _assume(conversation, by=by)
        elif conversation.status == Status.ON_HOLD:
            conversations.resume(conversation, why="answered", by=by)
        conversation.unread_count = 0
        message = send(conversation, text, author=Author.AGENT, agent=by, client_id=client_id)
        return message, True


def _check_text(conversation: Conversation, text: str) -> None:
    facts = FACTS[ChannelKind(conversation.identity.channel.kind)]
    if not text.strip():
        raise BadInput("text", _("Write a message before sending."))
    if len(text) > facts.max_text:
        raise BadInput(
            "text",
            _("The text has %(length)d characters; this channel takes up to %(limit)d.")
            % {"length": len(text), "limit": facts.max_text},
        )
    closes_at = conversation.window_closes_at
    if closes_at is not None and closes_at <= timezone.now():
        raise Conflict(
            _("More than 24 hours have passed since the customer wrote: only a template is taken."),
            conversation,
            cause="window",
        )


def assume(conversation_id: int, *, by: User) -> Conversation:
    """Take a waiting conversation; one of several who try wins. Raises Conflict or NotAllowed."""
    with conversations.changing(conversation_id) as conversation:
        _assume(conversation, by=by)
        conversation.unread_count = 0
        conversation.save()
    return conversation


def _assume(conversation: Conversation, *, by: User) -> None:
    conversations.take(conversation, by=by)
    notice = notices.start(conversation, agent=by)
    if notice and not conversation.start_notice_sent:
        conversation.start_notice_sent = True
        send(conversation, notice, author=Author.SYSTEM)


def close(conversation_id: int, *, by: User) -> Conversation:
    """End the conversation, with its closing message where one is set and may still leave."""
    with conversations.changing(conversation_id) as conversation:
        if not permissions.may_close(by, conversation):
            if conversation.agent_id:
                raise Conflict(conversations.refused(conversation), conversation)
            raise NotAllowed(_("Assume the conversation before closing it."))
        was_answered = conversation.status in (Status.ACTIVE, Status.ON_HOLD)
        notice = notices.closing(conversation) if was_answered else ""
        conversations.end(conversation, why="by_person", by=by)
        closes_at = conversation.window_closes_at
        if notice and closes_at is not None and closes_at <= timezone.now():
            conversations.record(conversation, "closing_not_sent", why="window", by=by)
        elif notice:
            send(conversation, notice, author=Author.SYSTEM)
    return conversation


def resend(message_id: int, *, by: User) -> Message:
    """Send a failed or unconfirmed message once more, as a new send of the same message."""
    found = Message.objects.only("conversation_id").get(pk=message_id)
    with conversations.changing(found.conversation_id) as conversation:
        message = Message.objects.get(pk=message_id)
        conversations.check_may_answer(conversation, by)
        if conversation.status == Status.WAITING:
            raise NotAllowed(_("Assume the conversation before sending again."))
        if not message.can_resend:
            raise Conflict(_("This message is not waiting to be sent again."), conversation)
        _check_text(conversation, message.text)
        message.reference = uuid.uuid4()
        _show(message, conversation)
        _enqueue(conversation, message)
        conversations.record(conversation, "resend", by=by, data={"message": message.pk})
    return message


def mark_read(conversation_id: int, *, by: User) -> None:
    """The owner has the conversation open: nothing in it is unread."""
    unread = Conversation.objects.filter(pk=conversation_id, agent=by, unread_count__gt=0)
    if not unread.exists():
        return
    with conversations.changing(conversation_id) as conversation:
        conversation.unread_count = 0
        conversation.save(update_fields=["unread_count"])


def automatic_since(conversation: Conversation, since: datetime) -> int:
    """How many automatic messages this person was sent since then, in any conversation."""
    return Message.objects.filter(
        conversation__identity=conversation.identity_id,
        direction=Direction.OUT,
        author__in=AUTOMATIC,
        created_at__gt=since,
    ).count()


def apply_update(update: StatusUpdate) -> Outcome:
    """Keep a fact about a send and show what all of them add up to. Safe to repeat."""
    message = _message_of(update)
    if message is None:
        return Waiting((update.external_id,)) if update.external_id else Refused(Reason.NO_MESSAGE)
    if message.direction == Direction.IN:
        return Refused(Reason.INCOMING)
    reference = update.reference or message.reference
    with conversations.changing(message.conversation_id) as conversation:
        message.refresh_from_db()
        failed = message.facts.filter(reference=reference, status=SendStatus.FAILED)
        if update.inferred and failed.exists():
            return Applied()
        MessageFact.objects.get_or_create(
            message=message,
            reference=reference,
            status=update.status,
            defaults={
                "at": update.at,
                "cause": update.cause or "",
                "detail": update.detail[:500],
            },
        )
        if update.external_id and not message.external_id:
            _learn_id(message, update.external_id)
        _show(message, conversation)
    return Applied()


def _message_of(update: StatusUpdate) -> Message | None:
    """By the send's reference, also an earlier one of the same message; else by the id."""
    if update.reference is not None:
        message = Message.objects.filter(reference=update.reference).first()
        if message is None:
            fact = MessageFact.objects.filter(reference=update.reference).first()
            message = fact.message if fact else None
        return message
    if not update.external_id:
        return None
    rows = Message.objects.filter(channel__adapter=update.adapter, external_id=update.external_id)
    return (rows if update.kind is None else rows.filter(channel__kind=update.kind)).first()


def _learn_id(message: Message, external_id: str) -> None:
    taken = Message.objects.filter(channel=message.channel_id, external_id=external_id)
    if not taken.exists():
        message.external_id = external_id
        message.save(update_fields=["external_id"])


def _show(message: Message, conversation: Conversation) -> None:
    """Write the status the facts add up to, if it changed."""
    facts = [
        Fact(fact.reference, SendStatus(fact.status), fact.cause, fact.detail)
        for fact in message.facts.all()
    ]
    view = view_of(facts, message.reference, ChannelKind(message.channel.kind))
    shown = View(
        SendStatus(message.status or SendStatus.QUEUED),
        message.failure_cause,
        message.failure_detail,
    )
    if view != shown or not message.pk:
        message.status, message.failure_cause, message.failure_detail = view
        message.version = conversation.version
    message.save()


PACE_WINDOW = timedelta(minutes=10)
MAX_AUTOMATIC = 20


def may_answer_by_itself(conversation: Conversation) -> bool:
    """Whether one more automatic message is within what one person may be sent."""
    since = timezone.now() - PACE_WINDOW
    return automatic_since(conversation, since) < MAX_AUTOMATIC
