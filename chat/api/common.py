"""What the calls share: who is calling, who may, and the refusals their descriptions name."""

from __future__ import annotations

from django.contrib.auth.models import User
from drf_spectacular.utils import OpenApiResponse
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from chat import permissions
from chat.api import serializers as s

BAD_INPUT = {
    "type": "object",
    "additionalProperties": {
        "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
    },
}
# Every call may be refused for its input, its login, its rights, or what it names (a page of a
# list, too).
PROBLEMS = {
    400: OpenApiResponse(BAD_INPUT, "Bad input: sentences by field, or a `detail`"),
    401: s.Problem,
    403: s.Problem,
    404: s.Problem,
}
# A call with a body: another content type is not read.
WITH_BODY = {**PROBLEMS, 415: s.Problem}
CONFLICT = {**WITH_BODY, 409: s.ConflictProblem}


class IsSupervisor(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        user = request.user
        return isinstance(user, User) and permissions.is_supervisor(user)


def caller(request: Request) -> User:
    """Who is calling; the permission classes let nobody else in."""
    user = request.user
    if not permissions.is_person(user):
        raise NotAuthenticated
    return user
