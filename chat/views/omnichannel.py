"""The Omnichannel screen: the page, its fragments, and what an agent does on it."""

from __future__ import annotations

import functools
import json
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chat import contents, permissions, selectors, trace
from chat.conflicts import conflict
from chat.errors import BadInput, Conflict, NotAllowed, TooLarge, TooMany
from chat.models import Conversation, Message
from chat.models.conversation import MOVES, OWNED, Status
from chat.services import conversations, extras, limits, links, messages, outgoing, uploads
from chat.services.extras import Extras
from provider import gateway
from provider.contracts import ChannelKind, Extra

MOST_MESSAGES = 300
View = Callable[..., HttpResponse]


def answering(view: View) -> View:
    """A view of somebody signed in, whose refusals become JSON for the screen."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not permissions.is_person(request.user):
            return JsonResponse({"detail": _("Sign in again.")}, status=401)
        try:
            return view(request, *args, **kwargs)
        except Conflict as error:
            return JsonResponse(conflict(error), status=409)
        except NotAllowed as error:
            return JsonResponse({"detail": str(error.detail)}, status=409)
        except BadInput as error:
            return JsonResponse({error.field: [str(error.detail)]}, status=400)
        except TooLarge as error:
            return JsonResponse({"detail": str(error.detail)}, status=413)
        except TooMany as error:
            return JsonResponse({"detail": str(error.detail)}, status=429)

    return wrapped


def person(request: HttpRequest) -> User:
    """Who is looking; `answering` lets nobody else in."""
    user = request.user
    if not permissions.is_person(user):
        raise Http404
    return user


def typed(sent: QueryDict, name: str) -> str:
    """A text of a form or an address, without the character PostgreSQL refuses."""
    return sent.get(name, "").replace("\x00", "")


def code(text: str, field: str) -> int:
    """The number of a choice of ours. Raises BadInput."""
    if text.isascii() and text.isdigit() and len(text) < 18:
        return int(text)
    raise BadInput(field, _("Choose one of the list."))


@require_safe
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """The whole screen, with a conversation open where the address names one."""
    user = person(request)
    wanted = request.GET.get("c", "")
    conversation = None
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 18:
        conversation = selectors.conversation_for(user, int(wanted))
    context = {**_list_context(request), "may_configure": permissions.is_supervisor(user)}
    if conversation is not None:
        context.update(_thread_context(user, conversation))
    return render(request, "chat/omnichannel.html", context)


@require_safe
@answering
def conversation_list(request: HttpRequest) -> HttpResponse:
    return render(request, "chat/_list.html", _list_context(request))


def _list_context(request: HttpRequest) -> dict[str, Any]:
    user = person(request)
    counts = selectors.counts_for(user)
    known = list(counts)
    tab = request.GET.get("tab", "")
    tab = tab if tab in known else known[0]
    text = typed(request.GET, "q").strip()[:200]
    labels = {
        selectors.QUEUE: _("Queue"),
        selectors.MINE: _("Mine"),
        selectors.BOT: _("Bot"),
        selectors.ALL: _("All"),
        selectors.UNCLASSIFIED: _("Without classification"),
        selectors.STRANDED: _("Without agent"),
    }
    rows = selectors.of_tab(user, tab)
    if text:
        rows = selectors.matching(selectors.conversations_for(user), text).order_by(
            "-last_message_at", "-id"
        )
    return {
        "tabs": [
            {
                "key": key,
                "label": labels[key],
                "count": counts[key],
                "url": "?" + urlencode({"tab": key}),
                "active": key == tab,
            }
            for key in known
        ],
        "rows": selectors.with_last_status(rows)[: selectors.LIST_LENGTH],
        "q": text,
    }


@require_safe
@answering
def thread(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Open a conversation. Opening does not assume it."""
    user = person(request)
    return thread_of(request, user, seen(user, conversation_id))


def seen(user: User, conversation_id: int) -> Conversation:
    """The conversation as this person may see it. Raises Http404."""
    return _found(selectors.conversation_for(user, conversation_id))


def assumable(user: User, conversation_id: int) -> Conversation:
    """As `seen`, also where somebody else was first to take it."""
    return _found(selectors.assumable(user, conversation_id))


def _found(conversation: Conversation | None) -> Conversation:
    if conversation is None:
        raise Http404
    return conversation


def thread_of(request: HttpRequest, user: User, conversation: Conversation) -> HttpResponse:
    """The open conversation as a fragment."""
    context = {**_list_context(request), **_thread_context(user, conversation)}
    return render(request, "chat/_thread.html", context)


def _thread_context(user: User, conversation: Conversation) -> dict[str, Any]:
    messages.mark_read(conversation.pk, by=user)
    return {
        "conversation": conversation,
        "entries": _entries(conversation),
        "trace": [trace.line(event) for event in selectors.events_of(conversation)],
        "permissions": _permissions(user, conversation),
        "is_linked": links.is_linked(conversation),
        **_answering(conversation),
    }


