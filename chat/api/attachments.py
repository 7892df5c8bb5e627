"""The files of messages."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from chat import selectors, serving
from chat.api.common import PROBLEMS, caller


class AnyType(BaseContentNegotiation):
    """A file is sent as what it is; only a refusal is JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class AttachmentView(APIView):
    content_negotiation_class = AnyType

    @extend_schema(
        responses={
            (200, "*/*"): OpenApiResponse(OpenApiTypes.BINARY, "The file; `Range` is understood"),
            (206, "*/*"): OpenApiResponse(OpenApiTypes.BINARY, "The part of it asked for"),
            304: OpenApiResponse(description="It is the one of `If-None-Match`"),
            416: OpenApiResponse(description="The file has no such part"),
            **PROBLEMS,
        }
    )
    def get(self, request: Request, key: str) -> HttpResponseBase:
        found = selectors.attachment_for(caller(request), key)
        if found is None or not found.file:
            raise Http404
        return serving.send(request._request, found)
