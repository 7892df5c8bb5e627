"""The page and its three calls, passed on to the sandbox's control address over HTTP."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from provider.contracts import ChannelKind

PLATFORMS = [kind.value for kind in ChannelKind]
SWITCHES = frozenset(
    {
        "webhook_copies",
        "webhook_delay_ms",
        "webhook_reorder",
        "webhooks_lost",
        "send",
        "token",
        "auto_read",
        "webhook_format",
    }
)
SECONDS = 5


class NoSandbox(Exception):
    """Nothing answers as the sandbox at the provider's address."""


def _control(method: str, address: str, **options: Any) -> Any:
    base = urlsplit(settings.BOTMAKER_V2_URL)
    try:
        answer = requests.request(
            method,
            f"{base.scheme}://{base.netloc}/_sandbox/{address}",
            timeout=SECONDS,
            allow_redirects=False,
            **options,
        )
        body = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise NoSandbox from error
    if answer.status_code == 404:
        raise NoSandbox
    return body


def _absent() -> JsonResponse:
    detail = _("The simulated provider does not answer. The demo uses another provider's address.")
    return JsonResponse({"detail": detail}, status=503)


@require_safe
@ensure_csrf_cookie
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "provider/simulator.html")


@require_safe
def state(request: HttpRequest) -> JsonResponse:
    """The phone's messages and the log, new or changed since the versions the page knows."""
    platform = request.GET.get("platform", "")
    contact = request.GET.get("contact", "")
    if platform not in PLATFORMS or not contact:
        return JsonResponse({"detail": _("Choose a channel and a customer.")}, status=400)
    try:
        phone = _control(
            "GET",
            f"phones/{platform}/{quote(contact, safe='')}/",
            params={"after": _number(request, "after")},
        )
        log = _control("GET", "log", params={"after": _number(request, "log_after")})
        held = _control("GET", "switches")
    except NoSandbox:
        return _absent()
    shown = {name: value for name, value in held.items() if name in SWITCHES}
    return JsonResponse({**phone, "log": log["entries"], "switches": shown})


def _number(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _sent(request: HttpRequest) -> dict[str, Any]:
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


@require_POST
def write(request: HttpRequest) -> JsonResponse:
    """The customer writes, or taps a row of a list."""
    data = _sent(request)
    platform, contact = data.get("platform"), data.get("contact")
    if platform not in PLATFORMS or not isinstance(contact, str) or not contact.strip():
        return JsonResponse({"detail": _("Choose a channel and a customer.")}, status=400)
    names = ("text", "name", "button_payload")
    message = {name: data[name] for name in names if isinstance(data.get(name), str) and data[name]}
    if not message.get("text"):
        return JsonResponse({"detail": _("Write something first.")}, status=400)
    address = f"phones/{platform}/{quote(contact.strip(), safe='')}/messages"
    try:
        return JsonResponse(_control("POST", address, json=message), status=201)
    except NoSandbox:
        return _absent()


@require_POST
def switches(request: HttpRequest) -> JsonResponse:
    """Make the simulated provider misbehave, or stop it."""
    asked = {name: value for name, value in _sent(request).items() if name in SWITCHES}
    try:
        held = _control("PUT", "switches", json=asked)
    except NoSandbox:
        return _absent()
    if "error" in held:
        return JsonResponse({"detail": held["error"]}, status=400)
    return JsonResponse({name: value for name, value in held.items() if name in SWITCHES})
