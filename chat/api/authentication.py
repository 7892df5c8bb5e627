"""Who is calling: `Authorization: Token …`."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from chat.models import ApiToken
from chat.services import access, profiles


class TokenAuthentication(BaseAuthentication):
    keyword = "Token"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != self.keyword.lower().encode():
            return None
        held = access.holder_of(parts[1].decode("latin-1")) if len(parts) == 2 else None
        if held is None:
            raise AuthenticationFailed(_("The token is not valid. Ask for a new one."))
        # Until the end of the request: `isobot.middleware` puts the language back.
        translation.activate(profiles.choice_of(held[0]).language)
        return held

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Token …"}
