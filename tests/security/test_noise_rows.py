"""RL1: who makes noise is made to wait, and nobody else is."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from isobot import reset, signin
from tests.chat.conftest import person
from tests.conftest import PASSWORD
from tests.security.signed import WRONG, sign_in

NOISY, QUIET = "198.51.100.1", "198.51.100.2"


def comes_in(client: Client, name: str, place: str) -> bool:
    return bool(sign_in(client, name, PASSWORD, REMOTE_ADDR=place).status_code == 302)


def test_RL1_a_place_full_of_wrong_passwords_keeps_out_neither_others_nor_a_known_browser(
    house: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signin, "PER_PLACE", 12)
    colleague = Client()
    assert comes_in(colleague, "atendente", NOISY)
    colleague.post("/sair/")
    for number in range(20):
        last = sign_in(Client(), f"user{number}", WRONG, REMOTE_ADDR=NOISY)
    assert last.status_code == 429
    assert not comes_in(Client(), "atendente", NOISY), "nobody knows who that is"
    assert comes_in(colleague, "atendente", NOISY), "in the same office, where they were before"
    assert comes_in(Client(), "atendente2", QUIET)


@pytest.fixture
def mails(house: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reset, "later", lambda message: message.send())
    for name in ("atendente", "atendente2"):
        user = person(name)
        user.email = f"{name}@example.com"
        user.save()


def asks(email: str, place: str) -> int:
    answer: Any = Client().post("/entrar/esqueci/", {"email": email}, REMOTE_ADDR=place)
    return int(answer.status_code)


def test_RL1_who_asks_for_mails_without_end_keeps_nobody_else_from_theirs(mails: None) -> None:
    answers = [asks(f"nobody{number}@example.com", NOISY) for number in range(30)]
    assert answers[reset.PER_CALLER :] == [429] * (30 - reset.PER_CALLER)
    assert [asks("atendente@example.com", NOISY) for _ in range(9)] == [429] * 9
    assert asks("atendente@example.com", QUIET) == 302, "what was refused counts for no address"
    for number in range(9):
        asks("atendente@example.com", f"203.0.113.{number}")
    assert asks("atendente2@example.com", QUIET) == 302
    told = [message.to for message in mail.outbox]
    assert told.count(["atendente@example.com"]) == reset.PER_ADDRESS
    assert told[-1] == ["atendente2@example.com"]


def test_RL1_a_machine_with_many_addresses_is_one_caller(mails: None) -> None:
    places = [f"2001:db8:1:2::{number:x}" for number in range(reset.PER_CALLER)]
    for number, place in enumerate(places):
        asks(f"nobody{number}@example.com", place)
    assert asks("atendente@example.com", "2001:db8:1:2:ffff::1") == 429
    assert asks("atendente@example.com", "2001:db8:1:3::1") == 302
