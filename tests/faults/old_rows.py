"""Makes old conversations of a hundred people, with what was written in each; run in a process."""

from __future__ import annotations

import sys
from datetime import timedelta

import django
from django.utils import timezone


def make(conversations: int, messages: int) -> None:
    from chat.models import (  # noqa: PLC0415 - models exist only once Django is set up
        Channel,
        Contact,
        Conversation,
        Identity,
        Message,
        MessageFact,
    )

    now = timezone.now()
    channel = Channel.objects.get(key="whatsapp")
    contact = Contact.objects.get(anonymous=True)
    people = Identity.objects.bulk_create(
        Identity(
            channel=channel,
            contact=contact,
            external_id=f"55119{n:08d}",
            last_inbound_at=now,
        )
        for n in range(100)
    )
    for start in range(0, conversations, 500):
        rows = Conversation.objects.bulk_create(
            Conversation(
                identity=people[n % 100],
                contact=contact,
                status="closed",
                opened_at=now,
                closed_at=now,
                last_message_at=now - timedelta(days=60),
            )
            for n in range(start, min(start + 500, conversations))
        )
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
            for n in range(messages)
        )
        MessageFact.objects.bulk_create(
            MessageFact(message=message, reference=message.reference, status="sent", at=now)
            for message in written
            if message.direction == "out"
        )


if __name__ == "__main__":
    django.setup()
    make(*map(int, sys.argv[1:]))
