"""What an error of the Cloud API means, in an answer or in a status."""

from __future__ import annotations

from typing import Any

from provider import http
from provider.contracts import Cause, storable
from provider.errors import (
    AmbiguousError,
    CredentialsError,
    ProviderError,
    RejectedError,
    TemporaryError,
)

# Nothing was taken; the same message may be tried again in a moment.
RETRY = {1, 2, 131000, 131016, 131053, 131056, 131057}
# The number sends faster than it may: everybody waits.
TOO_FAST = {4, 80007, 130429}
# The token itself was refused.
TOKEN = {0, 190}
CAUSES: dict[int, Cause] = {
    131047: Cause.WINDOW,
    **dict.fromkeys(
        (
            131021, 131026, 131030, 131049, 131050, 131062, 130403, 130472, 130497,
        ),
        Cause.RECIPIENT,
    ),
    **dict.fromkeys(
        (
            132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068, 132069,
        ),
        Cause.TEMPLATE,
    ),
    **dict.fromkeys(
        (
            100, 131008, 131009, 131051, 131052, 131053, 131063, 135000,
        ),
        Cause.CONTENT,
    ),
    **dict.fromkeys(
        (
            3, 10, 33, 368, 131005, 131031, 131037, 131042, 131045, 131048, 131064, 133016,
            *range(200, 300),
        ),
        Cause.SERVICE_ACCESS,
    ),
}  # fmt: skip


def cause_of(code: int) -> Cause:
    """Why a message with this error did not arrive."""
    return Cause.AUTHENTICATION if code in TOKEN else CAUSES.get(code, Cause.OTHER)


def refusal(answer: http.Answer) -> ProviderError:
    """The error an answer means that is no result."""
    error = answer.object.get("error")
    error = error if isinstance(error, dict) else {}
    number, detail = code_of(error), explained(error) or f"HTTP {answer.status}"
    code = str(answer.status if number is None else number)
    if answer.status == 401 or number in TOKEN:
        return CredentialsError(detail, code=code)
    if answer.status == 429 or number in TOO_FAST:
        return TemporaryError(detail, code=code, retry_after=http.pause(answer.headers))
    if number in RETRY or answer.status in (500, 502, 503):
        return TemporaryError(detail, code=code, retry_after=http.pause_if_asked(answer))
    if (400 <= answer.status < 500 and answer.status != 408) or number is not None:
        return RejectedError(detail, cause=_cause(number, answer.status), code=code)
    return AmbiguousError(detail, code=code)


def _cause(number: int | None, status: int) -> Cause:
    if number is not None:
        return cause_of(number)
    return Cause.SERVICE_ACCESS if status in (402, 403) else Cause.OTHER


def code_of(error: dict[str, Any]) -> int | None:
    code = error.get("code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def explained(error: dict[str, Any]) -> str:
    """Meta's own sentence, the fuller one where there are two; the sentence is cut."""
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else None
    for text in (details, error.get("message"), error.get("title")):
        if isinstance(text, str) and text.strip():
            return storable(text).strip()[:300]
    return ""
