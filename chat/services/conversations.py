"""Opening, handing off, assuming, reassigning, holding and closing conversations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import live, permissions
from chat.errors import Conflict, NotAllowed
from chat.models import Classification, Conversation, ConversationEvent, Identity
from chat.models.conversation import MOVES, OWNED, Status

# What most who change a conversation ask of it besides.
_AROUND = ("identity__channel__menu", "contact", "classification", "agent")
# Where a conversation is: what others may change while somebody asks for something.
_PLACE = ("status", "agent_id", "classification_id")


@contextmanager
def changing(conversation_id: int, *, alone: bool = False) -> Iterator[Conversation]:
    """The conversation, locked and fresh; what the block does commits as one new version.

    With `alone`, for who asks nothing of what it belongs to, that is left to be read when needed.

    Raising the version is the lock: on every database the first to write the row makes the
    others wait, and they then read what it left.
    """
    with transaction.atomic():
        rows = Conversation.objects.filter(pk=conversation_id)
        rows.update(version=F("version") + 1)
        conversation = (rows if alone else rows.select_related(*_AROUND)).get()
        before = live.topics_of(conversation)
        yield conversation
        live.announce(conversation, also=before)


def move(
    conversation: Conversation,
    verb: str,
    *,
    why: str = "",
    by: User | None = None,
    data: dict[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Make one legal move inside `changing`, and record it. Raises Conflict where it is illegal."""
    target = MOVES[verb].get(Status(conversation.status))
    if target is None:
        raise Conflict(refused(conversation), conversation)
    left_waiting = conversation.status == Status.WAITING and target != Status.WAITING
    conversation.status = target
    if target == Status.WAITING:
        conversation.agent = None
        conversation.waiting_since = timezone.now()
    elif left_waiting:
        conversation.waiting_since = None
    if target == Status.CLOSED:
        conversation.closed_at = timezone.now()
    for name, value in changes.items():
        setattr(conversation, name, value)
    conversation.save()
    record(conversation, verb, why=why, by=by, data=data)


def record(
    conversation: Conversation,
    what: str,
    *,
    why: str = "",
    by: User | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Write down what happened, for the trace and the thread."""
    ConversationEvent.objects.create(
        conversation=conversation,
        at=timezone.now(),
        what=what,
        why=why,
        by=by,
        data=data or {},
        version=conversation.version,
    )


def refused(conversation: Conversation) -> Any:
    if conversation.status == Status.CLOSED:
        return _("This conversation is already closed.")
    if conversation.status == Status.BOT:
        return _("The isoBot is answering this conversation.")
    if conversation.agent is not None:
        return _("%(name)s is already answering this conversation.") % {
            "name": conversation.agent.get_full_name() or conversation.agent.username
        }
    return _("The conversation is waiting for an agent.")


def open_for(
    identity: Identity, *, status: Status, classification: Classification | None, why: str
) -> Conversation:
    """A new conversation of an identity that has none open. The caller holds the identity."""
    now = timezone.now()
    previous = identity.conversations.order_by("-id").first()
    conversation = Conversation.objects.create(
        identity=identity,
        contact=identity.contact,
        status=status,
        classification=classification,
        previous=previous,
        opened_at=now,
        waiting_since=now if status == Status.WAITING else None,
        last_message_at=now,
    )
    record(conversation, "open", why=why, data=named(classification))
    live.announce(conversation)
    return conversation


def named(classification: Classification | None) -> dict[str, Any]:
    """What an event keeps of a classification, for its sentence."""
    if classification is None:
        return {}
    return {"classification": classification.pk, "description": classification.description}


def hand_off(
    conversation: Conversation, classification: Classification | None, *, why: str
) -> None:
    """The bot gives the conversation to people. Inside `changing`."""
    move(
        conversation,
        "hand_off",
        why=why if classification is not None else "no_classification",
        data=named(classification),
        classification=classification,
    )


def take(conversation: Conversation, *, by: User) -> None:
    """Make `by` the owner of a waiting conversation. Inside `changing`; the first one wins."""
    if conversation.status != Status.WAITING:
        raise Conflict(refused(conversation), conversation)
    if not permissions.is_member(by, conversation.classification):
        raise NotAllowed(_("You are not an agent of this classification."))
    move(conversation, "assume", by=by, agent=by)


def resume(conversation: Conversation, *, why: str, by: User | None = None) -> None:
    """End a hold. Inside `changing`."""
    move(conversation, "resume", why=why, by=by)


def customer_wrote(conversation: Conversation) -> None:
    """A held conversation goes on: with its owner, or in the queue if they may no longer."""
    if permissions.may_keep(conversation.agent, conversation.classification):
        resume(conversation, why="customer_wrote")
    else:
        left = named(conversation.classification)
        move(conversation, "requeue", why="owner_gone", data=left)


def end(conversation: Conversation, *, why: str, by: User | None = None) -> None:
    """Close. Inside `changing`; who may is asked by the caller."""
    move(conversation, "close", why=why, by=by, unread_count=0)


@contextmanager
def racing(asked: Conversation, by: User) -> Iterator[None]:
    """Run a change `by` asked for when the conversation was as in `asked`.

    Who had a part in it then and was overtaken is told how it stands now, by a Conflict.
    """
    try:
        yield
    except NotAllowed as error:
        now = Conversation.objects.select_related("agent").get(pk=asked.pk)
        is_same = all(getattr(now, name) == getattr(asked, name) for name in _PLACE)
        had_part = asked.agent_id == by.pk or permissions.is_member(by, asked.classification)
        if is_same or not had_part:
            raise
        raise Conflict(refused(now), now) from error


def check_may_answer(conversation: Conversation, by: User) -> None:
    """Raises Conflict naming the owner unless `by` owns it (a waiting one may be taken)."""
    if conversation.status in OWNED and conversation.agent_id == by.pk:
        return
    if conversation.status != Status.WAITING:
        raise Conflict(refused(conversation), conversation)


def check_may_direct(conversation: Conversation, by: User) -> None:
    """Raises unless `by` owns the conversation or supervises it."""
    if permissions.may_direct(by, conversation):
        return
    if conversation.agent_id:
        raise Conflict(refused(conversation), conversation)
    raise NotAllowed(_("Assume the conversation first."))
