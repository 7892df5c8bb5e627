"""A click lasts as long as its button is pressed; what arrives meanwhile must not swallow it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.windows import Desk, House
from tests.processes import wait_until

pytestmark = pytest.mark.browser

NAME = "Carlos Eduardo Lima"
LATER = "Cheguei enquanto o botão estava apertado"


def press_while_news_arrive(house: House, desk: Desk, contact: str, what: Locator) -> None:
    """Presses, lets a message arrive and its list be asked for, and only then releases."""
    box = wait_until(what.bounding_box, "the row stands still")
    desk.page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 3)
    desk.page.mouse.down()
    with desk.page.expect_response(lambda answer: "/omnichannel/lista/" in answer.url):
        house.writes(NAME, contact, LATER)
    desk.page.wait_for_timeout(400)
    desk.page.mouse.up()


def test_a_row_opens_though_its_list_was_renewed_under_the_pointer(
    house: House, contact: str
) -> None:
    house.waits(NAME, contact)
    desk = house.desk("atendente")
    desk.open_list()
    press_while_news_arrive(house, desk, contact, desk.row(NAME).locator(".row-preview"))
    expect(desk.page.locator("#thread-name")).to_have_text(NAME)
    expect(desk.row(NAME)).to_contain_text(LATER)
