"""What people do with a conversation besides answering it: transfer, hold, resume."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from chat import permissions
from chat.errors import BadInput, Conflict
from chat.models import Classification, Conversation
from chat.models.conversation import MOVES, Status
from chat.services import conversations, messages, notices

LONGEST_NOTE = 500


def transfer(
    conversation_id: int,
    *,
    by: User,
    classification: int | None = None,
    agent: str | None = None,
    note: str = "",
) -> Conversation:
    """Give the conversation to an agent, or to the queue of a classification.

    The note is for colleagues, the customer never sees it. Raises BadInput, Conflict, NotAllowed.
    """
    note = _checked_note(note)
    with conversations.changing(conversation_id) as conversation:
        conversations.check_may_direct(conversation, by)
        if Status(conversation.status) not in MOVES["assign"]:
            raise Conflict(conversations.refused(conversation), conversation)
        if (classification is None) == (agent is None):
            raise BadInput("classification", _("Choose either a classification or an agent."))
        if agent is not None:
            _give(conversation, _receiver(conversation, agent), by=by, note=note)
        elif classification is not None:
            _requeue(conversation, _queue(conversation, classification), by=by, note=note)
    return conversation


def _checked_note(note: str) -> str:
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise BadInput(
            "note", _("A note has up to %(limit)d characters.") % {"limit": LONGEST_NOTE}
        )
    return note


def _receiver(conversation: Conversation, username: str) -> User:
    """The agent who may receive it. Raises BadInput."""
    if conversation.classification is None:
        raise BadInput(
            "agent", _("The conversation has no classification: transfer it to one first.")
        )
    found = permissions.agents_of(conversation.classification).filter(username=username).first()
    if found is None:
        raise BadInput(
            "agent",
            _("%(agent)s is not an active agent of %(classification)s.")
            % {"agent": username, "classification": conversation.classification},
        )
    if found.pk == conversation.agent_id:
        raise BadInput("agent", _("The conversation is already with this agent."))
    return found


def _give(conversation: Conversation, agent: User, *, by: User, note: str) -> None:
    is_first = conversation.status == Status.WAITING
    data = {"agent": agent.get_full_name() or agent.username, "username": agent.username}
    if note:
        data["note"] = note
    conversations.move(conversation, "assign", why="person", by=by, data=data, agent=agent)
    if is_first:
        # For the customer somebody has taken it, as in any other assumption.
        messages.notify_start(conversation, agent=agent)
    else:
        text = notices.transfer(conversation, agent=agent)
        messages.notify(conversation, text, unsent="transfer_not_sent", by=by)
    conversation.save()


def _queue(conversation: Conversation, code: int) -> Classification:
    """The classification that may receive it. Raises BadInput."""
    found = Classification.objects.filter(pk=code).first()
    if found is None:
        raise BadInput(
            "classification",
            _("There is no classification with the code %(code)s.") % {"code": code},
        )
    if found.kind != Classification.Kind.HUMAN or not found.active:
        raise BadInput(
            "classification",
            _("%(name)s does not receive conversations: choose an active one of human service.")
            % {"name": found.description},
        )
    if conversation.status == Status.WAITING and found.pk == conversation.classification_id:
        raise BadInput(
            "classification",
            _("The conversation is already waiting in %(name)s.") % {"name": found.description},
        )
    return found


def _requeue(
    conversation: Conversation, classification: Classification, *, by: User, note: str
) -> None:
    data = conversations.named(classification)
    if note:
        data["note"] = note
    conversations.move(
        conversation, "requeue", why="person", by=by, data=data, classification=classification
    )
    text = notices.transfer(conversation, agent=None)
    messages.notify(conversation, text, unsent="transfer_not_sent", by=by)


def hold(conversation_id: int, *, by: User) -> Conversation:
    """Put the conversation on hold, with its notice. Raises Conflict or NotAllowed."""
    with conversations.changing(conversation_id) as conversation:
        conversations.check_may_direct(conversation, by)
        if conversation.status == Status.ON_HOLD:
            raise Conflict(_("This conversation is already on hold."), conversation)
        conversations.move(conversation, "hold", why="person", by=by)
        messages.notify(conversation, notices.hold(conversation), unsent="hold_not_sent", by=by)
    return conversation


def resume(conversation_id: int, *, by: User) -> Conversation:
    """End a hold; the conversation stays with its owner. Raises Conflict or NotAllowed."""
    with conversations.changing(conversation_id) as conversation:
        conversations.check_may_direct(conversation, by)
        if conversation.status == Status.ACTIVE:
            raise Conflict(_("This conversation is not on hold."), conversation)
        conversations.resume(conversation, why="person", by=by)
    return conversation
