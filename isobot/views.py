"""The front door and the error pages, as pages or as JSON by what was asked for."""

from __future__ import annotations

import sys
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.template import loader
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chat import permissions

RETRY_AFTER = 10  # seconds


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponseBase:
    user = request.user
    is_supervisor = permissions.is_person(user) and permissions.is_supervisor(user)
    return redirect("console-home" if is_supervisor else "omnichannel")


def _answer(request: HttpRequest, status: int, detail: str, page: str = "") -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": detail}, status=status)
    # No context processors: an error page must not need the database.
    text = loader.render_to_string(
        page or f"{status}.html", {"request_id": getattr(request, "request_id", "")}
    )
    return HttpResponse(text, status=status)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    # Django takes a body that is too large for one that is wrong.
    if isinstance(exception, RequestDataTooBig):
        return _answer(request, 413, _("What was sent is too large."))
    return _answer(request, 400, _("The request could not be understood."))


def permission_denied(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _answer(request, 403, _("You may not do this."))


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _answer(request, 404, _("Not found."))


def too_many(request: HttpRequest, page: str = "429.html") -> HttpResponse:
    return _answer(request, 429, _("Too many attempts. Wait 15 minutes and try again."), page)


def server_error(request: HttpRequest) -> HttpResponse:
    """Called while the error is being handled; one of the database's is over when it is back."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        answer = _answer(request, 503, _("The system is not ready. Try again in a moment."))
        answer.headers["Retry-After"] = str(RETRY_AFTER)
        return answer
    return _answer(request, 500, _("Something failed on our side. Try again in a moment."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(request, 403, _("You may not do this."), "403_csrf.html")