def _answering(conversation: Conversation) -> dict[str, Any]:
    """What the answer box knows: a window that is closed, and files' limits or why none go."""
    channel = conversation.identity.channel
    return {
        "file_limits": json.dumps(limits.for_browser(ChannelKind(channel.kind))),
        "file_refusals": json.dumps(uploads.refusals(channel)),
        "why_no_files": gateway.why_no_files(channel.adapter),
        "why_closed": outgoing.why_closed(conversation),
        "extras": extras.carried(channel),
    }


def _entries(conversation: Conversation, since: int = 0) -> list[dict[str, Any]]:
    """Messages and events as they happened, or only those new or changed after a version."""
    has_replies = Extra.REPLY in extras.carried(conversation.identity.channel)
    found = [
        (message.created_at, 0, {"kind": "message", "message": _shown(message, has_replies)})
        for message in reversed(
            selectors.messages_of(conversation, since).order_by("-id")[:MOST_MESSAGES]
        )
    ]
    found += [
        (event.at, 1, {"kind": "event", "event": trace.line(event)})
        for event in selectors.events_of(conversation, since)
    ]
    return [entry for _at, _kind, entry in sorted(found, key=lambda item: item[:2])]


def _shown(message: Message, has_replies: bool) -> Message:
    """With what the bubble needs and the row does not have."""
    names = {"bot": "isoBot", "system": _("Automatic notice")}
    agent = message.agent.get_full_name() if message.agent else ""
    message.author_name = names.get(message.author) or message.author_name or agent
    message.sequence = message.pk  # type: ignore[attr-defined]
    shown: Any = message
    shown.can_be_answered = has_replies and extras.can_be_answered(message)
    shown.place, shown.people = contents.place_of(message.data), contents.people_of(message.data)
    # The words of a place or of people are theirs, which are shown instead.
    shown.words = message.text
    if shown.place or shown.people:
        shown.words = contents.left_out_of(message.data)
    if message.content != "text" and not message.text and not message.attachments.all():
        shown.words = contents.placeholder(message.content)
    return message


def _permissions(user: User, conversation: Conversation) -> dict[str, Any]:
    status = conversation.status
    member = permissions.is_member(user, conversation.classification)
    waiting = status == Status.WAITING
    owner = status in OWNED and conversation.agent_id == user.pk
    directs = status != Status.CLOSED and permissions.may_direct(user, conversation)
    blocked = None
    if waiting and conversation.classification is None:
        blocked = _("Without a classification: a supervisor transfers it.")
    elif waiting and not member:
        blocked = _("You are not an agent of this classification.")
    return {
        "can_assume": waiting and member,
        "can_answer": owner or (waiting and member),
        "can_transfer": directs and status in MOVES["assign"],
        "can_hold": directs and status == Status.ACTIVE,
        "can_resume": directs and status == Status.ON_HOLD,
        "can_close": directs,
        "can_link": permissions.may_link(user, conversation),
        "blocked_reason": blocked,
    }


@require_safe
@answering
def message_list(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """What is new or changed in a conversation since the version the screen holds."""
    user = person(request)
    conversation = seen(user, conversation_id)
    if request.GET.get("seen") == "1":
        messages.mark_read(conversation.pk, by=user)
    return news(request, conversation)


def news(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """The messages that are new or changed, as a fragment."""
    text = request.GET.get("since", "0")
    since = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    context = {"entries": _entries(conversation, since), "conversation": conversation}
    response = render(request, "chat/_messages.html", context)
    response.headers["X-Conversation-Version"] = str(conversation.version)
    response.headers["X-Conversation-Name"] = quote(conversation.display_name)
    return response


@require_POST
@answering
def assume(request: HttpRequest, conversation_id: int) -> HttpResponse:
    user = person(request)
    with conversations.racing(assumable(user, conversation_id), user):
        messages.assume(conversation_id, by=user)
    return thread_of(request, user, seen(user, conversation_id))


@require_POST
@answering
def answer(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """The agent's text, or a file with it; the same client_id again is the same message."""
    user = person(request)
    asked = assumable(user, conversation_id)
    text = typed(request.POST, "text").replace("\r\n", "\n")
    client_id = typed(request.POST, "client_id")[:100] or str(uuid.uuid4())
    upload = request.FILES.get("file")
    reply_to = typed(request.POST, "reply_to")
    beside = Extras(reply_to=code(reply_to, Extra.REPLY) if reply_to else None)
    named: Any = {"client_id": client_id, "by": user, "beside": beside}
    with conversations.racing(asked, user):
        if upload is None:
            messages.answer(conversation_id, text, **named)
        else:
            uploads.answer(asked, upload, text, **named)
    return news(request, seen(user, conversation_id))


@require_POST
@answering
def resend(request: HttpRequest, conversation_id: int, message_id: int) -> HttpResponse:
    user = person(request)
    conversation = seen(user, conversation_id)
    if not conversation.messages.filter(pk=message_id).exists():
        raise Http404
    messages.resend(message_id, by=user)
    return news(request, seen(user, conversation_id))
