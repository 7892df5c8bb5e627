"""The panel that sends a template, which is all a closed window lets through."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from chat import permissions
from chat.models import Conversation
from chat.services import conversations, templates
from chat.views.omnichannel import answering, assumable, person, seen, thread_of, typed


@require_http_methods(["GET", "HEAD", "POST"])
@answering
def template(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """The approved templates with their variables, and sending one."""
    user = person(request)
    asked = assumable(user, conversation_id)
    if request.method != "POST":
        conversation = seen(user, conversation_id)
        may_configure = permissions.is_supervisor(user)
        context = {"conversation": conversation, "may_configure": may_configure}
        return render(request, "chat/_template.html", {**context, **_offered(conversation)})
    chosen = typed(request.POST, "template")
    start = f"{chosen}:"
    params = {
        field.removeprefix(start): typed(request.POST, field)
        for field in request.POST
        if chosen and field.startswith(start)
    }
    # The name, and its language where there are several; a name may hold anything, a language not.
    name, _colon, language = chosen.rpartition(":") if ":" in chosen else (chosen, "", "")
    client_id = typed(request.POST, "client_id")[:100] or str(uuid.uuid4())
    with conversations.racing(asked, user):
        templates.answer(
            conversation_id, name, params, client_id=client_id, by=user, language=language
        )
    return thread_of(request, user, seen(user, conversation_id))


def _offered(conversation: Conversation) -> dict[str, object]:
    rows = templates.usable(conversation.identity.channel)
    found = [
        {"row": row, "text": templates.rendered(row, {}), "variables": templates.variables(row)}
        for row in rows
    ]
    return {"found": found, "client_id": uuid.uuid4(), "longest": templates.MAX_VALUE}
