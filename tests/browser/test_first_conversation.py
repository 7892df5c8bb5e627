"""The first conversation, in two windows: the customer's phone and the agent's screen."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.windows import NARROW, House, Window, sign_in

pytestmark = pytest.mark.browser

NAME = "Maria Souza"
QUESTION = "Meu pedido 4471 ainda não chegou. Podem verificar?"
ANSWER = "Bom dia, Maria! O pedido 4471 saiu para entrega hoje e chega até as 18h."


def test_from_oi_to_message_read(house: House, contact: str) -> None:
    house.provider.switch(status_delay_ms=900)
    agent = house.desk("atendente")
    agent.open_list()
    expect(agent.page.get_by_text("Ninguém esperando.")).to_be_visible()
    phone = house.phone(NAME, contact)

    phone.types("Oi")
    phone.shows(re.compile("1 - .*2 - Falar com atendente", re.DOTALL))
    expect(agent.page.locator(".row-item")).to_have_count(0)  # the bot's are not for agents

    # The agent's window is not touched: the conversation arrives by itself.
    phone.types("2")
    phone.shows(re.compile("atendente"))
    expect(agent.row(NAME)).to_be_visible()
    phone.types(QUESTION)
    expect(agent.row(NAME)).to_contain_text("Meu pedido 4471")
    expect(agent.row(NAME).locator(".row-unread")).to_contain_text("3")

    agent.open(NAME)
    expect(agent.bubble(QUESTION)).to_be_visible()
    expect(agent.state).to_have_text("Na fila")
    assert house.conversation(contact)["agent"] is None, "opening does not assume"

    agent.assume()
    assert house.conversation(contact)["agent"]["username"] == "atendente"
    agent.answer(ANSWER)
    phone.shows(ANSWER)
    tick = agent.tick(ANSWER)
    expect(tick).to_have_attribute("data-tip-title", "Mensagem enviada")
    expect(tick).to_have_attribute("data-tip-title", "Mensagem entregue", timeout=10_000)
    house.provider.customer_reads(contact)
    expect(tick).to_have_attribute("data-tip-title", "Mensagem lida")
    tick.hover()
    expect(agent.page.locator(".tip")).to_contain_text("lida pelo destinatário")

    expect(agent.bubble(ANSWER)).to_have_count(1)
    assert house.sent(contact, ANSWER) == 1
    assert agent.trouble == [] and phone.trouble == []


@pytest.mark.full
def test_the_list_settles_after_what_the_agent_does(
    house: House, new_contact: Callable[[], str]
) -> None:
    """Others' news never moves rows under the pointer; the agent's own doing shows at once."""
    house.waits("Ana Beatriz Costa", new_contact())
    house.waits("Rafael Nogueira", new_contact())
    agent = house.desk("atendente")
    agent.open_list()
    agent.open("Ana Beatriz Costa")
    agent.row("Rafael Nogueira").hover()
    news = agent.page.get_by_role("button", name="Mostrar novidades")
    house.waits("Luíza Fernandes", new_contact())
    expect(news).to_be_visible()
    expect(agent.page.locator(".row-item")).to_have_count(2)
    last = agent.page.locator(".row-item").last.bounding_box()
    box = news.bounding_box()
    assert last and box and last["y"] + last["height"] <= box["y"], "it hides no row"

    # By keyboard, so that the pointer stays where it rests.
    agent.page.get_by_role("button", name="Assumir").press("Enter")
    expect(agent.state).to_have_text("Com você")
    expect(agent.row("Ana Beatriz Costa")).to_have_count(0)
    expect(agent.row("Luíza Fernandes")).to_be_visible()
    expect(news).to_be_hidden()


@pytest.mark.full
def test_a_list_that_stays_empty_has_no_news(house: House, contact: str) -> None:
    house.waits("Ana Beatriz Costa", contact)
    agent = house.desk("atendente")
    agent.open_list()
    agent.open("Ana Beatriz Costa")
    agent.assume()
    expect(agent.page.get_by_text("Ninguém esperando.")).to_be_visible()
    for text in ("Ainda aí?", "Alô?"):
        agent.composer.press_sequentially("Um momento")  # who types has a list that holds still
        with agent.page.expect_response("**/omnichannel/lista/**"):
            house.writes("Ana Beatriz Costa", contact, text)
        expect(agent.bubble(text)).to_be_visible()
    agent.page.wait_for_timeout(300)
    expect(agent.page.get_by_role("button", name="Mostrar novidades")).to_be_hidden()


@pytest.mark.full
def test_the_phone_keeps_the_draft_and_follows(house: House, contact: str) -> None:
    phone = house.phone("João Pereira", contact)
    page = phone.page
    for text in ("Oi", "1", "Bom dia"):
        phone.types(text)
        expect(page.locator(".pm-in .pm-text").filter(has_text=text).first).to_be_visible()
    phone.shows(re.compile("segunda a sexta"))
    log = page.locator(".phone-log")
    page.wait_for_function(
        "log => log.scrollHeight - log.scrollTop - log.clientHeight < 5", arg=log.element_handle()
    )
    page.locator("#sim-text").fill("ainda não mandei")
    page.locator("[name=platform][value=telegram]").check()
    expect(page.locator(".pm")).to_have_count(0)
    expect(page.locator("#sim-text")).to_have_value("ainda não mandei")
    page.locator("[name=platform][value=whatsapp]").check()
    expect(page.locator(".pm-in").first).to_be_visible()
    expect(page.locator("#sim-text")).to_have_value("ainda não mandei")
    page.get_by_role("button", name="Outro cliente").click()
    expect(page.get_by_label("Nome do cliente")).not_to_have_value("João Pereira")
    page.get_by_role("button", name="João Pereira").click()
    expect(page.get_by_label("Número do WhatsApp")).to_have_value(contact)
    expect(page.locator(".pm-in").first).to_be_visible()
    assert phone.trouble == []


def test_the_log_speaks_portuguese_in_the_installations_zone(house: House, contact: str) -> None:
    phone = house.phone("João Pereira", contact)
    phone.types("Oi")
    phone.shows(re.compile("Falar com atendente"))
    row = phone.page.locator("#sim-rows tr").filter(has_text="ensagem do cliente").first
    expect(row).to_be_visible()
    # The browser of these tests lives in Tokyo.
    there = phone.page.evaluate(
        "time => new Intl.DateTimeFormat('pt-BR', {timeStyle: 'medium',"
        " timeZone: 'America/Sao_Paulo'}).format(new Date(time))",
        row.locator("time").get_attribute("datetime"),
    )
    expect(row.locator("time")).to_have_text(there)


@pytest.mark.skipif(
    os.environ.get("ISOBOT_SCREENSHOTS", "") != "1",
    reason="writes docs/images: runs with ISOBOT_SCREENSHOTS=1",
)
def test_pictures_for_the_documentation(
    house: House, new_contact: Callable[[], str], picture: Callable[[Window, str], None]
) -> None:
    """The screens the guide shows."""
    contact = new_contact()
    guest = house.window()
    guest.go("/entrar/")
    picture(guest, "entrar")
    sign_in(guest, "supervisor")

    house.waits(NAME, contact, QUESTION)
    house.waits("Rafael Nogueira", new_contact(), "Vocês entregam em Maringá no sábado?")
    house.waits("Luíza Fernandes", new_contact(), "Preciso da segunda via do boleto.")
    agent = house.desk("atendente")
    agent.open_list()
    expect(agent.page.locator(".row-item")).to_have_count(3)
    picture(agent, "omnichannel-fila")

    phone = house.phone(NAME, contact)
    agent.open(NAME)
    agent.assume()
    agent.answer(ANSWER)
    phone.shows(ANSWER)
    phone.types("Que ótimo, obrigada!")
    expect(agent.bubble("Que ótimo, obrigada!")).to_be_visible()
    agent.answer("Por nada! Posso ajudar em mais alguma coisa?")
    phone.shows("Por nada!")
    house.provider.customer_reads(contact)
    expect(agent.tick("Por nada! Posso ajudar em mais alguma coisa?")).to_have_attribute(
        "data-tip-title", "Mensagem lida"
    )
    agent.page.get_by_role("button", name="Fechar", exact=True).click()
    agent.page.mouse.move(0, 0)
    picture(agent, "omnichannel-conversa")
    picture(phone, "simulador")
    agent.page.emulate_media(color_scheme="dark")
    picture(agent, "omnichannel-escuro")
    agent.page.emulate_media(color_scheme="light")

    agent.page.set_viewport_size(NARROW)
    agent.page.reload()
    expect(agent.bubble(ANSWER)).to_be_visible()
    picture(agent, "omnichannel-celular")
    phone.page.set_viewport_size(NARROW)
    phone.page.reload()
    phone.shows(ANSWER)
    picture(phone, "simulador-celular")
    for window in (agent, phone):
        assert window.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
