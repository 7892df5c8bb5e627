"""Files of messages, for who sees the conversation; and asking for one that did not come."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from chat import selectors, serving
from chat.services import media
from chat.views.omnichannel import answering, news, person, seen


@require_safe
@login_required
def attachment(request: HttpRequest, key: str) -> HttpResponseBase:
    """The file itself. Its address alone opens nothing: rights are asked each time."""
    found = selectors.attachment_for(person(request), key)
    if found is None or not found.file:
        raise Http404
    return serving.send(request, found)


@require_POST
@answering
def fetch_again(request: HttpRequest, key: str) -> HttpResponse:
    """Fetch a file that failed once more, or one above the limit all the same."""
    user = person(request)
    found = selectors.attachment_for(user, key)
    if found is None or found.message is None:
        raise Http404
    media.fetch_again(found, by=user)
    return news(request, seen(user, found.message.conversation_id))
