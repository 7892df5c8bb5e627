"""Telegram: the Bot API (core.telegram.org/bots/api), one bot per channel.

Private chats are served; what a bot hears in groups and channels is not. The address of every
call holds the bot's token, so no address is kept, shown or told in an error.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar

from provider.accounts import AccountReport
from provider.adapter import Adapter
from provider.adapters.telegram import api, updates
from provider.contracts import (
    ChannelKind,
    Credentials,
    Extra,
    InboundMessage,
    Located,
    Media,
    OutboundMessage,
    Parsed,
    Receipt,
)
from provider.errors import ForgedWebhook, UnreadableBody

SECRET = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header


class Telegram(Adapter):
    slug = "telegram"
    label = "Telegram"
    channels = frozenset({ChannelKind.TELEGRAM})
    credentials: ClassVar[Mapping[str, str]] = {
        "bot_token": "",
        "secret_token": "",
        "api_url": "setting:TELEGRAM_API_URL",
    }
    secret_names = ("bot_token", "secret_token")
    token_name = "bot_token"  # noqa: S105 - a name, not a token
    webhook_fields = (
        "message", "edited_message", "callback_query", "my_chat_member", "message_reaction",
    )  # fmt: skip
    registers_webhook = True

    def own_line(self, credentials: Credentials) -> tuple[str, str]:
        return api.bot_id(credentials), ""

    def verify(self, body: bytes, headers: Mapping[str, str], credentials: Credentials) -> None:
        received = headers.get(SECRET, "").encode("utf-8", "surrogateescape")
        expected = credentials["secret_token"].encode()
        if not expected or not hmac.compare_digest(received, expected):
            raise ForgedWebhook(f"{SECRET} is missing or wrong")

    def parse(self, body: bytes) -> list[Parsed]:
        try:
            data = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise UnreadableBody(type(error).__name__) from error
        if not isinstance(data, dict):
            raise UnreadableBody("not an object")
        return [updates.item(data)]

    def acknowledge(self, message: InboundMessage) -> Callable[[Credentials], None] | None:
        query = updates.query_of(message.external_id)
        return partial(api.answer_query, query) if query else None

    def send(self, message: OutboundMessage, credentials: Credentials) -> Receipt:
        return api.sent(message, credentials)

    def carries(self, kind: ChannelKind, credentials: Credentials) -> frozenset[Extra]:
        return frozenset(Extra)

    def can_answer(self, external_id: str) -> bool:
        return not updates.query_of(external_id)  # a tapped button is no message

    def locate(self, media: Media, credentials: Credentials) -> Located:
        return api.located(media, credentials)

    def check(self, credentials: Credentials) -> AccountReport:
        return api.checked(credentials)

    def register_webhook(self, url: str, credentials: Credentials) -> None:
        api.register_webhook(url, self.webhook_fields, credentials)
