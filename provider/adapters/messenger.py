"""Messenger: the webhooks of a Facebook page, and the Graph API's Send API."""

from __future__ import annotations

from collections.abc import Mapping
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
from provider.graph import sending, webhooks
from provider.graph.values import is_digest


class Messenger(Adapter):
    slug = "messenger"
    label = "Messenger"
    channels = frozenset({ChannelKind.MESSENGER})
    credentials: ClassVar[Mapping[str, str]] = {
        "page_id": "",
        "access_token": "",
        "app_secret": "",
        "verify_token": "",
        "graph_url": "setting:META_GRAPH_URL",
    }
    secret_names = ("access_token", "app_secret", "verify_token")
    tells_names = True
    webhook_fields = (
        "messages",
        "messaging_postbacks",
        "message_deliveries",
        "message_reads",
        "message_echoes",
    )

    def own_line(self, credentials: Credentials) -> tuple[str, str]:
        return credentials["page_id"], credentials["page_id"]

    def verify(self, body: bytes, headers: Mapping[str, str], credentials: Credentials) -> None:
        meta.verify_signature(body, headers, credentials.every("app_secret"))

    def challenge(self, query: Mapping[str, str], credentials: Credentials) -> str | None:
        return meta.challenge(query, credentials["verify_token"])

    def parse(self, body: bytes) -> list[Parsed]:
        return webhooks.parse(body, Line(self.slug, ChannelKind.MESSENGER), "page")

    def send(self, message: OutboundMessage, credentials: Credentials) -> Receipt:
        url = sending.address(credentials["graph_url"], credentials["page_id"] or message.line.line)
        # Our reference comes back in the echo, and ties it where the answer was lost.
        reference = str(message.reference)
        return sending.send(message, url, credentials["access_token"], metadata=reference)

    def carries(self, kind: ChannelKind, credentials: Credentials) -> frozenset[Extra]:
        return frozenset({Extra.REPLY})

    def can_answer(self, external_id: str) -> bool:
        return not is_digest(external_id)  # of a postback without an id

    def check(self, credentials: Credentials) -> AccountReport | None:
        page = credentials["page_id"]
        if not page:
            return None
        url = sending.address(credentials["graph_url"], page)
        name = "".join(sending.name_of(url, credentials["access_token"], "name"))
        return AccountReport((ReportedLine(ChannelKind.MESSENGER, "", page, True, name),))

    def name_of(self, contact_id: str, credentials: Credentials) -> str:
        url = sending.address(credentials["graph_url"], contact_id)
        names = sending.name_of(url, credentials["access_token"], "first_name", "last_name")
        return " ".join(names)
