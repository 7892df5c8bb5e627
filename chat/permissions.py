"""Who may see and do what: the one place that knows. Views and services both ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, User
from django.db.models import Q, QuerySet

from chat.models import Conversation, Membership
from chat.models.conversation import OWNED, Status

if TYPE_CHECKING:
    from chat.models import Classification

SUPERVISORS = "Supervisores"
Person = User | AnonymousUser | AbstractBaseUser | None


def is_person(user: Person) -> TypeGuard[User]:
    return isinstance(user, User) and user.is_active


def is_supervisor(user: User) -> bool:
    """Configures and sees everything; administrators are supervisors too."""
    if user.is_superuser:
        return True
    # Kept on the object, which lives as long as one request.
    known: bool | None = getattr(user, "_isobot_supervisor", None)
    if known is None:
        known = user.groups.filter(name=SUPERVISORS).exists()
        user._isobot_supervisor = known  # type: ignore[attr-defined]
    return known


def make_supervisor(user: User) -> None:
    user.groups.add(Group.objects.get_or_create(name=SUPERVISORS)[0])


def may_manage_users(user: User) -> bool:
    """Only administrators give rights."""
    return bool(user.is_superuser and user.is_active)


def visible_conversations(user: User) -> QuerySet[Conversation]:
    """Their own, the waiting ones of their classifications, all of those they are marked for."""
    if is_supervisor(user):
        return Conversation.objects.all()
    mine = Membership.objects.filter(user=user, classification__active=True)
    marked = mine.filter(supervisor=True)
    return Conversation.objects.filter(
        Q(agent=user)
        | Q(status=Status.WAITING, classification__in=mine.values("classification"))
        | Q(classification__in=marked.values("classification"))
    )


def is_member(user: User, classification: Classification | None) -> bool:
    if classification is None or not classification.active:
        return False
    return Membership.objects.filter(user=user, classification=classification).exists()


def may_keep(owner: User | None, classification: Classification | None) -> bool:
    """Whether the owner of a held conversation goes on with it when the customer writes.

    An inactive classification takes nothing new, but what it has is finished.
    """
    if owner is None or not owner.is_active or classification is None:
        return False
    return Membership.objects.filter(user=owner, classification=classification).exists()


def agents_of(classification: Classification | None) -> QuerySet[User]:
    """Who a conversation of this classification can be given to."""
    if classification is None or not classification.active:
        return User.objects.none()
    return User.objects.filter(is_active=True, memberships__classification=classification).order_by(
        "first_name", "last_name", "username"
    )


def may_direct(user: User, conversation: Conversation) -> bool:
    """Close, transfer, hold, resume: the owner, or who supervises it."""
    if conversation.status in OWNED and conversation.agent_id == user.pk:
        return True
    return supervises(user, conversation)


def may_link(user: User, conversation: Conversation) -> bool:
    """The owner, also once it is closed, or who supervises it."""
    return conversation.agent_id == user.pk or supervises(user, conversation)


def is_marked(user: User) -> bool:
    """Whether they carry the supervisor mark of any classification."""
    marks = Membership.objects.filter(user=user, supervisor=True, classification__active=True)
    return marks.exists()


def supervises(user: User, conversation: Conversation) -> bool:
    if is_supervisor(user):
        return True
    return Membership.objects.filter(
        user=user, supervisor=True, classification=conversation.classification_id
    ).exists()
