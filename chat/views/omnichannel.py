"""The Omnichannel screen: the page, its fragments, and what an agent does on it."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chat import permissions, selectors, trace
from chat.conflicts import conflict
from chat.errors import BadInput, Conflict, NotAllowed
from chat.models import Conversation, Message
from chat.models.conversation import OWNED, Status
from chat.services import messages

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

    return wrapped


def _person(request: HttpRequest) -> User:
    user = request.user
    if not permissions.is_person(user):
        raise Http404
    return user


def _typed(sent: QueryDict, name: str) -> str:
    """A text of a form or an address, without the character PostgreSQL refuses."""
    return sent.get(name, "").replace("\x00", "")


@require_safe
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """The whole screen, with a conversation open where the address names one."""
    user = _person(request)
    wanted = request.GET.get("c", "")
    conversation = None
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 18:
        conversation = selectors.conversation_for(user, int(wanted))
    context = _list_context(request)
    if conversation is not None:
        context.update(_thread_context(user, conversation))
    return render(request, "chat/omnichannel.html", context)


@require_safe
@answering
def conversation_list(request: HttpRequest) -> HttpResponse:
    return render(request, "chat/_list.html", _list_context(request))


def _list_context(request: HttpRequest) -> dict[str, Any]:
    user = _person(request)
    known = selectors.tabs_for(user)
    tab = request.GET.get("tab", "")
    tab = tab if tab in known else known[0]
    text = _typed(request.GET, "q").strip()[:200]
    labels = {
        selectors.QUEUE: _("Queue"),
        selectors.MINE: _("Mine"),
        selectors.BOT: _("Bot"),
        selectors.ALL: _("All"),
    }
    counts = selectors.counts_for(user)
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
        "rows": rows[: selectors.LIST_LENGTH],
        "q": text,
    }


@require_safe
@answering
def thread(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Open a conversation. Opening does not assume it."""
    user = _person(request)
    return _thread(request, user, _seen(user, conversation_id))


def _seen(user: User, conversation_id: int) -> Conversation:
    conversation = selectors.conversation_for(user, conversation_id)
    if conversation is None:
        raise Http404
    return conversation


def _thread(request: HttpRequest, user: User, conversation: Conversation) -> HttpResponse:
    context = {**_list_context(request), **_thread_context(user, conversation)}
    return render(request, "chat/_thread.html", context)


def _thread_context(user: User, conversation: Conversation) -> dict[str, Any]:
    messages.mark_read(conversation.pk, by=user)
    return {
        "conversation": conversation,
        "entries": _entries(conversation),
        "trace": [trace.line(event) for event in selectors.events_of(conversation)],
        "permissions": _permissions(user, conversation),
    }


def _entries(conversation: Conversation, since: int = 0) -> list[dict[str, Any]]:
    """Messages and events as they happened, or only those new or changed after a version."""
    found = [
        (message.created_at, 0, {"kind": "message", "message": _shown(message)})
        for message in reversed(
            selectors.messages_of(conversation, since).order_by("-id")[:MOST_MESSAGES]
        )
    ]
    found += [
        (event.at, 1, {"kind": "event", "event": trace.line(event)})
        for event in selectors.events_of(conversation, since)
    ]
    return [entry for _at, _kind, entry in sorted(found, key=lambda item: item[:2])]


def _shown(message: Message) -> Message:
    """With what the bubble needs and the row does not have."""
    names = {"bot": "isoBot", "system": _("Automatic notice")}
    agent = message.agent.get_full_name() if message.agent else ""
    message.author_name = names.get(message.author) or message.author_name or agent
    message.sequence = message.pk  # type: ignore[attr-defined]
    if message.content != "text" and not message.text:
        message.text = CONTENTS.get(message.content, CONTENTS["unsupported"])()
    return message


CONTENTS: dict[str, Callable[[], str]] = {
    "image": lambda: _("[image]"),
    "audio": lambda: _("[audio]"),
    "video": lambda: _("[video]"),
    "file": lambda: _("[document]"),
    "location": lambda: _("[location]"),
    "contacts": lambda: _("[contact]"),
    "unsupported": lambda: _("[content this channel does not hand over]"),
}


def _permissions(user: User, conversation: Conversation) -> dict[str, Any]:
    member = permissions.is_member(user, conversation.classification)
    waiting = conversation.status == Status.WAITING
    owner = conversation.status in OWNED and conversation.agent_id == user.pk
    blocked = None
    if waiting and conversation.classification is None:
        blocked = _("Without a classification: a supervisor transfers it.")
    elif waiting and not member:
        blocked = _("You are not an agent of this classification.")
    return {
        "can_assume": waiting and member,
        "can_answer": owner or (waiting and member),
        "can_close": conversation.status != Status.CLOSED
        and permissions.may_close(user, conversation),
        "blocked_reason": blocked,
    }


@require_safe
@answering
def message_list(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """What is new or changed in a conversation since the version the screen holds."""
    user = _person(request)
    conversation = _seen(user, conversation_id)
    if request.GET.get("seen") == "1":
        messages.mark_read(conversation.pk, by=user)
    return _news(request, conversation)


def _news(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    text = request.GET.get("since", "0")
    since = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    context = {"entries": _entries(conversation, since), "conversation": conversation}
    response = render(request, "chat/_messages.html", context)
    response.headers["X-Conversation-Version"] = str(conversation.version)
    return response


@require_POST
@answering
def assume(request: HttpRequest, conversation_id: int) -> HttpResponse:
    user = _person(request)
    if selectors.assumable(user, conversation_id) is None:
        raise Http404
    messages.assume(conversation_id, by=user)
    return _thread(request, user, _seen(user, conversation_id))


@require_POST
@answering
def answer(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """The agent's text; the same client_id again is the same message."""
    user = _person(request)
    if selectors.assumable(user, conversation_id) is None:
        raise Http404
    text = _typed(request.POST, "text").replace("\r\n", "\n")
    client_id = _typed(request.POST, "client_id")[:100] or str(uuid.uuid4())
    messages.answer(conversation_id, text, client_id=client_id, by=user)
    return _news(request, _seen(user, conversation_id))


@require_POST
@answering
def close(request: HttpRequest, conversation_id: int) -> HttpResponse:
    user = _person(request)
    _seen(user, conversation_id)
    messages.close(conversation_id, by=user)
    closed = selectors.conversation_for(user, conversation_id)
    if closed is None:
        raise Http404
    return _thread(request, user, closed)


@require_POST
@answering
def resend(request: HttpRequest, conversation_id: int, message_id: int) -> HttpResponse:
    user = _person(request)
    conversation = _seen(user, conversation_id)
    if not conversation.messages.filter(pk=message_id).exists():
        raise Http404
    messages.resend(message_id, by=user)
    return _news(request, _seen(user, conversation_id))
