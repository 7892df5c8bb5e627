"""Tokens for programs: asked for with a password, given back when done."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.api import serializers as s
from chat.api.common import PROBLEMS, WITH_BODY
from chat.services import access


class TokenView(APIView):
    """Tokens for programs."""

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny() if self.request.method == "POST" else IsAuthenticated()]

    def get_authenticators(self) -> list[Any]:
        # A stale token in the header must not keep its holder from asking for a new one.
        return (
            [] if self.request and self.request.method == "POST" else super().get_authenticators()
        )

    def get_authenticate_header(self, request: Request) -> str:
        return "Token"

    @extend_schema(request=s.Credentials, responses={200: s.Token, **WITH_BODY, 429: s.Problem})
    def post(self, request: Request) -> Response:
        form = s.Credentials(data=request.data)
        form.is_valid(raise_exception=True)
        user = authenticate(request._request, **form.validated_data)
        if getattr(request._request, "too_many_tries", False):
            raise Throttled(detail=_("Too many wrong passwords. Wait 15 minutes and try again."))
        if not isinstance(user, User):
            raise AuthenticationFailed(_("User or password wrong."))
        return Response({"token": access.issue(user)})

    @extend_schema(responses={204: None, **PROBLEMS})
    def delete(self, request: Request) -> Response:
        request.auth.delete()
        return Response(status=204)
