"""The front door and the error pages, as pages or as JSON by what was asked for."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.template import loader
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe


@require_safe
@login_required
def home(_request: HttpRequest) -> HttpResponseBase:
    return redirect("omnichannel")


def _answer(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": detail}, status=status)
    # No context processors: an error page must not need the database.
    page = loader.render_to_string(
        f"{status}.html", {"request_id": getattr(request, "request_id", "")}
    )
    return HttpResponse(page, status=status)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _answer(request, 400, _("The request could not be understood."))


def permission_denied(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _answer(request, 403, _("You may not do this."))


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _answer(request, 404, _("Not found."))


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500, _("Something failed on our side. Try again in a moment."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    page = loader.render_to_string(
        "403_csrf.html", {"request_id": getattr(request, "request_id", "")}
    )
    return HttpResponse(page, status=403)
