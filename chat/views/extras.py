"""The panels that send a location, and the card of somebody in the cadastro."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chat import places, selectors
from chat.errors import BadInput
from chat.services import conversations, extras, messages
from chat.services.extras import Extras
from chat.views.omnichannel import answering, assumable, code, person, seen, thread_of, typed
from provider.contracts import Place

MOST_CONTACTS = 8


@require_http_methods(["GET", "HEAD", "POST"])
@answering
def location(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Where a typed or pasted place is, and sending it."""
    user = person(request)
    if request.method != "POST":
        text = typed(request.GET, "q").strip()
        context: dict[str, Any] = {"conversation": seen(user, conversation_id), "where": text}
        if text:
            try:
                context["place"] = _place(text)
            except BadInput as error:
                context["problem"] = error.detail
        return _panel(request, "chat/_location.html", context)
    place = _place(
        typed(request.POST, "where"),
        typed(request.POST, "name").strip(),
        typed(request.POST, "address").strip(),
    )
    return _sent(request, conversation_id, Extras(place=place))


def _place(text: str, name: str = "", address: str = "") -> Place:
    """Raises BadInput, with what to type instead."""
    found = places.found(text)
    if found is not None:
        return Place(found.latitude, found.longitude, name, address)
    if places.is_short_link(text):
        raise BadInput(
            "where",
            _(
                "A short link does not say where the place is. Open it in the browser, and copy "
                "the address that is shown then."
            ),
        )
    raise BadInput(
        "where",
        _(
            "No place was found in this. Type latitude and longitude, as in -25.4296, -49.2713, "
            "or paste the address of a map with the place marked."
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@answering
def contact(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Finding somebody in the cadastro with the telephones that will go, and sending the card."""
    user = person(request)
    if request.method == "POST":
        chosen = code(typed(request.POST, "contact"), "contact")
        return _sent(request, conversation_id, Extras(contacts=(chosen,)))
    text = typed(request.GET, "q").strip()[:200]
    rows = selectors.contacts_like(text)[: MOST_CONTACTS + 1]
    context = {
        "conversation": seen(user, conversation_id),
        "q": text,
        "found": [(row, extras.numbers_of(row)) for row in rows[:MOST_CONTACTS]],
        "has_more": len(rows) > MOST_CONTACTS,
    }
    return _panel(request, "chat/_contact.html", context)


def _panel(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    longest = {"longest": extras.LONGEST_NAME, "longest_where": places.LONGEST}
    return render(request, template, {**context, **longest, "client_id": uuid.uuid4()})


def _sent(request: HttpRequest, conversation_id: int, beside: Extras) -> HttpResponse:
    user = person(request)
    client_id = typed(request.POST, "client_id")[:100] or str(uuid.uuid4())
    with conversations.racing(assumable(user, conversation_id), user):
        messages.answer(conversation_id, "", client_id=client_id, by=user, beside=beside)
    return thread_of(request, user, seen(user, conversation_id))
