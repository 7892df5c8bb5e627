"""A click lasts as long as its button is pressed; what arrives meanwhile must not swallow it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.windows import Desk, House
from tests.processes import wait_until

pytestmark = pytest.mark.browser

NAME = "Carlos Eduardo Lima"
LISTS = "**/omnichannel/lista/**"
LATER = "Cheguei enquanto o botão estava apertado"


def press_while_news_arrive(house: House, desk: Desk, contact: str, what: Locator) -> None:
    """Presses between the question for a new list and its answer, and only then releases.

    The list is kept back until the button is down: a press is guarded for some seconds only.
    """
    held: list[Route] = []
    page, box = desk.page, wait_until(what.bounding_box, "the row stands still")
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 3)
    page.route(LISTS, lambda route: route.continue_() if held else held.append(route))
    with page.expect_request(LISTS):
        house.writes(NAME, contact, LATER)
    page.mouse.down()
    with page.expect_response(LISTS):
        held[0].continue_()
    page.wait_for_timeout(400)
    page.mouse.up()


def test_a_row_opens_though_its_list_was_renewed_under_the_pointer(
    house: House, contact: str
) -> None:
    house.waits(NAME, contact)
    desk = house.desk("atendente")
    desk.open_list()
    press_while_news_arrive(house, desk, contact, desk.row(NAME).locator(".row-preview"))
    expect(desk.page.locator("#thread-name")).to_have_text(NAME)
    expect(desk.row(NAME)).to_contain_text(LATER)
