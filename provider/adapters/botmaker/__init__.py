"""Botmaker: HTTP API v1 and v2, and both formats of its webhooks.

Documented at help.botmaker.com ("webhook example formats", "How to Send and Receive Messages
via API") and in its OpenAPI description; what is not documented is told apart by its keys.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import ClassVar

from provider.accounts import AccountReport
from provider.adapter import Adapter
from provider.adapters.botmaker import account, files, sending, storage, templates, webhooks
from provider.contracts import (
    ChannelKind,
    Content,
    Credentials,
    Extra,
    Located,
    Media,
    OutboundMessage,
    Parsed,
    Receipt,
)
from provider.errors import ForgedWebhook, UnreadableBody
from provider.templates import Template, TemplateDraft


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
        "phone": "ISOCHATBOT.PROVEDOR_PHONE",
        "api": "ISOCHATBOT.PROVEDOR_API",
        "v1_url": "setting:BOTMAKER_V1_URL",
        "v2_url": "setting:BOTMAKER_V2_URL",
    }
    secret_names = ("access_token", "refresh_token", "secret_id", "webhook_token")
    refresh_names = ("client_id", "secret_id", "refresh_token")
    verified_place = "ISOCHATBOT.PROVEDOR_DATE"

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
        if message.template is not None:
            return sending.template(message, message.template, credentials)
        if credentials["api"] == "v1":
            return sending.by_v1(message, credentials)
        return sending.by_v2(message, credentials)

    def takes(self, content: Content, type_: str, credentials: Credentials) -> bool:
        return files.takes(content, type_, version=credentials["api"] or "v2")

    def carries(self, kind: ChannelKind, credentials: Credentials) -> frozenset[Extra]:
        if credentials["api"] == "v1":
            return frozenset()
        return frozenset(sending.EXTRAS.get(kind, {Extra.LOCATION}))

    def relocate(self, media: Media, credentials: Credentials) -> Located | None:
        return storage.relocated(media, credentials)

    def refresh(self, credentials: Credentials) -> dict[str, str] | None:
        return account.renewed(credentials)

    def check(self, credentials: Credentials) -> AccountReport:
        return account.checked(credentials)

    def has_templates(self, credentials: Credentials) -> bool:
        return True

    def templates(self, credentials: Credentials) -> list[Template]:
        return templates.listed(credentials)

    def create_template(self, draft: TemplateDraft, credentials: Credentials) -> Template:
        return templates.created(draft, credentials)

    def delete_template(self, name: str, credentials: Credentials) -> None:
        templates.deleted(name, credentials)
