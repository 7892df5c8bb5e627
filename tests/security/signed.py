"""Direct channels as an attacker meets them: an address, and bodies that are signed or are not."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field, replace
from typing import Any

from django.test import Client

META = ("whatsapp", "messenger", "instagram")
BODY = json.dumps({"object": "nothing we know", "entry": [{"id": "A"}]}).encode()
WORDS: dict[str, dict[str, str]] = {
    "whatsapp": {"phone_number_id": "1065400001"},
    "messenger": {"page_id": "2065400001"},
    "instagram": {"account_id": "3065400001"},
    "telegram": {"bot_token": "700000077:AAH-invented_token_of_a_test_000000"},
}
SECRETS = {
    "app_secret": "secret-of-the-app",
    "access_token": "EAAinvented",
    "verify_token": "verify-me",
}


def signature(body: bytes, secret: str) -> str:
    """As Meta signs."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def words(adapter: str, **changed: str) -> dict[str, str]:
    """Credentials of a channel of this adapter."""
    shared = {"secret_token": "word-of-the-bot"} if adapter == "telegram" else SECRETS
    return {**WORDS[adapter], **shared, **changed}


@dataclass(frozen=True)
class Signed:
    """A channel with an address of its own; `supervisor` is a REST client that may change it."""

    adapter: str
    key: str
    pk: int
    supervisor: Any = field(repr=False)
    secret: str = ""

    def at(self, key: str) -> Signed:
        """The same, but at another address."""
        return replace(self, key=key)

    @property
    def address(self) -> str:
        return f"/webhooks/{self.adapter}/{self.key}/"

    def answer(self, body: bytes, given: str | None = None) -> Any:
        header = "x-hub-signature-256"
        if self.adapter == "telegram":
            header = "x-telegram-bot-api-secret-token"
        headers = {} if given is None else {header: given}
        return Client().post(self.address, body, "application/json", headers=headers)

    def posts(self, body: bytes, given: str | None = None) -> int:
        return int(self.answer(body, given).status_code)

    def asked(self, word: str, challenge: str) -> Any:
        query = {"hub.mode": "subscribe", "hub.verify_token": word, "hub.challenge": challenge}
        return Client().get(self.address, query)

    def has(self, **credentials: str) -> None:
        """New credentials, through the door people use."""
        body = {"credentials": credentials}
        answer = self.supervisor.patch(f"/api/v1/channels/{self.pk}/", body, format="json")
        assert answer.status_code == 200, answer.content


WRONG = "not-the-password-1"


def sign_in(client: Client, name: str, password: str = WRONG, **more: Any) -> Any:
    return client.post("/entrar/", {"username": name, "password": password}, **more)
