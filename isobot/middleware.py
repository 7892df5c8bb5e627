"""What every request gets: an id in its logs and its answer, a language and a time zone."""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

Answer = Callable[[HttpRequest], HttpResponse]


def request_context(get_response: Answer) -> Answer:
    """Name the request, and believe forwarding headers only from the proxies we were told of."""

    def middleware(request: HttpRequest) -> HttpResponse:
        _settle_origin(request)
        request.request_id = uuid.uuid4().hex[:12]  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request_id=request.request_id):  # type: ignore[attr-defined]
            response = get_response(request)
        response.headers["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response

    return middleware


def _settle_origin(request: HttpRequest) -> None:
    meta = request.META
    if not _is_trusted(meta.get("REMOTE_ADDR", "")):
        for name in [key for key in meta if key.startswith("HTTP_X_FORWARDED_")]:
            del meta[name]
        return
    # The nearest address that is not one of our proxies is the caller.
    for hop in reversed(meta.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        if hop.strip() and not _is_trusted(hop.strip()):
            meta["REMOTE_ADDR"] = hop.strip()
            break


def _is_trusted(address: str) -> bool:
    try:
        return any(
            ipaddress.ip_address(address) in network for network in settings.ISOBOT_TRUSTED_PROXIES
        )
    except ValueError:
        return False


def language_and_zone(get_response: Answer) -> Answer:
    """Portuguese and the installation's zone, whatever the browser asks."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with translation.override(settings.LANGUAGE_CODE), timezone.override(settings.TIME_ZONE):
            response = get_response(request)
        response.headers.setdefault("Content-Language", settings.LANGUAGE_CODE)
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware
