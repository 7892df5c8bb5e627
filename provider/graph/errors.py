"""What the error codes of the Graph API mean for a send.

The same pair of numbers has changed its meaning over the years, so the text has a say too.
"""

from __future__ import annotations

from provider import http
from provider.contracts import Cause, storable
from provider.errors import (
    AmbiguousError,
    CredentialsError,
    ProviderError,
    RejectedError,
    TemporaryError,
)

TOO_MANY = frozenset({4, 17, 32, 613, 80006})
PASSING = frozenset({1, 2, 1200})
TOKEN_REFUSED = frozenset({102, 190})

WINDOW = frozenset({(10, 2018278), (10, 2018065), (10, 2534022)})
PERSON_GONE = frozenset({(10, 2018108), (100, 2018001), (200, 1545041)})
BY_CODE = {
    3: Cause.SERVICE_ACCESS,
    10: Cause.SERVICE_ACCESS,
    100: Cause.CONTENT,
    368: Cause.SERVICE_ACCESS,
    551: Cause.RECIPIENT,
    36000: Cause.CONTENT,
    2018047: Cause.CONTENT,
    2018294: Cause.CONTENT,
    **dict.fromkeys(range(200, 300), Cause.SERVICE_ACCESS),
}


def refusal(answer: http.Answer) -> ProviderError:
    """The error an answer means that is not a receipt."""
    error = answer.object.get("error")
    error = error if isinstance(error, dict) else {}
    number, part = _number(error.get("code")), _number(error.get("error_subcode"))
    text = error.get("message")
    detail = storable(text)[:300] if isinstance(text, str) and text else f"HTTP {answer.status}"
    code = "/".join(str(n) for n in (number, part) if n) or str(answer.status)
    if number in TOO_MANY or answer.status == 429:
        return TemporaryError(detail, code=code, retry_after=http.pause(answer.headers))
    if number in PASSING or answer.status == 503:
        return TemporaryError(detail, code=code, retry_after=http.pause_if_asked(answer))
    if number in TOKEN_REFUSED or answer.status == 401:
        return CredentialsError(detail, code=code)
    cause = _cause(number, part, detail)
    if cause is not None:
        return RejectedError(detail, cause=cause, code=code)
    if answer.status in (500, 502):
        return TemporaryError(detail, code=code)
    return _by_status(answer.status, detail, code, is_explained=bool(error))


def _by_status(status: int, detail: str, code: str, *, is_explained: bool) -> ProviderError:
    if status >= 500 or status == 408:
        return AmbiguousError(detail, code=code)
    if status < 300 and not is_explained:
        return AmbiguousError("the answer holds no id", code=code)
    cause = Cause.SERVICE_ACCESS if status in (402, 403) else Cause.OTHER
    return RejectedError(detail, cause=cause, code=code)


def _cause(number: int, part: int, text: str) -> Cause | None:
    if (number, part) in WINDOW:
        return Cause.WINDOW
    if number in (10, 551, 200) and "window" in text.lower():
        return Cause.WINDOW
    if (number, part) in PERSON_GONE:
        return Cause.RECIPIENT
    return BY_CODE.get(number)


def _number(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
