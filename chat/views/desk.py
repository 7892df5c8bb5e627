"""What people do with an open conversation: transfer, hold, resume, close, link to a contact."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from chat import permissions, selectors
from chat.models import Classification, Conversation
from chat.models.conversation import Status
from chat.services import conversations, desk, links, messages
from chat.views.omnichannel import answering, assumable, code, person, seen, thread_of, typed

MOST_CONTACTS = 8
NEW = "novo"


def _afterwards(request: HttpRequest, user: User, conversation_id: int) -> HttpResponse:
    """The conversation as it is now; nothing where it left this person's sight."""
    conversation = selectors.conversation_for(user, conversation_id)
    return HttpResponse() if conversation is None else thread_of(request, user, conversation)


@require_http_methods(["GET", "HEAD", "POST"])
@answering
def transfer(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """The panel with who may receive the conversation, and giving it to them."""
    user = person(request)
    conversation = assumable(user, conversation_id)
    if request.method != "POST":
        conversations.check_may_direct(conversation, user)
        return render(request, "chat/_transfer.html", _receivers(conversation))
    kind, _colon, chosen = typed(request.POST, "to").partition(":")
    with conversations.racing(conversation, user):
        desk.transfer(
            conversation_id,
            by=user,
            agent=chosen if kind == "agent" else None,
            classification=code(chosen, "classification") if kind != "agent" else None,
            note=typed(request.POST, "note").replace("\r\n", "\n"),
        )
    return _afterwards(request, user, conversation_id)


def _receivers(conversation: Conversation) -> dict[str, object]:
    queues: QuerySet[Classification] = Classification.objects.filter(
        kind=Classification.Kind.HUMAN, active=True
    )
    if conversation.status == Status.WAITING:
        queues = queues.exclude(pk=conversation.classification_id or 0)
    agents = permissions.agents_of(conversation.classification)
    return {
        "conversation": conversation,
        "agents": agents.exclude(pk=conversation.agent_id or 0),
        "queues": queues.annotate(
            agents=Count("memberships", filter=Q(memberships__user__is_active=True))
        ),
        "longest_note": desk.LONGEST_NOTE,
    }


@require_POST
@answering
def hold(request: HttpRequest, conversation_id: int) -> HttpResponse:
    user = person(request)
    seen(user, conversation_id)
    desk.hold(conversation_id, by=user)
    return _afterwards(request, user, conversation_id)


@require_POST
@answering
def resume(request: HttpRequest, conversation_id: int) -> HttpResponse:
    user = person(request)
    seen(user, conversation_id)
    desk.resume(conversation_id, by=user)
    return _afterwards(request, user, conversation_id)


@require_POST
@answering
def close(request: HttpRequest, conversation_id: int) -> HttpResponse:
    user = person(request)
    seen(user, conversation_id)
    skip_message = typed(request.POST, "skip_message") == "1"
    messages.close(conversation_id, by=user, skip_message=skip_message)
    return _afterwards(request, user, conversation_id)


@require_http_methods(["GET", "HEAD", "POST"])
@answering
def link(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """The panel that finds a contact and says what will be written, and linking to it."""
    user = person(request)
    conversation = seen(user, conversation_id)
    if request.method != "POST":
        links.check_may(conversation, user)
        return render(request, "chat/_link.html", _candidates(request, conversation))
    chosen = typed(request.POST, "contact")
    if chosen == NEW:
        links.link_new(conversation_id, typed(request.POST, "name"), by=user)
    else:
        links.link(conversation_id, code(chosen, "contact"), by=user)
    return _afterwards(request, user, conversation_id)


def _candidates(request: HttpRequest, conversation: Conversation) -> dict[str, object]:
    identity = conversation.identity
    text = typed(request.GET, "q").strip()[:200]
    found = selectors.contacts_like(text).exclude(pk=conversation.contact_id)[: MOST_CONTACTS + 1]
    shown = [(contact, links.planned(identity, contact)) for contact in found[:MOST_CONTACTS]]
    return {
        "conversation": conversation,
        "q": text,
        "found": shown,
        "has_more": len(found) > MOST_CONTACTS,
        "addition_to_new": links.planned(identity, None),
        "name": text if any(c.isalpha() for c in text) else identity.name,
        "new": NEW,
    }


@require_POST
@answering
def unlink(request: HttpRequest, conversation_id: int) -> HttpResponse:
    user = person(request)
    seen(user, conversation_id)
    links.unlink(conversation_id, by=user)
    return _afterwards(request, user, conversation_id)
