"""No barrier on any page: the whole inventory, light and dark, wide and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.template.loader import render_to_string
from playwright.sync_api import expect

from tests.browser.windows import NARROW, WIDE, Desk, House, Window
from tests.pages import FRAGMENTS, MAKE_TEMPLATE, Addresses, Page, every_page
from tests.processes import wait_until

pytestmark = pytest.mark.browser

TEMPLATES = Path(__file__).parents[2] / "templates"
ERRORS = sorted(path.stem for path in TEMPLATES.glob("[45]*.html"))
LINK = "Veja https://example.com/pedido?id=4471"
SERIOUS = ("serious", "critical")
# Judged whatever their impact: a page is walked by its headings and used by its targets.
ALSO = ("target-size", "heading-order", "page-has-heading-one", "duplicate-id", "region")
OPTIONS = {"resultTypes": ["violations"], "rules": {rule: {"enabled": True} for rule in ALSO}}
# Past what the browser itself would ask for.
SEND_EMPTY = """form => {
  for (const field of form.elements)
    if (field.matches("textarea, [type=text], [type=tel], [type=password]")) field.value = "";
  HTMLFormElement.prototype.submit.call(form);
}"""
# Fingers need 44 px; the box around a mark counts where it is its label.
TOO_SMALL = """() => [...document.querySelectorAll(
    "button, select, textarea, summary, input:not([type=hidden]), a.btn, nav a, .row-link")]
  .filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.closest(".skip-link"))
  .filter(e => !e.closest("[inert]") && !e.closest(".offcanvas:not(.show)"))
  .map(e => [e, (/checkbox|radio/.test(e.type) ? e.closest("label") || e : e)])
  .map(([e, box]) => [e, box.getBoundingClientRect()])
  .filter(([, box]) => box.width > 1 && box.height > 1 && box.height < 43.5)
  .map(([e, box]) => `${Math.round(box.height)} px: ${e.outerHTML.slice(0, 110)}`)"""


def barriers(window: Window, what: str) -> list[str]:
    found = Axe().run(window.page, options=OPTIONS).response["violations"]
    lines = [
        f"{what}: {violation['id']} at {node['target']}"
        for violation in found
        if violation["impact"] in SERIOUS or violation["id"] in ALSO
        for node in violation["nodes"]
    ]
    if window.page.viewport_size == NARROW:
        lines += [f"{what}: {small}" for small in window.page.evaluate(TOO_SMALL)]
    return lines


class Visitors:
    """The people of the inventory, each in a window of one look."""

    def __init__(self, house: House, scheme: str, width: str = "wide") -> None:
        self.house = house
        self.options: dict[str, Any] = {
            "color_scheme": scheme,
            "viewport": WIDE if width == "wide" else NARROW,
            # The checker brings its own script, which the policy of the pages would refuse.
            "bypass_csp": True,
        }
        self._windows: dict[str | None, Window] = {}

    def of(self, who: str | None) -> Window:
        if who not in self._windows:
            house, options = self.house, self.options
            self._windows[who] = house.desk(who, **options) if who else house.window(**options)
        return self._windows[who]


@pytest.fixture
def addresses(house: House, new_contact: Callable[[], str]) -> Addresses:
    """An installation in which there is one of everything."""
    house.writes("Dona Sebastiana", new_contact(), "Oi")
    agent = house.agent("atendente")
    for step in ("", "hold", "close", "stay"):
        conversation = house.waits(f"Cliente {step}", new_contact(), LINK)["id"]
        # Who writes is no longer on hold: what was written must be there before.
        wait_until(lambda at=conversation: LINK in texts(house, at), LINK)
        for path in ("assume", step) if step else ():
            if path != "stay":
                agent.post(f"conversations/{conversation}/{path}/").raise_for_status()
    house.supervisor.post("contacts/", {"name": "Dona Sebastiana"}).raise_for_status()
    if not house.stack.rows("SELECT id FROM provider_messagetemplate"):
        house.stack.change(MAKE_TEMPLATE)
    return Addresses(house.stack.rows)


def texts(house: House, conversation: int) -> set[str]:
    return {message["text"] for message in house.supervisor.messages(conversation)}


def look(window: Window, page: Page, address: str) -> list[str]:
    """The page, and where it is a form, the same page as it refuses what was sent."""
    window.go(address)
    found = barriers(window, f"{address} as {page.who}")
    form = window.page.locator("form.form-panel, main form[data-guard]").first
    if "incluir/" in address and form.count():
        with window.page.expect_navigation():
            form.evaluate(SEND_EMPTY)
        found += barriers(window, f"{address} refused")
    return found


@pytest.mark.full
@pytest.mark.parametrize("width", ["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_barrier(house: House, addresses: Addresses, scheme: str, width: str) -> None:
    visitors = Visitors(house, scheme, width)
    found = []
    for page in every_page():
        if page.route not in FRAGMENTS:
            found += look(visitors.of(page.who), page, addresses.of(page))
    assert found == []


@pytest.mark.full
@pytest.mark.parametrize("width", ["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_that_opens_over_a_page_is_a_barrier(
    house: House, contact: str, scheme: str, width: str
) -> None:
    house.waits("Helena Prado", contact, LINK)
    desk = Visitors(house, scheme, width).of("atendente")
    assert isinstance(desk, Desk)
    page = desk.page
    desk.open_list()
    desk.open("Helena Prado")
    desk.assume()
    found = []
    page.locator("[data-panel$='transferir/']").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found += barriers(desk, "transfer")
    page.keyboard.press("Escape")
    for verb in ("localizacao", "contato"):
        page.locator(f"[data-panel$='{verb}/']").click()
        page.get_by_role("dialog").locator("[data-panel-search]").fill("Praça")
        expect(page.locator(".panel-found, .panel-note").first).to_contain_text("Nenhum")
        found += barriers(desk, verb)
        # Escape would clear a search first.
        page.locator("dialog [data-panel-close]").first.click()
        expect(page.get_by_role("dialog")).to_have_count(0)
    if not page.locator("#context").is_visible():
        page.locator(".thread-toggle").click()
    found += barriers(desk, "details")
    page.locator("[data-panel$='vincular/']").first.click()
    page.get_by_role("dialog").get_by_label("Novo cadastro").check()
    found += barriers(desk, "link")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Vincular")).to_have_count(0)
    if width == "phone":
        page.locator("#context [data-context-toggle]").click()
    page.get_by_role("button", name="Encerrar").click()
    expect(page.locator(".confirm")).to_be_visible()
    found += barriers(desk, "close")
    desk.go("/perfil/")
    page.locator(".user-button").click()
    found += barriers(desk, "menu of the person")
    if width == "phone":
        page.keyboard.press("Escape")
        page.locator(".topbar [data-bs-toggle=offcanvas]").click()
        expect(page.locator("#sidebar")).to_have_class("sidebar offcanvas-lg offcanvas-start show")
        found += barriers(desk, "main menu")
    assert found == []


@pytest.mark.full
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_error_page_has_a_barrier(house: House, scheme: str) -> None:
    window = Visitors(house, scheme).of(None)
    found = []
    for name in ERRORS:
        body = render_to_string(f"{name}.html", {"request_id": "0f3a"})
        window.page.route(
            f"**/error-{name}/",
            lambda route, _request, body=body: route.fulfill(body=body, content_type="text/html"),
        )
        window.go(f"/error-{name}/")
        found += barriers(window, name)
    assert len(ERRORS) >= 8
    assert found == []


def test_a_barrier_is_noticed(house: House) -> None:
    window = Visitors(house, "light", "phone").of(None)
    window.go("/entrar/")
    window.page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend',"
        " '<p style=\"color:#999;background:#fff\">grey</p><h6>deep</h6>'"
        " + '<button style=\"width:9px;height:9px;padding:0;min-height:0\">a</button>'.repeat(2))"
    )
    found = "\n".join(barriers(window, "bad"))
    for rule in ("color-contrast", "heading-order", "target-size", "9 px"):
        assert rule in found
