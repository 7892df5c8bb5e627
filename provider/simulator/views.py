"""The page and its three calls, passed on to the sandbox's control address over HTTP."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
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

# What the sandbox notes about a webhook or a call, for people; anything else is shown as it is.
NOTES: dict[str, Promise] = {
    "message of the customer": gettext_lazy("message of the customer"),
    "echo": gettext_lazy("copy of what was sent"),
    "by hand": gettext_lazy("sent by hand"),
    "nothing changed": gettext_lazy("nothing changed"),
    "accepted, no id": gettext_lazy("accepted, without an id"),
    "accepted, no answer": gettext_lazy("accepted, but the answer was cut"),
    "closed before recording": gettext_lazy("connection closed before it was taken"),
    "bad_request": gettext_lazy("message refused"),
    "unauthorized": gettext_lazy("not authorised"),
    "unauthorized: header.access-token": gettext_lazy("not authorised"),
    "Not authorized": gettext_lazy("not authorised"),
    "Insufficient credit": gettext_lazy("account without credit"),
    "User window is over 24 hours": gettext_lazy("more than 24 hours since the customer wrote"),
    "rate_limited": gettext_lazy("asks to slow down"),
    "server_error": gettext_lazy("internal error of the provider"),
    "unavailable": gettext_lazy("provider out of service"),
    "problems": gettext_lazy("could not be sent"),
    "The refresh was refused": gettext_lazy("renewal of the token refused"),
    "too large": gettext_lazy("too large"),
    "the caller went away": gettext_lazy("the call was given up"),
}
STATUSES: dict[str, Promise] = {
    "sent": gettext_lazy("message sent"),
    "delivered": gettext_lazy("message delivered"),
    "read": gettext_lazy("message read"),
    "error": gettext_lazy("sending failed"),
    "failed": gettext_lazy("sending failed"),
}
# What a call without a note was for, by the end of its address.
CALLS: dict[str, Promise] = {
    "send-messages": gettext_lazy("message to the customer"),
    "message/v3": gettext_lazy("message to the customer"),
    "trigger-intent": gettext_lazy("template to the customer"),
    "intent/v2": gettext_lazy("template to the customer"),
    "credentials": gettext_lazy("renewal of the token"),
}
TAILS = re.compile(
    r"(?P<what>.*?)(?P<own> of the customer's message)?(?P<copy> \(copy\))?"
    r"(?: \(attempt (?P<attempt>\d+)\))?(?P<lost>: lost)?(?:: (?P<silence>[A-Z]\w+))?"
)


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
    return render(request, "provider/simulator.html", {"zone": settings.TIME_ZONE})


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
    entries = [{**entry, "note": _note(entry)} for entry in log["entries"]]
    return JsonResponse({**phone, "log": entries, "switches": shown})


def _note(entry: dict[str, Any]) -> str:
    """The sandbox's English note in the reader's language."""
    note = entry["note"]
    if not note:
        end = entry["address"].rstrip("/")
        return next((str(words) for tail, words in CALLS.items() if end.endswith(tail)), "")
    if note in NOTES:
        return str(NOTES[note])
    parts = TAILS.fullmatch(note)
    what = parts and _what(parts["what"])
    if not parts or not what:
        return str(note)
    words = [what]
    if parts["own"]:
        words.append(_("(of what the customer wrote)"))
    if parts["copy"]:
        words.append(_("(repeated)"))
    if parts["attempt"]:
        words.append(_("(attempt %(number)s)") % {"number": parts["attempt"]})
    if parts["lost"]:
        words.append(_("– lost on the way"))
    if parts["silence"]:
        words.append(_("– no answer from isobot"))
    return " ".join(words)


def _what(note: str) -> str:
    kind, _space, status = note.partition(" ")
    if kind in ("status", "snapshot") and status in STATUSES:
        return str(STATUSES[status])
    return str(NOTES.get(note, ""))


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
        written = _control("POST", address, json=message)
    except NoSandbox:
        return _absent()
    if "error" in written:
        detail = _("The simulated provider did not take this message.")
        return JsonResponse({"detail": detail}, status=400)
    return JsonResponse(written, status=201)


@require_POST
def switches(request: HttpRequest) -> JsonResponse:
    """Make the simulated provider misbehave, or stop it."""
    asked = {name: value for name, value in _sent(request).items() if name in SWITCHES}
    try:
        held = _control("PUT", "switches", json=asked)
    except NoSandbox:
        return _absent()
    if "error" in held:
        return JsonResponse({"detail": _("This value is not possible.")}, status=400)
    return JsonResponse({name: value for name, value in held.items() if name in SWITCHES})
