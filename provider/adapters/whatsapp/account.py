"""What is asked of the Cloud API besides sends: whether it takes the token, and where files are."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from provider import guard, http
from provider.accounts import AccountReport, ReportedLine
from provider.adapters.whatsapp.answers import refusal
from provider.adapters.whatsapp.sending import address
from provider.channels import bare_id
from provider.contracts import Cause, ChannelKind, Credentials, Located, Media, storable
from provider.errors import AmbiguousError, RejectedError
from provider.meta import GRAPH_VERSION

# The token goes to Meta's own hosts and to no other, whatever an answer says.
_HOSTS = re.compile(r"(?:.+\.)?(?:fbsbx\.com|facebook\.com|fbcdn\.net|whatsapp\.net)")


def located(media: Media, credentials: Credentials) -> Located:
    """The address behind a file's id; it ends after five minutes."""
    url = _asked(credentials, quote(media.source, safe="")).get("url")
    if not isinstance(url, str) or not guard.is_at(url, [credentials["graph_url"]], _HOSTS):
        raise RejectedError("the file is not kept by Meta", cause=Cause.CONTENT)
    return Located(url, _authorization(credentials))


def checked(credentials: Credentials) -> AccountReport:
    """Which number the token and the number's id belong to."""
    url = f"{address(credentials)}?fields=display_phone_number,verified_name"
    data = _got(url, credentials)
    number, name = data.get("display_phone_number"), data.get("verified_name")
    if not isinstance(number, str):
        raise AmbiguousError("the answer is not the provider's")
    line = ReportedLine(
        ChannelKind.WHATSAPP,
        credentials["phone_number_id"],
        bare_id(ChannelKind.WHATSAPP, storable(number)),
        True,
        storable(name) if isinstance(name, str) else "",
    )
    return AccountReport((line,))


def _asked(credentials: Credentials, what: str) -> dict[str, Any]:
    return _got(f"{credentials['graph_url']}/{GRAPH_VERSION}/{what}", credentials)


def _got(url: str, credentials: Credentials) -> dict[str, Any]:
    answer = http.call("GET", url, headers=_authorization(credentials))
    if answer.status != 200 or "error" in answer.object:
        raise refusal(answer)
    return answer.object


def _authorization(credentials: Credentials) -> dict[str, str]:
    return {"Authorization": f"Bearer {credentials['access_token']}"}
