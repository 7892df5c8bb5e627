"""XS1: on no page of the product anything comes to life of what somebody wrote."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.api.test_permission_matrix import MATRIX, PEOPLE
from tests.browser.conftest import TAKEN
from tests.browser.hostile import ALIVE, EVERY, furnish
from tests.browser.windows import House, Window
from tests.pages import FRAGMENTS, VIEWERS, Addresses, Page, every_page
from tests.provider.vendor import Vendor
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.full]

ROLES = ("supervisor", "admin", "atendente")


@pytest.fixture(scope="module")
def hostile(chromium: Browser) -> Iterator[House]:
    """One of its own: nobody else could work in it."""
    with Vendor(TAKEN) as vendor:
        stack = Stack("embedded")
        stack.env.update(TELEGRAM_API_URL=vendor.url)
        with stack:
            house = House(stack, chromium, vendor)
            furnish(house, vendor)
            yield house
            for window in house._windows:
                window.close()


class Reader:
    """Opens addresses, and keeps what went wrong and how often a hostile text was there to see."""

    def __init__(self, house: House) -> None:
        self.house, self.windows = house, dict[str | None, Window]()
        self.found: list[str] = []
        self.shown: dict[str, set[str]] = {text: set() for text in EVERY}

    def of(self, who: str | None) -> Window:
        if who not in self.windows:
            self.windows[who] = self.house.desk(who) if who else self.house.window()
        return self.windows[who]

    def reads(self, who: str | None, address: str) -> None:
        window, where = self.of(who), f"{address} as {who}"
        window.go(address)
        for alive in window.page.evaluate(ALIVE):
            self.found.append(f"{where}: {alive}")
        values = "[...document.querySelectorAll('input, textarea')].map(e => e.value).join(' ')"
        seen = window.page.evaluate(f"document.body.textContent + ' ' + {values}")
        for text in EVERY:
            if text in seen:
                self.shown[text].add(address)
        self.found += [f"{where}: {trouble}" for trouble in window.trouble]
        self.found += [f"{where}: said {dialog!r}" for dialog in window.dialogs]
        window.trouble.clear()
        window.dialogs.clear()


def readers_of(page: Page) -> Iterator[str | None]:
    """Everybody of the demo who is let in; of a page that has looks, who that look is for."""
    line = MATRIX[page.route]
    answers = line.answers.get("GET", line.otherwise).split()
    open_to = {who for who, status in zip(PEOPLE, answers, strict=True) if status == "200"}
    yield page.who
    if page.address == line.example:
        yield from sorted({*ROLES} & open_to & {*VIEWERS} - {page.who})


def test_XS1_nothing_comes_to_life_on_any_page_for_anybody(hostile: House) -> None:
    reader, addresses = Reader(hostile), Addresses(hostile.stack.rows)
    for page in every_page():
        if page.route not in FRAGMENTS:
            for who in readers_of(page):
                reader.reads(who, addresses.of(page))
    assert reader.found == []
    for text, where in reader.shown.items():
        assert len(where) > 8, f"{text} is on the pages"


def test_XS1_nothing_comes_to_life_in_the_administration(hostile: House) -> None:
    reader = Reader(hostile)
    admin = reader.of("admin")
    admin.go("/admin/")
    lists = _links(admin, "#content-main .model-link a, #content-main th a")
    for address in lists:
        reader.reads("admin", address)
        for row in _links(admin, "#result_list tbody th a")[:3]:
            reader.reads("admin", row)
            reader.reads("admin", f"{row.partition('?')[0].removesuffix('change/')}history/")
    assert len(lists) > 20
    # Its icon, which it has none of, a browser asks for by itself; any other has its address, too.
    assert [line for line in reader.found if "(Not Found)" not in line] == []
    assert all(len(where) > 2 for where in reader.shown.values()), reader.shown


def test_XS1_nothing_comes_to_life_on_the_simulated_phone(hostile: House) -> None:
    phone = hostile.phone(EVERY[0], "5541911117777")
    for text in EVERY:
        phone.types(text)
    phone.page.locator(".pm-out").filter(has_text=EVERY[0]).first.wait_for()
    assert phone.page.locator(".pm-in").filter(has_text=EVERY[0]).count() > 0
    assert phone.page.evaluate(ALIVE) == []
    assert (phone.trouble, phone.dialogs) == ([], [])


def _links(window: Window, selector: str) -> list[str]:
    found = window.page.eval_on_selector_all(
        selector, "all => all.map(e => e.getAttribute('href'))"
    )
    return [str(address) for address in found]
