"""Who chose a language reads that language: on every page, in every sentence and on every label."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polib
import pytest
from django.db import connection, transaction
from django.test import Client

from chat.forms import BRAZIL
from chat.models import Contact, Profile
from tests.chat.conftest import closed, held, person, served, waiting, writes
from tests.conftest import Customer
from tests.pages import FRAGMENTS, MAKE_TEMPLATE, Addresses, Page, every_page

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "locale" / "pt_BR" / "LC_MESSAGES" / "django.po"
# What customers read is Portuguese whatever agents read, and so is what the demo wrote.
WRITTEN_IN = ("chat/bot", "chat/services", "isobot/demo.py", "isobot/first_start.py")
WRITTEN_IN += ("provider/simulator",)
FILLED_IN = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}")
SHORTEST = 12
SPOKEN = ("aria-label", "title", "placeholder", "alt", "label")
NAMES = {"Português", "Isle of Man", "Port of Spain"}
NAMES |= set(BRAZIL.values())
NAMES |= {"João Pereira", "Luíza Fernandes", "Marcos Vinícius"}
BETRAYS = {
    "en": re.compile(r"\w*[ãõçâêôáéíóúà]\w*", re.I),
    "pt-br": re.compile(r"\b(?:the|of|and|with|you|your|is|are|this|that|from|was|not)\b", re.I),
}


class Words(HTMLParser):
    """What a page says, to eyes and to screen readers."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._silent = 0
        self.feed(page)

    def __str__(self) -> str:
        return "\n".join(" ".join(piece.split()) for piece in self.pieces)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")
        # Scripts find their sentences in data attributes.
        self.pieces += [
            value for name, value in attrs if value and (name in SPOKEN or name.startswith("data-"))
        ]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(data)


def sentences(texts: Iterable[str]) -> set[str]:
    """Texts in one line each, without what is filled in."""
    pieces = (piece for text in texts for piece in FILLED_IN.split(text))
    return {" ".join(line.split()) for piece in pieces for line in piece.splitlines()} - {""}


@cache
def catalogue(language: str) -> set[str]:
    """Every text of the catalogue in one of its languages."""
    found: set[str] = set()
    for entry in polib.pofile(str(CATALOGUE)):
        plural = list(entry.msgstr_plural.values())
        in_english, in_portuguese = [entry.msgid, entry.msgid_plural], [entry.msgstr, *plural]
        found.update(in_english if language == "en" else in_portuguese)
    return sentences(found)


@cache
def written() -> set[str]:
    """What the product writes to customers, and what its demo contains."""
    files = [ROOT / place for place in WRITTEN_IN]
    files = [one for file in files for one in ([file] if file.is_file() else file.rglob("*.py"))]
    found = {
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return sentences(found)


@cache
def foreign(language: str) -> list[str]:
    """The sentences of the other language that are not this one's as well."""
    mine = "\n".join(catalogue(language) | written())
    others = catalogue("pt-br" if language == "en" else "en")
    return [one for one in others if len(one) >= SHORTEST and one not in mine]


def leaks(words: str, language: str) -> Iterator[str]:
    """What these words say in the other language."""
    yield from (sentence for sentence in foreign(language) if sentence in words)
    # Texts nobody gave to the catalogue betray themselves by their letters or their small words.
    for line in set(words.splitlines()):
        rest = line
        if any(sentence.startswith(line) for sentence in LONGEST_FIRST[language]):
            continue  # a long one is cut in the list of conversations
        for sentence in LONGEST_FIRST[language]:
            rest = rest.replace(sentence, " ")
        if BETRAYS[language].search(rest):
            yield line


LONGEST_FIRST = {
    language: sorted(
        (one for one in catalogue(language) | written() | NAMES if BETRAYS[language].search(one)),
        key=len,
        reverse=True,
    )
    for language in BETRAYS
}


@pytest.fixture
def addresses(customer: Customer) -> Addresses:
    customer.event(b"{")
    Contact.objects.create(name="Dona Sebastiana")
    for number, make in enumerate((writes, waiting, served, held, closed)):
        make(who=f"554190000000{number}")

    with connection.cursor() as cursor:
        cursor.execute(MAKE_TEMPLATE)

    def rows(sql: str) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    return Addresses(rows)


def reader(page: Page, language: str) -> Client:
    client = Client()
    if page.who is None:
        client.cookies["isobot_language"] = language
        return client
    user = person(page.who)
    Profile.objects.update_or_create(user=user, defaults={"language": language})
    client.force_login(user)
    return client


def refused(client: Client, address: str) -> str:
    """The page after its form was sent with nothing in it; empty where that is taken."""
    with transaction.atomic():
        answer = client.post(address)
        transaction.set_rollback(True)
    return answer.content.decode() if answer.status_code == 200 else ""


@pytest.mark.parametrize("language", BETRAYS)
def test_every_page_speaks_one_language(addresses: Addresses, language: str) -> None:
    found: dict[str, str] = {}
    for page in every_page():
        address = addresses.of(page)
        client = reader(page, language)
        answer = client.get(address)
        assert answer.status_code == 200, address
        said = answer.content.decode()
        is_page = "<!doctype html" in said
        assert is_page == (page.route not in FRAGMENTS), address
        if is_page:
            assert f'<html lang="{language}"' in said, address
        if "incluir/" in address or page.route in ("entrar/", "entrar/esqueci/", "perfil/senha/"):
            said += refused(client, address)
        for leak in leaks(str(Words(said)), language):
            found.setdefault(leak, address)
    assert found == {}


@pytest.mark.parametrize(
    ("language", "page"),
    [
        ("en", '<button aria-label="Salvar e voltar à lista">'),
        ("en", "<p>Não foi possível.</p>"),
        ("pt-br", "<p>It is not there.</p>"),
    ],
)
def test_a_text_in_the_other_language_is_noticed(language: str, page: str) -> None:
    assert list(leaks(str(Words(page)), language)) != []
