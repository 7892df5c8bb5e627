"""When something goes wrong on the way to the customer: nothing is lost, nothing is doubled."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Route, expect

from tests.browser.windows import LONG, NARROW, House, Line
from tests.stack_clients import Browser as Boss

pytestmark = pytest.mark.browser

NAME = "Carlos Eduardo Lima"


def test_second_agent_loses_the_race_politely(house: House, contact: str) -> None:
    house.waits(NAME, contact)
    ana, bruno = house.desk("atendente"), house.desk("atendente2")
    for desk in (ana, bruno):
        desk.open_list()
        desk.open(NAME)
    # Bruno's open thread does not hear the news, as if he clicked in the same moment.
    bruno.page.route("**/mensagens/**", lambda route: route.abort())
    bruno.composer.fill("Olá, Carlos!")
    ana.assume()
    bruno.page.get_by_role("button", name="Assumir").click()
    said = bruno.page.get_by_role("alert").filter(has_text="Ana Lima já está atendendo")
    expect(said).to_be_visible()
    expect(bruno.row(NAME)).to_have_count(0)
    expect(bruno.page.get_by_role("button", name="Assumir")).to_have_count(0)
    expect(bruno.composer).to_have_value("Olá, Carlos!")
    bruno.composer.press("Enter")
    expect(bruno.page.locator(".composer-error")).to_contain_text("Ana Lima já está atendendo")
    expect(bruno.composer).to_have_value("Olá, Carlos!")
    assert house.conversation(contact)["agent"]["username"] == "atendente"
    assert house.sent(contact, "Olá, Carlos!") == 0


@pytest.mark.full
def test_who_did_not_click_sees_it_leave(house: House, contact: str) -> None:
    house.waits(NAME, contact)
    ana, bruno = house.desk("atendente"), house.desk("atendente2")
    for desk in (ana, bruno):
        desk.open_list()
        desk.open(NAME)
    bruno.page.mouse.move(0, 0)
    ana.assume()
    expect(bruno.row(NAME)).to_have_count(0)
    expect(bruno.page.get_by_text("Outra pessoa está com esta conversa agora.")).to_be_visible()
    expect(bruno.page.get_by_role("button", name="Assumir")).to_have_count(0)


@pytest.fixture
def line(house: House) -> Iterator[Line]:
    line = Line(house.stack.port)
    yield line
    line.close()


def test_a_cut_connection_loses_nothing(house: House, contact: str, line: Line) -> None:
    found = house.waits(NAME, contact)
    desk = house.desk("atendente", url=line.url)
    desk.open_list()
    desk.open(NAME)
    desk.assume()
    status = desk.page.locator("#live-line")
    expect(status).to_be_hidden()
    line.cut()
    expect(status).to_have_text("Reconectando… nada se perde")
    desk.composer.fill("ainda escrevendo")
    house.writes(NAME, contact, "Chegou enquanto estava fora?")
    shown = "Chegou enquanto estava fora?"

    def arrived() -> bool:
        return any(message["text"] == shown for message in house.supervisor.messages(found["id"]))

    desk.page.wait_for_timeout(300)
    assert arrived()
    expect(desk.bubble(shown)).to_have_count(0)
    line.mend()
    expect(status).to_have_text("Em dia", timeout=20_000)
    expect(desk.bubble(shown)).to_have_count(1)
    expect(status).to_be_hidden()
    expect(desk.bubble(shown)).to_have_count(1)
    expect(desk.composer).to_have_value("ainda escrevendo")


def test_a_failed_send_says_why_and_can_be_sent_again(house: House, contact: str) -> None:
    text = "Segue o número do protocolo: 2026-1183."
    house.waits(NAME, contact)
    desk = house.desk("atendente")
    desk.open_list()
    desk.open(NAME)
    desk.assume()
    house.provider.switch(send="bad_request")
    desk.answer(text)
    bubble = desk.bubble(text)
    expect(bubble.locator(".msg-failure")).to_contain_text("Falha do envio:")
    expect(bubble.locator(".msg-failure")).to_contain_text("o canal não aceitou este conteúdo.")
    expect(desk.tick(text)).to_have_attribute("data-tip", re.compile("uma falha no envio"))
    house.provider.switch(send="ok")
    bubble.get_by_role("button", name="Reenviar").click()
    phone = house.phone(NAME, contact)
    phone.shows(text)
    expect(desk.tick(text)).to_have_attribute("data-tip-title", re.compile("enviada|entregue"))
    expect(bubble.locator(".msg-failure")).to_have_count(0)
    expect(bubble).to_have_count(1)
    assert house.sent(contact, text) == 1
    assert desk.trouble == []


@pytest.mark.full
def test_a_failure_that_comes_late_is_seen_above_the_actions(house: House, contact: str) -> None:
    house.waits(NAME, contact, *(f"Linha {number}" for number in range(8)))
    desk = house.desk("atendente", viewport=NARROW)
    desk.open_list()
    desk.open(NAME)
    desk.assume()
    house.provider.switch(send="async_failure")
    desk.answer("Segue o protocolo.")
    failure = desk.bubble("Segue o protocolo.").locator(".msg-failure")
    expect(failure).to_contain_text("Falha do envio:")
    bar = desk.page.locator(".thread-bar").bounding_box()
    seen = failure.bounding_box()
    assert bar and seen and seen["y"] + seen["height"] < bar["y"]


def test_who_may_no_longer_see_it_is_told_so_and_keeps_the_text(house: House, contact: str) -> None:
    found = house.waits(NAME, contact)
    human, boss = found["classification"]["code"], Boss(house.stack, "supervisor")
    bruno = house.desk("atendente2")
    bruno.open_list()
    bruno.open(NAME)
    bruno.composer.fill("Olá, Carlos!")
    agents = f"/supervisor/chat/classificacao/{human}/atendentes/"
    ((member, user),) = house.stack.rows(
        "SELECT m.id, u.id FROM chat_membership m JOIN auth_user u ON u.id = m.user_id"
        f" WHERE u.username = 'atendente2' AND m.classification_id = {human}"
    )
    boss.submit(f"{agents}excluir,{member}")
    try:
        error = bruno.page.locator(".composer-error")
        expect(error).to_contain_text("Esta conversa não está mais com você", timeout=LONG)
        expect(error.get_by_role("button")).to_be_hidden()
        expect(bruno.page.get_by_text("Ao enviar, você assume")).to_have_count(0)
        expect(bruno.page.get_by_role("button", name="Assumir")).to_have_count(0)
        bruno.composer.press("Enter")
        expect(error).to_contain_text("Esta conversa não está mais com você")
        expect(bruno.composer).to_have_value("Olá, Carlos!")
        assert house.sent(contact, "Olá, Carlos!") == 0
    finally:
        boss.submit(f"{agents}incluir/", user=str(user))


@pytest.mark.full
def test_what_was_prepared_when_the_conversation_ended_is_kept_and_said_to_be_unsent(
    house: House, contact: str
) -> None:
    house.waits(NAME, contact)
    desk = house.desk("atendente")
    desk.open_list()
    desk.open(NAME)
    desk.assume()
    desk.composer.fill("Só mais uma coisa")
    desk.page.get_by_role("button", name="Encerrar").click()
    desk.page.get_by_role("button", name="Encerrar conversa").click()
    error = desk.page.locator(".composer-error")
    expect(error).to_contain_text("Encerrada.")
    expect(error).to_contain_text("O que você preparou não foi enviado")
    expect(desk.composer).to_have_value("Só mais uma coisa")
    assert house.sent(contact, "Só mais uma coisa") == 0


def test_what_does_not_leave_says_that_it_waits_and_leaves_when_it_can(
    house: House, contact: str
) -> None:
    house.waits(NAME, contact)
    desk = house.desk("atendente")
    desk.open_list()
    desk.open(NAME)
    desk.assume()
    desk.answer("Já vejo.")
    expect(desk.tick("Já vejo.")).to_have_attribute(
        "data-tip-title", re.compile("enviada|entregue")
    )
    house.provider.switch(send="server_error")
    desk.answer("Segue o protocolo.")
    note = desk.bubble("Segue o protocolo.").get_by_text("Ainda não saiu")
    expect(note).to_be_hidden()
    expect(note).to_be_visible(timeout=LONG)
    expect(note).to_be_in_viewport(ratio=1)
    house.provider.switch(send="ok")
    boss = Boss(house.stack, "supervisor")
    boss.submit("/supervisor/chat/setup/testar-acesso/")
    expect(note).to_have_count(0, timeout=LONG)
    assert house.sent(contact, "Segue o protocolo.") == 1


def test_an_empty_queue_shows_who_comes_also_under_the_pointer(house: House, contact: str) -> None:
    desk = house.desk("atendente")
    desk.open_list()
    expect(desk.page.get_by_text("Ninguém esperando.")).to_be_visible()
    desk.page.locator("[data-part=rows]").hover()
    house.waits(NAME, contact)
    expect(desk.row(NAME)).to_be_visible(timeout=LONG)


def test_a_name_that_changes_changes_on_top_of_the_open_conversation(
    house: House, contact: str
) -> None:
    house.waits(NAME, contact)
    desk = house.desk("atendente")
    desk.open_list()
    desk.open(NAME)
    house.writes("Carlos E. Lima", contact, "Agora com outro nome")
    expect(desk.page.locator("#thread-name")).to_have_text("Carlos E. Lima", timeout=LONG)


def test_who_is_put_out_of_the_page_reads_why_and_keeps_the_text(
    house: House, contact: str
) -> None:
    house.waits(NAME, contact)
    desk = house.desk("atendente")
    desk.open_list()
    desk.open(NAME)
    desk.composer.fill("ainda escrevendo")
    desk.page.context.clear_cookies(name="sessionid")
    desk.page.evaluate("dispatchEvent(new Event('focus'))")  # as who comes back to the page
    said = desk.page.get_by_text("Sua sessão terminou.")
    expect(said).to_be_visible(timeout=LONG)
    assert "ainda escrevendo" in desk.page.evaluate("sessionStorage['isobot.drafts']")
    desk.page.reload()
    expect(said).to_be_hidden()


@pytest.mark.parametrize("reached", [False, True], ids=["never arrived", "answer lost"])
def test_text_is_never_lost_nor_doubled(house: House, contact: str, reached: bool) -> None:
    text = "Linha um\nLinha dois com acentuação — e um emoji 🙂"
    house.waits(NAME, contact)
    desk = house.desk("atendente")
    desk.open_list()
    desk.open(NAME)
    desk.assume()

    def silence(route: Route) -> None:
        if reached:
            route.fetch()
        route.abort("connectionreset")

    desk.page.route("**/responder/", silence)
    desk.answer(text)
    error = desk.page.locator(".composer-error")
    expect(error).to_contain_text("O texto continua aqui")
    expect(desk.composer).to_have_value(text)
    desk.page.reload()  # not even by an impatient person
    expect(desk.composer).to_have_value(text)
    desk.page.unroute("**/responder/")
    desk.page.get_by_role("button", name="Enviar", exact=True).click()
    expect(desk.composer).to_have_value("")
    expect(desk.page.locator(".msg-out").filter(has_text="Linha dois")).to_have_count(1)
    house.phone(NAME, contact).shows(re.compile("Linha dois"))
    assert house.sent(contact, text) == 1


@pytest.mark.full
def test_a_text_too_long_is_refused_whole(house: House, contact: str) -> None:
    """Cut silently, half of it would reach the customer."""
    house.waits(NAME, contact)
    desk = house.desk("atendente")
    desk.open_list()
    desk.open(NAME)
    desk.assume()
    desk.answer("palavra " * 700)
    expect(desk.page.locator(".composer-error")).to_contain_text("este canal aceita até 4096")
    assert len(desk.composer.input_value()) == 5600
