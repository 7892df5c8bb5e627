"""The audit in the console: who changed what, and what it was before."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client

from chat import audit
from chat.models import AuditEntry, Classification
from chat.services import audit as writing
from tests.chat.conftest import person

LIST = "/supervisor/auditoria/"


@pytest.fixture
def console(house: None) -> Client:
    client = Client()
    client.force_login(person("supervisor"))
    return client


def shown(answer: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())).split())


def told(answer: Any) -> list[str]:
    """What the entries are about, in the order of the list."""
    return [
        unescape(t)
        for t in re.findall(r'class="is-main"><span[^>]*>(.*?)<', answer.content.decode())
    ]


def test_an_empty_audit_says_so(console: Client) -> None:
    assert b'class="panel empty"' in console.get(LIST).content


def test_an_entry_says_who_what_and_from_what_to_what(console: Client) -> None:
    changes = {"Greeting": ("Oi", "Olá"), "Name": ("", "Vendas")}
    writing.record(person("atendente"), "changed", "menu: Vendas", changes=changes)
    text = shown(console.get(LIST))
    assert "Ana Lima" in text
    assert "menu: Vendas" in text
    assert re.search(r"Greeting : Oi → Olá", text)
    assert re.search(r"Name : \S+ → Vendas", text)


def test_what_another_screen_did_appears_newest_first(console: Client) -> None:
    bot = Classification.objects.get(kind="bot")
    data = {"description": "Robô", "kind": "bot", "active": "on"}
    console.post(f"/supervisor/chat/classificacao/ver,{bot.pk}", data)
    writing.record(None, "added", "depois")
    found = told(console.get(LIST))
    assert found[0] == "depois"
    assert "Robô" in found[1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("quem=Ana+Lima", ["by ana"]),
        ("quem=isobot", ["by nobody"]),
        ("quem=Somebody", ["by nobody", "by ana"]),
        ("que=added", ["by ana"]),
        ("que=removed&quem=Ana+Lima", []),
        ("q=NOBODY", ["by nobody"]),
        ("de=2026-03-02", ["by nobody"]),
        ("ate=2026-03-01", ["by ana"]),
        ("de=2026-03-01&ate=2026-03-02", ["by nobody", "by ana"]),
        ("de=2026-13-45", ["by nobody", "by ana"]),
    ],
)
def test_the_audit_is_narrowed_by_person_kind_and_day(
    console: Client, query: str, found: list[str]
) -> None:
    # In São Paulo the first is still of the first of March.
    with time_machine.travel(datetime(2026, 3, 2, 2, tzinfo=UTC), tick=False):
        writing.record(person("atendente"), "added", "by ana")
    with time_machine.travel(datetime(2026, 3, 2, 4, tzinfo=UTC), tick=False):
        writing.record(None, "removed", "by nobody")
    answer = console.get(f"{LIST}?{query}")
    assert answer.status_code == 200
    assert told(answer) == found


def test_the_days_asked_for_stay_in_the_filter_over_pages(console: Client) -> None:
    for number in range(51):
        writing.record(None, "added", f"entry {number}")
    answer = console.get(f"{LIST}?de=2020-01-01")
    assert 'value="2020-01-01"' in answer.content.decode()
    assert "de=2020-01-01&amp;pagina=2" in answer.content.decode()
    assert told(console.get(f"{LIST}?de=2020-01-01&pagina=2")) == ["entry 0"]


def test_every_code_has_its_words(console: Client) -> None:
    for what in audit.WHAT:
        writing.record(None, what, what)
    text = shown(console.get(LIST))
    for words in audit.WHAT.values():
        assert str(words) in text


def test_XS1_what_people_typed_is_text(console: Client) -> None:
    bad = "<script>alert(1)</script>"
    writing.record(person("atendente"), bad[:60], bad, changes={bad: (bad, bad)})
    assert b"<script>alert" not in console.get(LIST).content


def test_AU1_nothing_can_be_written_there(console: Client) -> None:
    writing.record(None, "added", "entry")
    assert console.post(LIST).status_code == 405
    assert console.delete(LIST).status_code == 405
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize("username", ["atendente", "atendente2"])
def test_the_audit_is_for_supervisors(house: None, username: str) -> None:
    client = Client()
    client.force_login(person(username))
    assert client.get(LIST).status_code == 403


def test_who_is_not_signed_in_is_led_to_the_login(house: None) -> None:
    assert "/entrar/" in Client().get(LIST)["Location"]
