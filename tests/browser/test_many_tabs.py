"""One person, many tabs: each gets its page, and what it shows stays true."""

from __future__ import annotations

import contextlib

import pytest
from playwright.sync_api import expect

from chat.live import MAX_SCREENS
from tests.browser.windows import LONG, Desk, House
from tests.stack_clients import Browser

pytestmark = pytest.mark.browser

# All pages of a browser without a screen take themselves for the one in front.
FRONT = """
  let hidden = false;
  Object.defineProperty(document, "hidden", { get: () => hidden });
  addEventListener("test:front", ({ detail }) => {
    hidden = !detail;
    document.dispatchEvent(new Event("visibilitychange"));
  });
"""
MANY = 8  # a browser opens six connections to one address


def front(desk: Desk, *, is_front: bool) -> None:
    desk.page.evaluate(
        "front => dispatchEvent(new CustomEvent('test:front', { detail: front }))", is_front
    )


def test_the_eighth_tab_works_and_so_does_the_first(house: House, contact: str) -> None:
    first = house.desk("atendente")
    first.context.add_init_script(FRONT)
    first.open_list()
    tabs = [first]
    for _ in range(MANY - 1):
        front(tabs[-1], is_front=False)
        tabs.append(Desk(first.context, house.stack.url))
        tabs[-1].open_list()
    house.waits("Rita", contact)
    expect(tabs[-1].row("Rita")).to_have_count(1)
    front(tabs[-1], is_front=False)
    front(first, is_front=True)
    expect(first.row("Rita")).to_have_count(1)
    house.writes("Rita", contact, "Ainda aí?")
    expect(first.row("Rita").locator(".row-preview")).to_have_text("Ainda aí?")
    assert [tab.trouble for tab in tabs] == [[]] * MANY


@pytest.mark.full
def test_who_has_too_many_screens_open_is_told_and_helped_by_closing_one(house: House) -> None:
    ana = Browser(house.stack, "atendente")
    with contextlib.ExitStack() as screens:
        for _ in range(MAX_SCREENS):
            next(screens.enter_context(ana.news()))
        desk = house.desk("atendente")
        desk.go("/omnichannel/")
        line = desk.page.locator("#live-line")
        expect(line).to_have_text(
            "Há telas demais abertas. Feche uma delas e tente de novo.", timeout=LONG
        )
    expect(desk.page.locator("#live-dot")).to_have_attribute("data-state", "online", timeout=LONG)
    expect(line).not_to_contain_text("Há telas demais abertas.")
