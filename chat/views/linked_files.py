"""A file as its provider fetches it: by a signed link, without signing in."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from chat import serving
from chat.services import uploads
from provider import gateway, links


@require_safe
def linked(request: HttpRequest, signed: str) -> HttpResponseBase:
    """The file a link was made for, to be saved and never shown in place."""
    try:
        key = gateway.linked_file(signed)
    except links.BadLink as error:
        raise PermissionDenied from error
    attachment = uploads.linked(key)
    if attachment is None:
        raise Http404
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse()
    else:
        response = serving.streamed(request, attachment.file, 0, attachment.size or 0)
    response.headers["Content-Type"] = attachment.type or "application/octet-stream"
    response.headers["Content-Length"] = str(attachment.size)
    disposition = content_disposition_header(True, attachment.name or "file")
    response.headers["Content-Disposition"] = str(disposition)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
