"""What the adapters of Meta's channels share: how its webhooks are signed and subscribed.

Adapters do not lean on each other; they may lean on this.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from provider.errors import ForgedWebhook

SIGNATURE = "x-hub-signature-256"
GRAPH_VERSION = "v25.0"


def verify_signature(body: bytes, headers: Mapping[str, str], secrets: tuple[str, ...]) -> None:
    """Return if the body was signed with one of these app secrets. Raises ForgedWebhook.

    Signed are the bytes as they came: a body that was parsed and written anew does not match.
    """
    received = headers.get(SIGNATURE, "").encode("utf-8", "surrogateescape")
    if not any(hmac.compare_digest(received, _signature(body, secret)) for secret in secrets):
        raise ForgedWebhook(f"{SIGNATURE} is missing or wrong")


def _signature(body: bytes, secret: str) -> bytes:
    return b"sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()


def challenge(query: Mapping[str, str], verify_token: str) -> str | None:
    """What to echo when Meta subscribes to the address; None where it does not know the token."""
    given = query.get("hub.verify_token", "").encode("utf-8", "surrogateescape")
    is_known = bool(verify_token) and hmac.compare_digest(given, verify_token.encode())
    if query.get("hub.mode") != "subscribe" or not is_known:
        return None
    return query.get("hub.challenge", "")
