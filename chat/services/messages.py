"""Storing what comes in, queueing what goes out, and keeping each message's status true."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import contents
from chat.errors import Conflict, NotAllowed
from chat.models import Attachment, Conversation, Message, MessageFact
from chat.models.conversation import OWNED, Status
from chat.models.message import Author, Direction, Fact, View, view_of
from chat.services import audit, channels, conversations, extras, media, notices, outgoing
from provider import gateway
from provider.channels import FACTS
from provider.contracts import (
    Applied,
    Cause,
    ChannelKind,
    Choice,
    EchoMessage,
    InboundMessage,
    OutboundMessage,
    OutboundTemplate,
    Outcome,
    Reason,
    Refused,
    StatusUpdate,
    Waiting,
)
from provider.contracts import Status as SendStatus


def store_inbound(conversation: Conversation, event: InboundMessage) -> Message:
    """Keep what the customer wrote. Inside `changing`."""
    now = timezone.now()
    message = _add(
        conversation,
        direction=Direction.IN,
        author=Author.CONTACT,
        author_name=event.contact_name,
        **_carried(conversation, event),
    )
    media.expect(message, contents.files_of(event))
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
        author_name=event.author_name,
        status=SendStatus.SENT,
        **_carried(conversation, event),
    )
    media.expect(message, contents.files_of(event))
    conversation.save()
    return message


def _carried(conversation: Conversation, event: InboundMessage | EchoMessage) -> dict[str, Any]:
    """What a message that came in carries, whoever wrote it."""
    answered = None
    if event.reply_to:
        answered = conversation.messages.filter(external_id=event.reply_to).first()
    return {
        "text": contents.words_of(event),
        "content": event.content[:20],
        "data": contents.packed(event),
        "reply_to": answered,
        "external_id": event.external_id,
        "provider_at": event.sent_at,
    }


def send(
    conversation: Conversation,
    text: str,
    *,
    author: Author,
    agent: User | None = None,
    client_id: str | None = None,
    data: dict[str, Any] | None = None,
    file: Attachment | None = None,
    choices: tuple[Choice, ...] = (),
    reply_to: Message | None = None,
) -> Message:
    """Queue a message to the customer. Inside `changing`: row and outbox commit together.

    `data` is what is sent instead of the text: a template, a place, people. The text says the same.
    `choices` are offered beside the text, which names them too; kept, so that a resend has them.
    """
    data = {**(data or {})}
    if choices:
        data["choices"] = [asdict(choice) for choice in choices]
    message = _add(
        conversation,
        direction=Direction.OUT,
        author=author,
        agent=agent,
        author_name=agent.get_full_name() if agent else "",
        text=text,
        data=data,
        content=file.content if file else contents.content_of(data),
        reply_to=reply_to,
        client_id=client_id,
        status=SendStatus.QUEUED,
    )
    if file is not None:
        file.message = message
        file.save(update_fields=["message"])
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
    words = " ".join(message.text.split()) or contents.preview(message.content)
    conversation.last_preview = words[:120]
    conversation.last_author = message.author
    return message


def _enqueue(conversation: Conversation, message: Message) -> None:
    identity = conversation.identity
    if not identity.is_reachable:
        MessageFact.objects.create(
            message=message,
            reference=message.reference,
            status=SendStatus.FAILED,
            at=timezone.now(),
            cause=Cause.RECIPIENT,
        )
        _show(message, conversation, message.facts.all())
        return
    template = message.data.get("template")
    place, people = contents.place_of(message.data), tuple(contents.people_of(message.data))
    file = message.attachments.first()
    answered = message.reply_to.external_id if message.reply_to else ""
    gateway.enqueue(
        OutboundMessage(
            reference=message.reference,
            stream=identity.stream,
            line=channels.sending(identity.channel, identity.line_reference),
            recipient=identity.external_id,
            text="" if place or people else message.text,
            place=place,
            people=people,
            reply_to=answered or "",
            template=OutboundTemplate(**template) if template else None,
            file=outgoing.file_of(file) if file else None,
            choices=tuple(Choice(**choice) for choice in message.data.get("choices", ())),
        )
    )


def answer(
    conversation_id: int,
    text: str,
    *,
    client_id: str,
    by: User,
    file: Attachment | None = None,
    beside: extras.Extras = extras.NOTHING,
) -> tuple[Message, bool]:
    """An agent's text, sent as it is; whether it is new (the same client id is the same message).

    With a file, the text is its caption; where the channel has none, it follows as a message of
    its own, and the file's is answered; of several cards, the first's. A first answer to a
    waiting conversation assumes it, with its notice first; an answer ends a hold. Raises
    BadInput, Conflict or NotAllowed.
    """
    with conversations.changing(conversation_id) as conversation:
        known = conversation.messages.filter(client_id=client_id).first()
        if known is not None:
            if known.agent_id != by.pk or not outgoing.is_repeat(known, text, file, beside):
                raise Conflict(_("This client_id already named another message."), conversation)
            return known, False
        conversations.check_may_answer(conversation, by)
        parts = outgoing.parts(conversation, text, file, beside)
        outgoing.check_window(conversation)
        take_to_answer(conversation, by=by)
        sent = [
            send(
                conversation,
                part.text,
                author=Author.AGENT,
                agent=by,
                client_id=None if at else client_id,
                data=part.data,
                file=part.file,
                reply_to=part.reply_to,
            )
            for at, part in enumerate(parts)
        ]
        return sent[0], True


def take_to_answer(conversation: Conversation, *, by: User) -> None:
    """What an answer does besides: it assumes, ends a hold, and reads. Inside `changing`."""
    if conversation.status == Status.WAITING:
        _assume(conversation, by=by)
    elif conversation.status == Status.ON_HOLD:
        conversations.resume(conversation, why="answered", by=by)
    conversation.unread_count = 0


def assume(conversation_id: int, *, by: User) -> Conversation:
    """Take a waiting conversation; one of several who try wins. Raises Conflict or NotAllowed."""
    with conversations.changing(conversation_id) as conversation:
        _assume(conversation, by=by)
        conversation.unread_count = 0
        conversation.save()
    return conversation


def _assume(conversation: Conversation, *, by: User) -> None:
    conversations.take(conversation, by=by)
    notify_start(conversation, agent=by)


def notify_start(conversation: Conversation, *, agent: User) -> None:
    """The start notice, once in a conversation. Inside `changing`, after it was assumed."""
    if conversation.start_notice_sent:
        return
    text = notices.start(conversation, agent=agent)
    conversation.start_notice_sent = notify(conversation, text, unsent="start_not_sent")


def notify(conversation: Conversation, text: str, *, unsent: str, by: User | None = None) -> bool:
    """Send a notice, if there is one to send; whether it was sent. Inside `changing`.

    What may not leave or does not fit leaves the event `unsent` in the trace instead.
    """
    if not text.strip():
        return False
    facts = FACTS[ChannelKind(conversation.identity.channel.kind)]
    too_long = facts.length(text) > facts.max_text
    if too_long or conversation.window_is_closed:
        why = "too_long" if too_long else "window"
        conversations.record(conversation, unsent, why=why, by=by)
        return False
    send(conversation, text, author=Author.SYSTEM)
    return True


def close(conversation_id: int, *, by: User, skip_message: bool = False) -> Conversation:
    """End the conversation, with its closing message where one is set and may still leave.

    Leaving the message out is a choice for this once, and kept in the audit.
    """
    with conversations.changing(conversation_id) as conversation:
        conversations.check_may_direct(conversation, by)
        was_answered = conversation.status in OWNED
        notice = notices.closing(conversation) if was_answered else ""
        conversations.end(conversation, why="by_person", by=by)
        if notice and skip_message:
            conversations.record(conversation, "closing_not_sent", why="skipped", by=by)
            audit.record(by, "closing_skipped", conversation)
        else:
            notify(conversation, notice, unsent="closing_not_sent", by=by)
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
        if "template" not in message.data:  # which is taken at any time
            outgoing.check_window(conversation)
        message.reference = uuid.uuid4()
        message.external_id = None  # what is quoted and answered is the send that reaches them
        _show(message, conversation, message.facts.all())
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


def apply_update(update: StatusUpdate) -> Outcome:
    """Keep a fact about a send and show what all of them add up to. Safe to repeat."""
    message = _message_of(update)
    if message is None:
        return Waiting((update.external_id,)) if update.external_id else Refused(Reason.NO_MESSAGE)
    if message.direction == Direction.IN:
        return Refused(Reason.INCOMING)
    reference = update.reference or message.reference
    is_known = message.facts.filter(reference=reference, status=update.status).exists()
    if is_known and (message.external_id or not update.external_id):
        return Applied()  # and no screen asks what is new
    with conversations.changing(message.conversation_id, alone=True) as conversation:
        message = Message.objects.select_related("channel").get(pk=message.pk)
        facts = list(message.facts.all())
        known = {fact.status for fact in facts if fact.reference == reference}
        if update.inferred and SendStatus.FAILED in known:
            return Applied()
        if update.status not in known:
            fact = MessageFact.objects.create(
                message=message,
                reference=reference,
                status=update.status,
                at=update.at,
                cause=update.cause or "",
                detail=update.detail[:500],
            )
            facts.append(fact)
        if update.external_id and not message.external_id and reference == message.reference:
            _learn_id(message, update.external_id)
        _show(message, conversation, facts)
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
    if update.channel_key:
        rows = rows.filter(channel__key=update.channel_key)
    return (rows if update.kind is None else rows.filter(channel__kind=update.kind)).first()


def _learn_id(message: Message, external_id: str) -> None:
    taken = Message.objects.filter(channel=message.channel_id, external_id=external_id)
    if not taken.exists():
        message.external_id = external_id


def _show(message: Message, conversation: Conversation, kept: Iterable[MessageFact]) -> None:
    """Save the message with the status its facts add up to."""
    facts = [
        Fact(fact.reference, SendStatus(fact.status), fact.cause, fact.detail) for fact in kept
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
