"""The page and its three calls, passed on to the sandbox's control address over HTTP."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

import requests
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from provider.channels import FACTS
from provider.contracts import ChannelKind

PLATFORMS = [kind.value for kind in ChannelKind]
SWITCHES = frozenset(
    {
        "webhook_copies",
        "webhook_delay_ms",
        "webhook_reorder",
        "webhooks_lost",
        "send",
        "media",
        "token",
        "refresh",
        "auto_read",
        "webhook_format",
    }
)
SECONDS = 5
SANDBOX = "BOTMAKER_V2_URL"  # the base address that is the sandbox's in the demo
PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")
OTHER = "application/octet-stream"
# What the phone sends where a real one would ask where its owner is, or open the address book.
EXAMPLES: dict[str, dict[str, Any]] = {
    "location": {
        "name": "Praça Tiradentes",
        "address": "Centro, Curitiba - PR",
        "latitude": -25.4296,
        "longitude": -49.2719,
    },
    "contact": {
        "name": {"formatted_name": "João Reis", "first_name": "João", "last_name": "Reis"},
        "phones": [{"phone": "+55 41 98888-0000", "type": "CELL", "wa_id": "5541988880000"}],
        "emails": [{"email": "joao.reis@example.com", "type": "WORK"}],
    },
    "unsupported": {"name": "Enquete: qual dia é melhor para a entrega?"},
}

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


class TooLarge(Exception):
    """A file the sandbox does not keep."""


def _base() -> SplitResult:
    """Where the sandbox answers as the provider."""
    return urlsplit(str(getattr(settings, SANDBOX)))


def _control(method: str, address: str, **options: Any) -> Any:
    base = _base()
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


@require_safe
def received_file(request: HttpRequest, name: str) -> HttpResponse:
    """A file the customer was sent, as the sandbox fetched it; shown where a phone shows it."""
    base = _base()
    address = f"{base.scheme}://{base.netloc}/_sandbox/files/{name}"
    try:
        answer = requests.get(address, timeout=SECONDS, allow_redirects=False)
    except requests.RequestException:
        return _absent()
    if answer.status_code != 200:
        raise Http404
    kind = answer.headers.get("Content-Type", "")
    shown = kind in PICTURES or kind.startswith(("audio/", "video/"))
    response = HttpResponse(answer.content, content_type=kind if shown else OTHER)
    response.headers["X-Content-Type-Options"] = "nosniff"
    if not shown:
        response.headers["Content-Disposition"] = "attachment"
    return response


def _absent() -> JsonResponse:
    detail = _("The simulated provider does not answer. The demo uses another provider's address.")
    return JsonResponse({"detail": detail}, status=503)


@require_safe
@ensure_csrf_cookie
def page(request: HttpRequest) -> HttpResponse:
    captions = [kind.value for kind, facts in FACTS.items() if facts.max_caption]
    context = {"zone": settings.TIME_ZONE, "captions": " ".join(captions)}
    return render(request, "provider/simulator.html", context)


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
    message.update({name: EXAMPLES[name] for name in EXAMPLES if data.get("example") == name})
    if not message.keys() & {"text", *EXAMPLES}:
        return JsonResponse({"detail": _("Write something first.")}, status=400)
    return _write(platform, contact, message)


@require_POST
def attach(request: HttpRequest) -> JsonResponse:
    """The customer sends files; the sandbox keeps them where the provider's storage would be."""
    platform, contact = request.POST.get("platform", ""), request.POST.get("contact", "")
    files = request.FILES.getlist("file")
    if platform not in PLATFORMS or not contact.strip():
        return JsonResponse({"detail": _("Choose a channel and a customer.")}, status=400)
    if not files or not all(file.size for file in files):
        return JsonResponse({"detail": _("Choose a file that is not empty.")}, status=400)
    try:
        media = [_kept(file) for file in files]
    except NoSandbox:
        return _absent()
    except TooLarge:
        detail = _("The simulated provider takes files of up to 20 MB.")
        return JsonResponse({"detail": detail}, status=413)
    words = {name: value for name in ("name", "text") if (value := request.POST.get(name))}
    # Pictures chosen together are one album; other files are messages of their own.
    is_album = all(one["kind"] == "image" for one in media)
    for together in [media] if is_album else [[one] for one in media]:
        answer = _write(platform, contact, {**words, "media": together})
        words.pop("text", None)
    return answer


def _kept(file: UploadedFile[Any]) -> dict[str, str]:
    """What the sandbox calls a file it now keeps. Raises NoSandbox or TooLarge."""
    headers = {"Content-Type": file.content_type or OTHER}
    kept = _control("POST", "media", data=file, headers=headers)
    if "path" not in kept:
        raise TooLarge
    base = _base()
    url = f"{base.scheme}://{base.netloc}{kept['path']}{quote(file.name or 'arquivo', safe='')}"
    first = (file.content_type or "").partition("/")[0]
    return {"kind": first if first in ("image", "audio", "video") else "file", "url": url}


def _write(platform: str, contact: str, message: dict[str, Any]) -> JsonResponse:
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
