"""The menu as a list on the customer's phone: opened, tapped, and what the agent sees of it."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.windows import NARROW, House, press_until

pytestmark = pytest.mark.browser

NAME = "Maria Souza"
MENU = re.compile("1 - .*2 - Falar com atendente", re.DOTALL)


@pytest.mark.full
def test_a_tapped_row_brings_the_customer_to_the_agent(house: House, contact: str) -> None:
    agent = house.desk("atendente")
    agent.open_list()
    phone = house.phone(NAME, contact, viewport=NARROW)
    page = phone.page
    phone.types("Oi")
    phone.shows(MENU)
    opener = page.get_by_role("button", name="Ver opções")
    row = page.get_by_role("button", name="Falar com atendente")
    expect(opener).to_have_attribute("aria-expanded", "false")
    expect(row).to_be_hidden()

    opener.click()
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(row).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for scheme in ("light", "dark"):
        phone.dress(scheme)
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [(one["id"], one["nodes"]) for one in found] == []
    row.click()

    expect(page.locator(".pm-in .pm-text").last).to_have_text("Falar com atendente")
    expect(row).to_be_hidden()
    phone.shows(re.compile("Já chamei um atendente"))
    expect(agent.row(NAME)).to_be_visible()
    agent.open(NAME)
    expect(agent.bubble("Falar com atendente")).to_be_visible()
    assert house.conversation(contact)["status"] == "waiting"
    assert len(house.provider.ledger(contact)) == 2
    assert agent.trouble == [] and phone.trouble == []


def test_the_list_is_opened_chosen_from_and_closed_by_keyboard(house: House, contact: str) -> None:
    house.provider.switch(webhook_format="flat")
    phone = house.phone(NAME, contact)
    page = phone.page
    phone.types("Oi")
    phone.shows(MENU)
    opener = page.get_by_role("button", name="Ver opções")
    row = page.get_by_role("button", name="Horário de atendimento")
    here = "document.activeElement.textContent.trim()"

    press_until(page, "Shift+Tab", lambda: page.evaluate(here) == "Ver opções")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(row).to_be_focused()
    page.keyboard.press("Escape")
    expect(row).to_be_hidden()
    expect(opener).to_be_focused()

    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.locator("#sim-text").evaluate("box => { box.value = 'ainda não mandei'; }")
    page.keyboard.press("Enter")
    phone.shows(re.compile("segunda a sexta"))
    expect(page.locator("#sim-text")).to_be_focused()
    expect(page.locator("#sim-text")).to_have_value("ainda não mandei")
    assert phone.trouble == []


@pytest.mark.parametrize(
    "platform", ["messenger", pytest.param("telegram", marks=pytest.mark.full)]
)
def test_where_there_is_no_list_the_menu_is_text(house: House, contact: str, platform: str) -> None:
    phone = house.phone(NAME, contact)
    phone.page.locator(f"[name=platform][value={platform}]").check()
    phone.types("Oi")
    phone.shows(MENU)
    expect(phone.page.get_by_role("button", name="Ver opções")).to_have_count(0)
