"""How Meta signs its webhooks, and how it asks for an address."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from provider import meta
from provider.errors import ForgedWebhook

SECRET = "app-secret-of-a-test"
BODY = '{"text": "Olá, \\u00e7"}'.encode()


def signed(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_the_right_signature_passes() -> None:
    meta.verify_signature(BODY, {"x-hub-signature-256": signed(BODY)}, (SECRET,))


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        signed(BODY)[:-1],
        signed(BODY).upper(),
        signed(BODY).removeprefix("sha256="),
        signed(BODY, "another secret"),
        "sha256=ção",
        "sha256=\udce9",
    ],
)
def test_any_other_signature_is_forged(signature: str) -> None:
    with pytest.raises(ForgedWebhook):
        meta.verify_signature(BODY, {"x-hub-signature-256": signature}, (SECRET,))


def test_a_missing_signature_is_forged() -> None:
    with pytest.raises(ForgedWebhook):
        meta.verify_signature(BODY, {}, (SECRET,))


def test_without_a_secret_everything_is_forged() -> None:
    with pytest.raises(ForgedWebhook):
        meta.verify_signature(BODY, {"x-hub-signature-256": signed(BODY, "")}, ())


@pytest.mark.parametrize("body", [BODY + b" ", BODY.replace(b"O", b"o"), b""])
def test_one_changed_byte_is_forged(body: bytes) -> None:
    with pytest.raises(ForgedWebhook):
        meta.verify_signature(body, {"x-hub-signature-256": signed(BODY)}, (SECRET,))


ASKED = {"hub.mode": "subscribe", "hub.verify_token": "word", "hub.challenge": "115"}


def test_a_subscription_with_the_right_word_is_echoed() -> None:
    assert meta.challenge(ASKED, "word") == "115"


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({"hub.verify_token": "other"}, "word"),
        ({"hub.verify_token": "ção"}, "word"),
        ({"hub.verify_token": ""}, ""),
        ({"hub.mode": "unsubscribe"}, "word"),
    ],
)
def test_any_other_question_is_refused(changes: dict[str, str], known: str) -> None:
    assert meta.challenge({**ASKED, **changes}, known) is None
