"""Files that Botmaker keeps from who does not ask with the account's token."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from provider import guard, http
from provider.adapters.botmaker.sending import refusal
from provider.contracts import Credentials, Located, Media

_OWN = re.compile(r".+\.botmaker\.com")
_BUCKETS = re.compile(r"storage\.googleapis\.com")
LINK_MINUTES = 15  # the longest it gives


def relocated(media: Media, credentials: Credentials) -> Located | None:
    """A link that opens for a while; None where the file is not in the provider's storage."""
    if not _is_stored_there(media.source, credentials):
        return None
    asked = urlencode({"file-url": media.source, "expire-minutes": LINK_MINUTES})
    answer = http.call(
        "GET",
        f"{credentials['v2_url']}/private-media/temp-access-link?{asked}",
        headers={"access-token": credentials["access_token"]},
    )
    if answer.status != 200:
        raise refusal(answer)
    # Which of these it is, is not written anywhere.
    said = (answer.object.get("tempUrl"), answer.object.get("url"), answer.data, answer.text)
    links = (one.strip() for one in said if isinstance(one, str))
    link = next((one for one in links if one.startswith(("https://", "http://"))), "")
    return Located(link) if link else None


def _is_stored_there(url: str, credentials: Credentials) -> bool:
    """Its own storage: it is asked about no address that somebody merely wrote down."""
    if guard.is_at(url, [credentials["v2_url"]], _OWN):
        return True
    in_bucket = url.partition("storage.googleapis.com")[2].startswith("/storage.botmaker.com/")
    return in_bucket and guard.is_at(url, [], _BUCKETS)
