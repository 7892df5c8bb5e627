"""The supervisor's first page: how things stand; and where `/` leads."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from chat.models import Conversation
from tests.chat.conftest import closed, held, served, silence, waiting, writes
from tests.console.conftest import At, Page
from tests.console.reading import words_of

HOME = "/supervisor/"


def tiles(page: Page) -> list[tuple[str, str, str]]:
    """Each tile: where it leads, its number and its words."""
    return re.findall(
        r'<a class="panel tile[^"]*" href="([^"]+)"><strong>(\d+)</strong><span>([^<]+)</span>',
        page.text,
    )


def test_it_counts_what_is_going_on(desk: At) -> None:
    for number in range(3):
        waiting(who=f"554190000000{number}")
    for number in range(2):
        served(who=f"554191000000{number}")
    held(who="5541920000000")
    closed(who="5541930000000")
    writes(who="5541940000000")
    page = desk("supervisor").get(HOME)
    assert tiles(page) == [
        ("/omnichannel/?tab=fila", "3", "esperando na fila"),
        ("/omnichannel/?tab=todos", "3", "com atendentes"),
        ("/omnichannel/?tab=bot", "1", "com o isoBot"),
        ("/omnichannel/?tab=fila", "0", "sem classificação"),
    ]


def test_an_empty_house_counts_nothing(desk: At) -> None:
    page = desk("supervisor").get(HOME)
    assert [number for _address, number, _words in tiles(page)] == ["0"] * 4
    assert "mais antiga" not in page.text and "is-alarm" not in page.text


def test_the_longest_wait_and_the_unclassified_are_told(desk: At) -> None:
    silence("CLASS_CHAT_ATENDIMENTO")
    first, _second = waiting(who="5541900000001"), waiting(who="5541900000002")
    since = timezone.now() - timedelta(minutes=42)
    Conversation.objects.filter(pk=first.pk).update(waiting_since=since)
    page = desk("supervisor").get(HOME)
    assert "há 42 min" in words_of(page)
    assert tiles(page)[-1][:2] == ("/omnichannel/?tab=sem-classificacao", "2")
    assert "tile is-alarm" in page.text
    tab = desk("supervisor").get("/omnichannel/lista/", tab="sem-classificacao").text
    assert tab.count('data-id="') == 2


def test_its_links_lead_somewhere(desk: At) -> None:
    supervisor = desk("supervisor")
    page = supervisor.get(HOME).text.split('<div class="console">')[1].split("</main>")[0]
    addresses = set(re.findall(r'<a\b[^>]* href="(/[^"]+)"', page))
    assert "/supervisor/chat/setup/" in addresses
    for address in addresses:
        assert supervisor.get(address.replace("&amp;", "&")).status == 200, address


def test_it_tells_how_far_the_setup_is(desk: At) -> None:
    supervisor = desk("supervisor")
    said = re.search(r"\d+ de 15 prontos\.", words_of(supervisor.get("/supervisor/chat/setup/")))
    assert said and said[0] in words_of(supervisor.get(HOME))


@pytest.mark.parametrize(
    ("who", "place"),
    [
        ("supervisor", HOME),
        ("admin", HOME),
        ("atendente", "/omnichannel/"),
        ("atendente2", "/omnichannel/"),
        (None, "/entrar/?next=/"),
    ],
)
def test_the_first_address_leads_home(desk: At, who: str | None, place: str) -> None:
    led = desk(who).get("/")
    assert (led.status, led.location) == (302, place)


def test_an_agent_has_no_business_here(desk: At) -> None:
    assert desk("atendente").get(HOME).status == 403
