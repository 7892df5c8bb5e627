"""Tokens are taken out of texts; what is no token stays as it is."""

from __future__ import annotations

import time

import pytest

from parameters.redaction import without_tokens

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJpc29ib3QifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "text",
    [
        f"refused {JWT}",
        f"%20{JWT}&x=1",
        "token abcdefghij0123456789KLMN",
        "Authorization: Bearer abcdefghij0123456789",
        "https://api/bot700000001:AAabcdefghij0123456789abcdefgh/getMe",
        "https://a/?access_token=abcdefghij0123456789&b=1",
        '{"accessToken": "abcdefghij0123456789"}',
        '{"PROVEDOR_SECRET_ID": "abcdefghij0123456789"}',
        '{"senha" : "abcdefghij\\"0123456789"}',
    ],
)
def test_a_token_is_taken_out(text: str) -> None:
    found = without_tokens(text)
    assert "[token]" in found
    assert "0123456789" not in found
    assert "c2lnbmF0dXJl" not in found


@pytest.mark.parametrize(
    "text",
    ["5541988887777", '{"contactId": "5541988887777"}', "O token venceu.", "eyJ", '{"token": ""}'],
)
def test_what_is_no_token_stays(text: str) -> None:
    assert without_tokens(text) == text


@pytest.mark.parametrize("piece", ["eyJ", '"token', "1", "token ", '"a_'])
def test_IN2_no_text_takes_long(piece: str) -> None:
    started = time.monotonic()
    without_tokens(piece * (70_000 // len(piece)))
    assert time.monotonic() - started < 5
