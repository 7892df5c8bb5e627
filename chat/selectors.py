"""Named reads for the screens and REST; each is a fixed number of queries."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import OuterRef, Q, QuerySet, Subquery

from chat import permissions
from chat.models import (
    Attachment,
    Contact,
    Conversation,
    ConversationEvent,
    IdentityAlias,
    Membership,
    Message,
)
from chat.models.conversation import OWNED, UNFINISHED, Status
from provider import gateway
from provider.channels import bare_id, matched_id
from provider.contracts import ChannelKind
from provider.models import Incident, SendingPause

QUEUE, MINE, BOT, ALL, UNCLASSIFIED = "fila", "meus", "bot", "todos", "sem-classificacao"
STRANDED = "sem-atendente"
LIST_LENGTH = 50
# Fewer digits are part of too many telephones.
SHORTEST_NUMBER = 4


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
    exact = {text.strip(), phone, matched_id(ChannelKind.WHATSAPP, phone)}
    theirs = IdentityAlias.objects.filter(external_id__in=exact).values("identity")
    return rows.filter(
        Q(identity__name__icontains=text)
        | Q(contact__name__icontains=text)
        | Q(identity__external_id__in=exact)
        | Q(identity__in=theirs)
    )


@dataclass(frozen=True)
class News:
    """What a supervisor must notice on whatever page they are."""

    incidents: QuerySet[Incident]
    unclassified: int
    stranded: int
    pause: SendingPause | None
    waiting: int


def news_for(user: User) -> News | None:
    """What stops, and conversations no agent sees; None for who has no part in it."""
    if not permissions.is_supervisor(user):
        return None
    everything = Conversation.objects.all()
    unclassified, stranded = _unclassified(everything).count(), _stranded(everything).count()
    pause = gateway.sending_pause()
    waiting = gateway.waiting_sends() if pause else 0
    return News(gateway.open_incidents(), unclassified, stranded, pause, waiting)


def of_tab(user: User, tab: str) -> QuerySet[Conversation]:
    """A tab of the list: longest waiting first in the queue, newest activity first elsewhere."""
    rows = conversations_for(user)
    if tab == QUEUE:
        return rows.filter(status=Status.WAITING).order_by("waiting_since", "id")
    if tab == MINE:
        rows = rows.filter(agent=user, status__in=OWNED)
    elif tab == BOT:
        rows = rows.filter(status=Status.BOT)
    elif tab == UNCLASSIFIED:
        return _unclassified(rows).order_by("waiting_since", "id")
    elif tab == STRANDED:
        rows = _stranded(rows)
    return rows.order_by("-last_message_at", "-id")


def counts_for(user: User) -> dict[str, int]:
    """The tabs a person has, and how many conversations each holds; "all" counts the open ones.

    Who supervises sees conversations in every state, so they have a tab for all of them; those
    of the unclassified and of the stranded are for supervisors, where there are any.
    """
    seen = permissions.visible_conversations(user)
    counts = {
        QUEUE: seen.filter(status=Status.WAITING).count(),
        MINE: seen.filter(agent=user, status__in=OWNED).count(),
    }
    supervisor = permissions.is_supervisor(user)
    if supervisor:
        counts[BOT] = seen.filter(status=Status.BOT).count()
    if supervisor or permissions.is_marked(user):
        counts[ALL] = seen.filter(status__in=UNFINISHED).count()
    if supervisor and (unclassified := _unclassified(seen).count()):
        counts[UNCLASSIFIED] = unclassified
    if supervisor and (stranded := _stranded(seen).count()):
        counts[STRANDED] = stranded
    return counts


def _unclassified(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Those that wait in no queue, or in one that is inactive: only supervisors see them."""
    nowhere = Q(classification=None) | Q(classification__active=False)
    return rows.filter(nowhere, status=Status.WAITING)


def _stranded(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Those whose agent was deactivated: nobody answers them until they are transferred."""
    return rows.filter(status__in=OWNED, agent__is_active=False)


def with_last_status(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """The rows of a list, each with what became of its last message (`last_status`)."""
    newest = Message.objects.filter(conversation=OuterRef("pk")).order_by("-id")
    return rows.annotate(last_status=Subquery(newest.values("status")[:1]))


def contacts_like(text: str) -> QuerySet[Contact]:
    """Contacts with this in the name, a telephone or an address; never the anonymous one."""
    rows = Contact.objects.filter(anonymous=False).prefetch_related("phones", "econtacts")
    if not text:
        return rows.order_by("-id")
    found = Q(name__icontains=text) | Q(econtacts__address__icontains=text)
    digits = re.sub(r"\D", "", text)
    if len(digits) >= SHORTEST_NUMBER:
        found |= Q(phones__number__contains=digits)
    return rows.filter(found).distinct().order_by("name", "id")


def messages_of(conversation: Conversation, since: int = 0) -> QuerySet[Message]:
    """Its messages with their files, oldest first; only those new or changed after a version."""
    rows = conversation.messages.select_related("agent", "channel", "reply_to")
    rows = rows.prefetch_related("attachments").order_by("id")
    return rows.filter(version__gt=since) if since else rows


def attachment_for(user: User, key: str) -> Attachment | None:
    """A file of a message in a conversation the user may see."""
    rows = Attachment.objects.select_related("message")
    visible = permissions.visible_conversations(user)
    return rows.filter(key=key, message__conversation__in=visible).first()


def events_of(conversation: Conversation, since: int = 0) -> QuerySet[ConversationEvent]:
    rows = conversation.events.select_related("by").order_by("id")
    return rows.filter(version__gt=since) if since else rows
