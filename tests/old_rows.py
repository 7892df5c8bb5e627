"""Makes old conversations of a hundred people, with all that was written; run in a process."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

import django
from django.utils import timezone

if TYPE_CHECKING:
    from chat.models import Channel, Conversation, Identity, Message

PEOPLE = 100
BATCH = 500


def make(conversations: int, messages: int) -> None:
    from chat.models import Channel  # noqa: PLC0415 - models exist only once Django is set up

    channel = Channel.objects.get(key="whatsapp")
    people = _people(channel)
    for start in range(0, conversations, BATCH):
        numbers = range(start, min(start + BATCH, conversations))
        rows = _conversations([people[n % PEOPLE] for n in numbers])
        written = _messages(channel, rows, messages)
        _events(message for message in written if message.direction == "in")
        _sends(channel, (message for message in written if message.direction == "out"))


def _people(channel: Channel) -> list[Identity]:
    from chat.models import Contact, Identity, IdentityAlias  # noqa: PLC0415

    contacts = Contact.objects.bulk_create(Contact(name=f"Pessoa {n}") for n in range(PEOPLE))
    people = Identity.objects.bulk_create(
        Identity(
            channel=channel,
            contact=contact,
            external_id=f"55119{n:08d}",
            last_inbound_at=timezone.now(),
        )
        for n, contact in enumerate(contacts)
    )
    IdentityAlias.objects.bulk_create(
        IdentityAlias(identity=one, channel=channel, external_id=one.external_id) for one in people
    )
    return people


def _conversations(of: list[Identity]) -> list[Conversation]:
    from chat.models import Conversation, ConversationEvent  # noqa: PLC0415

    now = timezone.now()
    rows = Conversation.objects.bulk_create(
        Conversation(
            identity=one,
            contact=one.contact,
            status="closed",
            opened_at=now,
            closed_at=now,
            last_message_at=now - timedelta(days=60),
        )
        for one in of
    )
    ConversationEvent.objects.bulk_create(
        ConversationEvent(conversation=row, at=now, what="opened", version=1)
        for row in rows
        for _ in range(4)
    )
    return rows


def _messages(channel: Channel, rows: list[Conversation], each: int) -> list[Message]:
    from chat.models import Attachment, Message, MessageFact  # noqa: PLC0415

    now = timezone.now()
    written = Message.objects.bulk_create(
        Message(
            conversation=row,
            channel=channel,
            direction="out" if n % 2 else "in",
            author="bot" if n % 2 else "contact",
            text="Uma mensagem antiga",
            created_at=now,
            version=1,
        )
        for row in rows
        for n in range(each)
    )
    MessageFact.objects.bulk_create(
        MessageFact(message=message, reference=message.reference, status="sent", at=now)
        for message in written
        if message.direction == "out"
    )
    Attachment.objects.bulk_create(
        Attachment(message=message, content="image", created_at=now)
        for message in written
        if message.direction == "in"
    )
    return written


def _events(written: Iterable[Message]) -> None:
    from provider.models import EventTie, WebhookEvent  # noqa: PLC0415

    now = timezone.now()
    events = WebhookEvent.objects.bulk_create(
        WebhookEvent(
            adapter="botmaker",
            digest=f"old-{message.pk}",
            body=b"{}",
            received_at=now,
            state=WebhookEvent.State.PROCESSED,
            unapplied=[],
            next_attempt_at=now,
            processed_at=now,
        )
        for message in written
    )
    EventTie.objects.bulk_create(EventTie(event=event, tie=event.digest) for event in events)


def _sends(channel: Channel, written: Iterable[Message]) -> None:
    from provider.models import Attempt, Delivery  # noqa: PLC0415

    now = timezone.now()
    sends = Delivery.objects.bulk_create(
        Delivery(
            reference=message.reference,
            stream=f"identity:{message.conversation.identity_id}",
            adapter="botmaker",
            channel_kind=channel.kind,
            recipient=message.conversation.identity.external_id,
            text=message.text,
            state=Delivery.State.ACCEPTED,
            epoch=1,
            next_attempt_at=now,
            created_at=now,
            settled_at=now,
        )
        for message in written
    )
    Attempt.objects.bulk_create(
        Attempt(
            delivery=send,
            epoch=1,
            started_at=now,
            finished_at=now,
            outcome=Attempt.Outcome.ACCEPTED,
            external_id=f"old-{send.pk}",
        )
        for send in sends
    )


if __name__ == "__main__":
    django.setup()
    make(*map(int, sys.argv[1:]))
