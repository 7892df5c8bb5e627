"""WhatsApp, by Meta's own Cloud API: one phone number per channel.

People may have no phone number there: who hides it is known by an id of letters and digits,
which is kept as it came and is written to by another name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar

from provider import meta
from provider.accounts import AccountReport
from provider.adapter import Adapter
from provider.adapters.whatsapp import account, sending, templates, webhooks
from provider.contracts import (
    ChannelKind,
    Credentials,
    Extra,
    Located,
    Media,
    OutboundMessage,
    Parsed,
    Receipt,
)
from provider.errors import UnreadableBody
from provider.templates import Template, TemplateDraft


class WhatsApp(Adapter):
    slug = "whatsapp"
    label = "WhatsApp Cloud API"
    channels = frozenset({ChannelKind.WHATSAPP})
    credentials: ClassVar[Mapping[str, str]] = {
        "phone_number_id": "",
        "access_token": "",
        "app_secret": "",
        "verify_token": "",
        "business_account_id": "",
        "graph_url": "setting:META_GRAPH_URL",
    }
    optional_names = ("business_account_id",)  # without it there are no templates
    secret_names = ("access_token", "app_secret", "verify_token")
    webhook_fields = ("messages", "smb_message_echoes")
    most_people = 50  # of the 257 it takes, what a bubble shows

    def own_line(self, credentials: Credentials) -> tuple[str, str]:
        return "", credentials["phone_number_id"]

    def verify(self, body: bytes, headers: Mapping[str, str], credentials: Credentials) -> None:
        meta.verify_signature(body, headers, credentials.every("app_secret"))

    def challenge(self, query: Mapping[str, str], credentials: Credentials) -> str | None:
        return meta.challenge(query, credentials["verify_token"])

    def parse(self, body: bytes) -> list[Parsed]:
        try:
            data = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise UnreadableBody(type(error).__name__) from error
        if not isinstance(data, dict):
            raise UnreadableBody("not an object")
        return list(webhooks.items(data))

    def send(self, message: OutboundMessage, credentials: Credentials) -> Receipt:
        return sending.sent(message, credentials)

    def carries(self, kind: ChannelKind, credentials: Credentials) -> frozenset[Extra]:
        return frozenset(Extra)

    def locate(self, media: Media, credentials: Credentials) -> Located:
        return account.located(media, credentials)

    def check(self, credentials: Credentials) -> AccountReport:
        return account.checked(credentials)

    def has_templates(self, credentials: Credentials) -> bool:
        return bool(credentials["business_account_id"])

    def templates(self, credentials: Credentials) -> list[Template]:
        return templates.listed(credentials)

    def create_template(self, draft: TemplateDraft, credentials: Credentials) -> Template:
        return templates.created(draft, credentials)

    def delete_template(self, name: str, credentials: Credentials) -> None:
        templates.deleted(name, credentials)
