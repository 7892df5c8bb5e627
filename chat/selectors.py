"""Named reads for the screens and REST; each is a fixed number of queries."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from chat import permissions
from chat.models import Conversation, ConversationEvent, Membership, Message
from chat.models.conversation import OWNED, Status
from provider.channels import bare_id
from provider.contracts import ChannelKind

QUEUE, MINE, BOT, ALL = "fila", "meus", "bot", "todos"
LIST_LENGTH = 50


def conversations_for(user: User) -> QuerySet[Conversation]:
    """What the user may see, with everything a row or the REST form shows."""
    return permissions.visible_conversations(user).select_related(
        "identity__channel", "contact", "classification", "agent"
    )


def conversation_for(user: User, conversation_id: int) -> Conversation | None:
    return conversations_for(user).filter(pk=conversation_id).first()


def assumable(user: User, conversation_id: int) -> Conversation | None:
    """A conversation the user sees, or could have taken had they been first."""
    seen = conversation_for(user, conversation_id)
    if seen is not None:
        return seen
    of_theirs = Membership.objects.filter(user=user).values("classification")
    return Conversation.objects.filter(
        pk=conversation_id, classification__in=of_theirs, status__in=[*OWNED, Status.WAITING]
    ).first()


def matching(rows: QuerySet[Conversation], text: str) -> QuerySet[Conversation]:
    """Rows whose person has this in the name, or exactly this id, however a phone is written."""
    phone = bare_id(ChannelKind.WHATSAPP, text)
    return rows.filter(
        Q(identity__name__icontains=text)
        | Q(contact__name__icontains=text)
        | Q(identity__external_id__in={text.strip(), phone})
    )


def tabs_for(user: User) -> tuple[str, ...]:
    return (QUEUE, MINE, BOT, ALL) if permissions.is_supervisor(user) else (QUEUE, MINE)


def of_tab(user: User, tab: str) -> QuerySet[Conversation]:
    """A tab of the list: longest waiting first in the queue, newest activity first elsewhere."""
    rows = conversations_for(user)
    if tab == QUEUE:
        return rows.filter(status=Status.WAITING).order_by("waiting_since", "id")
    if tab == MINE:
        rows = rows.filter(agent=user, status__in=OWNED)
    elif tab == BOT:
        rows = rows.filter(status=Status.BOT)
    return rows.order_by("-last_message_at", "-id")


def counts_for(user: User) -> dict[str, int]:
    """How many conversations each tab holds; the last one counts the open ones."""
    seen = permissions.visible_conversations(user)
    counts = {
        QUEUE: seen.filter(status=Status.WAITING).count(),
        MINE: seen.filter(agent=user, status__in=OWNED).count(),
    }
    if permissions.is_supervisor(user):
        counts[BOT] = seen.filter(status=Status.BOT).count()
        counts[ALL] = seen.exclude(status=Status.CLOSED).count()
    return counts


def messages_of(conversation: Conversation, since: int = 0) -> QuerySet[Message]:
    """Its messages, oldest first; only those new or changed after a version."""
    rows = conversation.messages.select_related("agent", "channel").order_by("id")
    return rows.filter(version__gt=since) if since else rows


def events_of(conversation: Conversation, since: int = 0) -> QuerySet[ConversationEvent]:
    rows = conversation.events.select_related("by").order_by("id")
    return rows.filter(version__gt=since) if since else rows
