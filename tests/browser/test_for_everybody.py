"""For people without a mouse, with a screen reader, and against people with bad intentions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.windows import NARROW, PASSWORD, WIDE, House, Window, press_until

pytestmark = pytest.mark.browser

NAME = "Dona Sebastiana"
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</textarea><script>alert(1)</script>",
    "javascript:alert(1)",
]


def test_everything_by_keyboard(house: House, contact: str) -> None:
    house.waits(NAME, contact)
    window = house.window()
    page, keys = window.page, window.page.keyboard
    window.sign_in_by_keys("atendente", PASSWORD)
    page.wait_for_url("**/omnichannel/**")
    expect(page.locator(".row-link")).to_have_count(1)

    def on(selector: str) -> Callable[[], bool]:
        return lambda: bool(page.evaluate("s => document.activeElement.matches(s)", selector))

    press_until(page, "Tab", on(".row-link"))
    keys.press("Enter")
    expect(page.locator("#thread-name")).to_have_text(NAME)
    expect(page.get_by_role("textbox", name="Mensagem")).to_be_focused()
    press_until(page, "Shift+Tab", on("[data-action=assume] button"))
    keys.press("Enter")
    expect(page.locator(".thread-state")).to_have_text("Com você")
    expect(page.get_by_role("textbox", name="Mensagem")).to_be_focused()
    keys.type("Boa tarde!")
    keys.press("Enter")
    expect(page.locator(".msg-out").filter(has_text="Boa tarde!")).to_have_count(1)
    house.phone(NAME, contact).shows("Boa tarde!")
    # The statuses explain themselves on focus, without a pointer.
    press_until(page, "Shift+Tab", on(".tick"))
    expect(page.locator(".tip")).to_be_visible()
    keys.press("Escape")
    expect(page.locator(".tip")).to_be_hidden()
    assert window.trouble == []


def _serious(window: Window, what: str, rules: list[str]) -> list[str]:
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    found = Axe().run(window.page, options=options).response["violations"]
    return [
        f"{what}: {violation['id']} at {node['target']}"
        for violation in found
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


@pytest.mark.full
@pytest.mark.parametrize(("scheme", "rules"), [("light", []), ("dark", ["color-contrast"])])
def test_no_serious_barrier(house: House, contact: str, scheme: str, rules: list[str]) -> None:
    house.waits(NAME, contact, "Veja https://example.com/pedido?id=4471, por favor.")
    # The checker brings its own script, which the policy of the pages would refuse.
    options = {"color_scheme": scheme, "bypass_csp": True}
    found = []
    guest = house.window(**options)
    for path in ("/entrar/", "/nao-existe/", "/simulador/"):
        guest.go(path)
        found += _serious(guest, path, rules)
    if not rules:  # a narrow window has the colours of a wide one
        guest.go("/simulador/")
        guest.page.set_viewport_size(NARROW)
        found += _serious(guest, "/simulador/ on a phone", rules)
    desk = house.desk("atendente", **options)
    desk.open_list("meus")
    found += _serious(desk, "empty", rules)
    desk.open_list()
    desk.open(NAME)
    found += _serious(desk, "waiting", rules)
    desk.assume()
    house.provider.switch(send="bad_request")
    desk.answer("Boa tarde!")
    expect(desk.bubble("Boa tarde!").locator(".msg-failure")).to_be_visible()
    found += _serious(desk, "failed", rules)
    if not rules:
        desk.page.set_viewport_size(NARROW)
        found += _serious(desk, "thread on a phone", rules)
    assert found == []


@pytest.mark.full
def test_XS1_what_customers_write_is_text(house: House, new_contact: Callable[[], str]) -> None:
    desk = house.desk("atendente")
    for hostile in HOSTILE:
        house.waits(hostile, new_contact(), hostile)
    desk.open_list()
    for hostile in HOSTILE:
        expect(desk.row(hostile).locator(".row-preview")).to_have_text(hostile)
        desk.open(hostile)
        expect(desk.bubble(hostile)).to_be_visible()
        expect(desk.page.locator("#context").get_by_text(hostile, exact=True)).to_be_visible()
        desk.composer.fill(hostile)
        assert desk.page.title().endswith("Omnichannel · isobot")
    desk.assume()
    desk.answer(HOSTILE[0])
    expect(desk.bubble(HOSTILE[0])).to_have_count(1)
    desk.page.reload()
    expect(desk.bubble(HOSTILE[0])).to_have_count(1)
    bad = "img[src=x], svg[onload], .omni script, a[href^=javascript]"
    expect(desk.page.locator(bad)).to_have_count(0)
    phone = house.phone(HOSTILE[1], new_contact())
    phone.types(HOSTILE[2])
    expect(phone.page.locator(".pm-in .pm-text")).to_have_text([HOSTILE[2]])
    expect(phone.page.locator(bad)).to_have_count(0)
    assert desk.dialogs == [] and phone.dialogs == []
    assert desk.trouble == [] and phone.trouble == []


def test_links_open_elsewhere_and_tell_nothing(house: House, contact: str) -> None:
    address = "https://example.com/pedido?id=4471&via=2"
    house.waits(NAME, contact, f"Veja:\n{address}")
    desk = house.desk("atendente")
    desk.open_list()
    desk.open(NAME)
    link = desk.page.locator(".msg-text").get_by_role("link", name=address)
    expect(link).to_have_attribute("href", address)
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    assert link.locator("..").inner_text() == f"Veja:\n{address}"


def test_extremes_do_not_break_the_layout(house: House, contact: str) -> None:
    name = "محمد عبد الرحمن الطويل " + "W" * 80
    house.waits(name, contact, "مرحبا، أريد أن أعرف حالة طلبي رقم 4471", "x" * 10_000)
    desk = house.desk("atendente")
    desk.open_list()
    desk.row(name).click()
    expect(desk.page.get_by_role("button", name="Ler tudo")).to_be_visible()
    arabic = desk.page.locator(".msg-text").filter(has_text="مرحبا")
    assert arabic.evaluate("element => getComputedStyle(element).direction") == "rtl"
    fits = "[...document.querySelectorAll('.omni-list, .log, #context, body')]"
    for size in (WIDE, NARROW):
        desk.page.set_viewport_size(size)  # type: ignore[arg-type]
        assert desk.page.evaluate(f"{fits}.every(e => e.scrollWidth <= e.clientWidth + 1)")


def test_one_endless_word_does_not_break_a_page(house: House) -> None:
    word = "x" * 5000
    house.stack.change(
        "INSERT INTO provider_messagetemplate (adapter, channel_key, name, language, category, "
        "header, body, footer, buttons, state, note, seen_at) VALUES ('botmaker', '', 'longa', "
        f"'pt_BR', '', '', '{word}', '', '[]', 'rejected', '{word[:300]}', CURRENT_TIMESTAMP)"
    )
    ((key,),) = house.stack.rows("SELECT id FROM provider_messagetemplate WHERE name = 'longa'")
    desk = house.desk("supervisor")
    for size in (WIDE, NARROW):
        desk.page.set_viewport_size(size)  # type: ignore[arg-type]
        desk.go(f"/supervisor/chat/templates/ver,{key}")
        expect(desk.page.get_by_role("heading", level=1)).to_be_visible()
        assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    house.stack.change(f"DELETE FROM provider_messagetemplate WHERE id = {key}")
