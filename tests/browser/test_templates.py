"""The window is closed: the agent's screen says so, and sends an approved template."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.windows import LONG, NARROW, Desk, House, press_until

pytestmark = pytest.mark.browser

NAME = "Maria Souza"
READ = "Olá Maria, seu pedido 4471 chegou.\nLoja Exemplo"


def after_a_day(house: House, contact: str, platform: str = "whatsapp", **options: object) -> Desk:
    """An agent whose customer wrote more than 24 hours ago."""
    house.waits(NAME, contact, platform=platform)
    desk = house.desk("atendente", **options)
    desk.open_list()
    desk.open(NAME)
    desk.assume()
    house.close_window(contact)
    desk.page.reload()
    return desk


def test_a_closed_window_is_explained_and_a_template_sent(
    house: House, contact: str, approved: str
) -> None:
    desk = after_a_day(house, contact)
    page = desk.page
    closed = page.locator(".composer-closed")
    expect(closed).to_contain_text("Faz mais de 24 horas que o cliente escreveu")
    expect(desk.composer).to_have_count(0)
    closed.get_by_role("button", name="Escolher um template").click()
    panel = page.get_by_role("dialog", name="Enviar um template")
    panel.get_by_role("radio", name=approved).check()
    preview = panel.locator(".choice-preview")
    expect(preview).to_contain_text("Olá ${nome}, seu pedido ${pedido} chegou.")
    panel.get_by_label("nome", exact=True).fill("Maria")
    panel.get_by_role("button", name="Enviar").click()
    expect(panel.get_by_role("alert")).to_contain_text("Falta preencher: pedido", timeout=LONG)
    panel.get_by_label("pedido", exact=True).fill("4471")
    expect(preview).to_have_text(READ, use_inner_text=True)
    # The browser notes the refusal of its own accord.
    assert all("400" in line for line in desk.trouble), desk.trouble
    desk.trouble.clear()
    panel.get_by_role("button", name="Enviar").click()
    expect(panel).to_have_count(0, timeout=LONG)

    phone = house.phone(NAME, contact)
    phone.shows("Olá Maria, seu pedido 4471 chegou.")
    tick = page.locator(".msg-out.by-agent .tick")
    expect(tick).to_have_attribute("data-tip-title", "Mensagem entregue", timeout=LONG)
    phone.page.get_by_role("button", name="Quero retirar").click()
    # What the customer answers opens the window again.
    expect(desk.bubble("Quero retirar")).to_be_visible(timeout=LONG)
    expect(desk.composer).to_be_visible(timeout=LONG)
    assert desk.trouble == [] and phone.trouble == []


@pytest.mark.full
def test_by_keyboard_alone_on_a_small_screen(
    house: House, new_contact: Callable[[], str], approved: str
) -> None:
    contact = new_contact()
    desk = after_a_day(house, contact, viewport=NARROW)
    page = desk.page
    keys = page.keyboard

    def to(name: str) -> None:
        focused = f"(document.activeElement.innerText || '').trim() === {name!r}"
        press_until(page, "Tab", lambda: bool(page.evaluate(focused)), most=40)

    expect(page.locator(".composer-closed")).to_be_visible()
    to("Escolher um template")
    keys.press("Enter")
    panel = page.get_by_role("dialog", name="Enviar um template")
    expect(panel.get_by_role("radio", name=approved)).to_be_focused()
    keys.press("Space")
    for value in ("Maria", "4471"):
        keys.press("Tab")
        keys.type(value)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= NARROW["width"]
    to("Enviar")
    keys.press("Enter")
    expect(panel).to_have_count(0, timeout=LONG)
    assert page.evaluate("document.activeElement !== document.body"), "the focus is not lost"
    tick = page.locator(".msg-out.by-agent .tick")
    expect(tick).to_have_attribute("data-tip-title", "Mensagem entregue", timeout=LONG)
    assert house.sent(contact, READ) == 1
    assert desk.trouble == []


@pytest.mark.full
def test_a_template_the_provider_refuses_is_named_as_the_cause(
    house: House, contact: str, approved: str
) -> None:
    desk = after_a_day(house, contact)
    page = desk.page
    house.provider.switch(send="bad_request")
    page.get_by_role("button", name="Escolher um template").click()
    panel = page.get_by_role("dialog")
    panel.get_by_role("radio", name=approved).check()
    panel.get_by_label("nome", exact=True).fill("Maria")
    panel.get_by_label("pedido", exact=True).fill("4471")
    panel.get_by_role("button", name="Enviar").click()
    said = page.locator(".msg-failure")
    expect(said).to_contain_text("Falha do envio: template não suportado.", timeout=LONG)
    tick = page.locator(".msg-out.by-agent .tick")
    tick.hover()
    expect(page.locator(".tip")).to_contain_text("ou template não suportado.")
    assert desk.trouble == []


@pytest.mark.parametrize(
    "platform", ["messenger", pytest.param("instagram", marks=pytest.mark.full)]
)
def test_where_there_are_no_templates_none_is_offered(
    house: House, contact: str, platform: str
) -> None:
    desk = after_a_day(house, contact, platform)
    closed = desk.page.locator(".composer-closed")
    expect(closed).to_contain_text("24")
    expect(closed.get_by_role("button")).to_have_count(0)
    expect(closed).not_to_contain_text("template")
    house.writes(NAME, contact, "Ainda está aí?", platform=platform)
    expect(desk.composer).to_be_visible(timeout=LONG)
    assert desk.trouble == []
