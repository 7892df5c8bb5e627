"""Instagram: the webhooks of a professional account, and the API that sends as it.

Documented as "Instagram API with Instagram Login": the token is the account's own, and the API
has a host of its own. A token of the Facebook page the account is linked to is taken as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar

from provider import meta
from provider.accounts import AccountReport, ReportedLine
from provider.adapter import Adapter
from provider.contracts import (
    ChannelKind,
    Credentials,
    Extra,
    Line,
    OutboundMessage,
    Parsed,
    Receipt,
)
from provider.errors import RenewalRefused
from provider.graph import renewal, sending, webhooks
from provider.graph.values import is_digest

FACEBOOK, OWN_HOST = "https://graph.facebook.com", "https://graph.instagram.com"
# How tokens of Facebook's apps begin; those of Instagram Login begin otherwise.
PAGE_TOKEN = "EAA"  # noqa: S105 - the beginning of every such token


class Instagram(Adapter):
    slug = "instagram"
    label = "Instagram"
    channels = frozenset({ChannelKind.INSTAGRAM})
    credentials: ClassVar[Mapping[str, str]] = {
        "account_id": "",
        "access_token": "",
        "app_secret": "",
        "verify_token": "",
        "graph_url": "setting:META_GRAPH_URL",
    }
    secret_names = ("access_token", "app_secret", "verify_token")
    refresh_names = ("access_token",)
    tells_names = True
    webhook_fields = ("messages", "messaging_postbacks", "messaging_seen")

    def own_line(self, credentials: Credentials) -> tuple[str, str]:
        return credentials["account_id"], credentials["account_id"]

    def verify(self, body: bytes, headers: Mapping[str, str], credentials: Credentials) -> None:
        meta.verify_signature(body, headers, credentials.every("app_secret"))

    def challenge(self, query: Mapping[str, str], credentials: Credentials) -> str | None:
        return meta.challenge(query, credentials["verify_token"])

    def parse(self, body: bytes) -> list[Parsed]:
        return webhooks.parse(body, Line(self.slug, ChannelKind.INSTAGRAM), "instagram")

    def send(self, message: OutboundMessage, credentials: Credentials) -> Receipt:
        base, token = _base(credentials), credentials["access_token"]
        account = credentials["account_id"] or message.line.line
        if base == FACEBOOK:
            account = "me"  # there it is the page that sends, which only its token names
        return sending.send(message, sending.address(base, account), token)

    def carries(self, kind: ChannelKind, credentials: Credentials) -> frozenset[Extra]:
        return frozenset({Extra.REPLY})

    def can_answer(self, external_id: str) -> bool:
        return not is_digest(external_id)  # of a postback without an id

    def check(self, credentials: Credentials) -> AccountReport | None:
        account = credentials["account_id"]
        if not account:
            return None
        url = sending.address(_base(credentials), account)
        name = "".join(sending.name_of(url, credentials["access_token"], "username"))
        return AccountReport((ReportedLine(ChannelKind.INSTAGRAM, "", account, True, name),))

    def refresh(self, credentials: Credentials) -> dict[str, str]:
        if _is_of_page(credentials):
            raise RenewalRefused("the token of a page is not renewed")
        return {"access_token": renewal.renewed(_base(credentials), credentials["access_token"])}

    def renew_after(self, credentials: Credentials) -> timedelta | None:
        """It lives 60 days, counted anew from each renewal; one younger than a day is not renewed.

        A week leaves many tries, each an incident that people see, before it ends.
        """
        return None if _is_of_page(credentials) else timedelta(days=7)

    def name_of(self, contact_id: str, credentials: Credentials) -> str:
        url = sending.address(_base(credentials), contact_id)
        names = sending.name_of(url, credentials["access_token"], "name", "username")
        return names[0] if names else ""


def _base(credentials: Credentials) -> str:
    """The vendor has two hosts, told apart by the token; an address set instead is for both."""
    base = credentials["graph_url"].rstrip("/")
    return OWN_HOST if base == FACEBOOK and not _is_of_page(credentials) else base


def _is_of_page(credentials: Credentials) -> bool:
    return credentials["access_token"].startswith(PAGE_TOKEN)
