"""The one webhook address of every adapter."""

from __future__ import annotations

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.request import RawPostDataException
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from provider import registry, tasks
from provider.errors import ForgedWebhook
from provider.services import webhooks

log = structlog.get_logger(__name__)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def webhook(request: HttpRequest, adapter: str, channel_key: str = "") -> HttpResponse:
    """200 once the event is stored; everything else about it happens later."""
    if request.method == "GET":
        return _challenged(request, adapter, channel_key)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > webhooks.MAX_BODY:
        return HttpResponse(status=413)
    try:
        body = request.body
    except (RequestDataTooBig, RawPostDataException):
        return HttpResponse(status=413)
    if len(body) > webhooks.MAX_BODY:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        webhooks.receive(adapter, channel_key, headers, body)
    except registry.UnknownAdapter:
        return HttpResponse(status=404)
    except ForgedWebhook:
        log.warning("webhook refused", adapter=adapter)
        return HttpResponse(status=403)
    except DatabaseError as error:
        log.error("webhook not stored", adapter=adapter, error=type(error).__name__)
        return HttpResponse(status=503)
    tasks.wake_events()
    return HttpResponse("ok", content_type="text/plain")


def _challenged(request: HttpRequest, adapter: str, channel_key: str) -> HttpResponse:
    """A provider checks the address before it posts there."""
    try:
        answer = webhooks.challenge(adapter, channel_key, request.GET.dict())
    except (registry.UnknownAdapter, NotImplementedError):
        return HttpResponseNotAllowed(["POST"])
    if answer is None:
        log.warning("webhook challenge refused", adapter=adapter)
        return HttpResponse(status=403)
    return HttpResponse(answer, content_type="text/plain; charset=utf-8")
