"""Queueing a message and looking at what became of it."""

from __future__ import annotations

from django.utils import timezone

from chat.models import Conversation, Message
from chat.models.message import Author
from chat.services import conversations, messages
from provider.models import Account, Delivery


def queue(conversation: Conversation, text: str) -> Message:
    with conversations.changing(conversation.pk) as current:
        return messages.send(current, text, author=Author.BOT)


def state_of(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.status, message.failure_cause


def due_now() -> None:
    Delivery.objects.filter(state="queued").update(next_attempt_at=timezone.now())
    Account.objects.update(paused_until=None)
