"""A longer life for the token of an Instagram account; a page's token has no end to put off."""

from __future__ import annotations

from urllib.parse import urlencode

from provider import http
from provider.contracts import storable
from provider.errors import AmbiguousError, ProviderError, RenewalRefused, TemporaryError
from provider.graph.errors import refusal


def renewed(base: str, token: str) -> str:
    """The token that goes on. Raises RenewalRefused or TemporaryError.

    The one before stays good, so asking again where an answer was lost takes nothing away.
    """
    # This one call of the API takes the token in the address alone.
    query = urlencode({"grant_type": "ig_refresh_token", "access_token": token})
    try:
        answer = http.call("GET", f"{base.rstrip('/')}/refresh_access_token?{query}")
    except AmbiguousError as error:
        raise TemporaryError(error.detail) from error
    found = answer.object.get("access_token")
    if answer.status == 200 and isinstance(found, str) and found.strip():
        return storable(found).strip()
    raise _refused(refusal(answer))


def _refused(error: ProviderError) -> ProviderError:
    if isinstance(error, TemporaryError):
        return error
    if isinstance(error, AmbiguousError):
        return TemporaryError(error.detail, code=error.code)
    return RenewalRefused(error.detail, code=error.code)
