"""What is asked of Botmaker about the account itself: whether it takes the token, and a new one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provider import http
from provider.accounts import AccountReport, ReportedLine
from provider.adapters.botmaker.sending import explained, refusal
from provider.adapters.botmaker.webhooks import PLATFORMS
from provider.channels import bare_id
from provider.contracts import Credentials, storable
from provider.errors import AmbiguousError, RenewalRefused, TemporaryError

# Where each platform keeps the name its line has elsewhere (GET /channels).
_NUMBERS = ("number", "recipientId", "pageId")


def checked(credentials: Credentials) -> AccountReport:
    """Ask something harmless that only the holder of the token is answered."""
    if credentials["api"] == "v1" and credentials["phone"]:
        report = _by_v1(credentials)
        if report is not None:
            return report
    return _by_v2(credentials)


def _by_v1(credentials: Credentials) -> AccountReport | None:
    """v1 has no call about the account; whether the own line is on WhatsApp does as well.

    None where this says nothing of the token: the call is not there, or it is another line.
    """
    answer = http.call(
        "POST",
        f"{credentials['v1_url']}/customer/checkWhatsAppContact",
        headers={"access-token": credentials["access_token"]},
        payload={"chatChannelNumber": credentials["phone"], "contacts": [credentials["phone"]]},
    )
    if answer.status in (400, 404):
        return None
    _expect_object(answer)
    return AccountReport()


def _by_v2(credentials: Credentials) -> AccountReport:
    headers = {"access-token": credentials["access_token"]}
    answer = http.call("GET", f"{credentials['v2_url']}/channels", headers=headers)
    if answer.status == 404:
        # Its body is the credentials themselves, so nothing of it is kept.
        answer = http.call("GET", f"{credentials['v2_url']}/auth/credentials", headers=headers)
        _expect_object(answer)
        return AccountReport()
    _expect_object(answer)
    items = answer.object.get("items")
    return AccountReport(tuple(_lines(items)) if isinstance(items, list) else None)


def _expect_object(answer: http.Answer) -> None:
    if answer.status != 200:
        raise refusal(answer)
    if not isinstance(answer.data, dict):
        raise AmbiguousError("the answer is not the provider's", code=str(answer.status))


def _lines(items: list[Any]) -> Iterator[ReportedLine]:
    for item in items:
        kind = PLATFORMS.get(_text(item, "platform").lower()) if isinstance(item, dict) else None
        if kind is None:
            continue
        reference = _text(item, "id")
        number = next((text for name in _NUMBERS if (text := _text(item, name))), "")
        # A Telegram line has no number but its bot's token, which is a secret; its id ends in
        # the public part of it.
        number = number or reference.rpartition("-")[2]
        yield ReportedLine(
            kind, reference, bare_id(kind, number), item.get("active") is True, _text(item, "name")
        )


def _text(item: dict[str, Any], name: str) -> str:
    value = item.get(name)
    return storable(value).strip() if isinstance(value, str) else ""


def renewed(credentials: Credentials) -> dict[str, str] | None:
    """The new pair of tokens, or None where the provider kept the old one."""
    names = ("clientId", "secretId", "refreshToken")
    client_id = credentials["client_id"] or credentials["account"]
    values = (client_id, credentials["secret_id"], credentials["refresh_token"])
    asked = dict(zip(names, values, strict=True))
    headers = {"access-token": credentials["access_token"]}
    try:
        if credentials["api"] == "v1":
            url = f"{credentials['v1_url']}/auth/credentials"
            answer = http.call("POST", url, headers={**headers, **asked})
        else:
            url = f"{credentials['v2_url']}/auth/credentials"
            answer = http.call("POST", url, headers=headers, payload=asked)
    except AmbiguousError as error:
        # The provider may have rotated the pair; the next try will tell.
        raise TemporaryError(error.detail) from error
    return _pair(answer)


def _pair(answer: http.Answer) -> dict[str, str] | None:
    if answer.status == 204:
        return None
    access, refresh = answer.object.get("accessToken"), answer.object.get("refreshToken")
    if answer.status == 200 and isinstance(access, str) and isinstance(refresh, str):
        return {"access_token": access, "refresh_token": refresh}
    code, detail = explained(answer)
    if 400 <= answer.status < 500 and answer.status != 429:
        raise RenewalRefused(detail, code=code)
    raise TemporaryError(detail, code=code)
