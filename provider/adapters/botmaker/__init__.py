"""Botmaker: HTTP API v1 and v2, and both formats of its webhooks.

Documented at help.botmaker.com ("webhook example formats", "How to Send and Receive Messages
via API") and in its OpenAPI description; what is not documented is told apart by its keys.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import ClassVar

from provider.adapter import Adapter
from provider.adapters.botmaker import sending, webhooks
from provider.contracts import ChannelKind, Credentials, OutboundMessage, Parsed, Receipt
from provider.errors import ForgedWebhook, UnreadableBody


class Botmaker(Adapter):
    slug = "botmaker"
    label = "Botmaker"
    channels = frozenset(ChannelKind)
    credentials: ClassVar[Mapping[str, str]] = {
        "access_token": "ISOCHATBOT.PROVEDOR_TOKEN",
        "refresh_token": "ISOCHATBOT.PROVEDOR_REFRESHTOKEN",
        "client_id": "ISOCHATBOT.PROVEDOR_ID",
        "account": "ISOCHATBOT.PROVEDOR_ACCOUNT",
        "secret_id": "ISOCHATBOT.PROVEDOR_SECRET_ID",
        "webhook_token": "ISOCHATBOT.PROVEDOR_WEBHOOK_TOKEN",
        "api": "ISOCHATBOT.PROVEDOR_API",
        "v1_url": "setting:BOTMAKER_V1_URL",
        "v2_url": "setting:BOTMAKER_V2_URL",
    }
    secret_names = ("access_token", "refresh_token", "secret_id", "webhook_token")
    refresh_names = ("refresh_token", "secret_id", "client_id")

    def verify(self, body: bytes, headers: Mapping[str, str], credentials: Credentials) -> None:
        expected = credentials["webhook_token"]
        received = headers.get("auth-bm-token", "")
        # Compared as bytes: compare_digest raises on text that is not ASCII.
        if not expected or not hmac.compare_digest(
            received.encode("utf-8", "surrogateescape"), expected.encode()
        ):
            raise ForgedWebhook("auth-bm-token is missing or wrong")

    def parse(self, body: bytes) -> list[Parsed]:
        try:
            data = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise UnreadableBody(type(error).__name__) from error
        if not isinstance(data, dict):
            raise UnreadableBody("not an object")
        return list(webhooks.items(data))

    def send(self, message: OutboundMessage, credentials: Credentials) -> Receipt:
        if credentials["api"] == "v1":
            return sending.by_v1(message, credentials)
        return sending.by_v2(message, credentials)

    def refresh(self, credentials: Credentials) -> dict[str, str] | None:
        return sending.renewed(credentials)
