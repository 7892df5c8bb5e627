"""What every request gets: an id in its logs and its answer, a language and a time zone."""

from __future__ import annotations

import codecs
import ipaddress
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from chat.services import profiles
from isobot import sessions

Answer = Callable[[HttpRequest], HttpResponse]
# Nobody looks at these signed in: whose language it is costs no query there.
FOR_PROGRAMS = ("/health/", "/static/", "/webhooks/", "/metrics", "/api/", "/media/")
# What open screens ask for while nobody is there.
BY_ITSELF = ("omnichannel-list", "omnichannel-messages", "omnichannel-events", "console-news")


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
    """Portuguese and the installation's zone, whatever the browser asks, until somebody chooses.

    What a view activates, as REST does for the holder of a token, ends with the request.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        is_for_people = not request.path.startswith(FOR_PROGRAMS)
        choice = _chosen(request) if is_for_people else profiles.DEFAULT
        with translation.override(choice.language), timezone.override(choice.zone):
            response = get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language())
        if request.path.startswith("/api/v1/") or (is_for_people and _is_signed_in(request)):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def stay_signed_in(get_response: Answer) -> Answer:
    """Who does something stays signed in; what an open screen asks by itself is nobody's doing."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        match = request.resolver_match
        is_for_people = not request.path.startswith(FOR_PROGRAMS)
        if match and match.view_name not in BY_ITSELF and is_for_people and _is_signed_in(request):
            sessions.go_on(request.session)
        return response

    return middleware


def readable_charset(get_response: Answer) -> Answer:
    """Forms and JSON are UTF-8: other charsets decode to text no page and no database can hold.

    Webhooks are read as bytes, whatever they say they are.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        charset = (request.content_params or {}).get("charset", "utf-8")
        if not request.path.startswith("/webhooks/") and not _is_utf8(charset):
            raise BadRequest("a charset other than UTF-8")
        return get_response(request)

    return middleware


def _is_utf8(charset: str) -> bool:
    try:
        return codecs.lookup(charset).name in ("utf-8", "ascii")
    except (LookupError, ValueError):
        return False


def _chosen(request: HttpRequest) -> profiles.Choice:
    try:
        if isinstance(request.user, User):
            return profiles.choice_of(request.user)
    except DatabaseError:
        pass  # the page that needs the database says so itself, in the last known language
    return profiles.Choice(profiles.known_language(request.COOKIES.get(profiles.COOKIE, "")))


def _is_signed_in(request: HttpRequest) -> bool:
    try:
        return bool(request.user.is_authenticated)
    except DatabaseError:
        return False
