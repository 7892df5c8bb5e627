"""How a refusal reads as JSON."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from chat.conflicts import conflict
from chat.errors import BadInput, Conflict, NotAllowed, TooLarge, TooMany
from parameters.kinds import BadValue
from provider.contracts import storable


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """What was sent may be quoted in the sentences, and not all of it can be sent back."""
    response = _answer(error, context)
    if response is not None:
        response.data = _sendable(response.data)
    return response


def _sendable(data: Any) -> Any:
    match data:
        case str():
            return storable(data)
        case dict():
            return {_sendable(name): _sendable(value) for name, value in data.items()}
        case list():
            return [_sendable(value) for value in data]
    return data


def _answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer for one of our refusals; REST framework's own for the rest."""
    match error:
        case Conflict():
            return Response(conflict(error), status=409)
        case NotAllowed():
            return Response({"detail": str(error.detail)}, status=403)
        case BadInput():
            return Response({error.field: [str(error.detail)]}, status=400)
        case BadValue():
            return Response({error.field: [str(error.message)]}, status=400)
        case TooLarge():
            return Response({"detail": str(error.detail)}, status=413)
        case TooMany():
            return Response({"detail": str(error.detail)}, status=429)
        case RequestDataTooBig():
            return Response({"detail": _("What was sent is too large.")}, status=413)
        case RecursionError():
            # A body nested without end; the JSON reader gives up on it this way.
            return Response({"detail": _("The body is nested too deeply.")}, status=400)
        case ValidationError() if isinstance(error.detail, dict):
            return Response({name: _flat(problem) for name, problem in error.detail.items()}, 400)
    return exception_handler(error, context)


def _flat(problem: Any) -> list[str]:
    """The sentences of a field, however deep its parts are."""
    if isinstance(problem, dict):
        problem = list(problem.values())
    if isinstance(problem, list):
        return [sentence for part in problem for sentence in _flat(part)]
    return [str(problem)]
