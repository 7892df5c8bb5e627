"""The guide's last section: what the agent reads of a message's status, channel by channel."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.windows import LONG, Desk, House, press_until
from tests.stack_clients import Browser

pytestmark = pytest.mark.browser

NAME = "Maria Souza"
SENT = ("Mensagem enviada", "Informa que a mensagem foi enviada com sucesso.")
DELIVERED = (
    "Mensagem entregue",
    "Informa que a mensagem foi entregue ao destinatário com sucesso.",
)
READ = ("Mensagem lida", "Informa que a mensagem foi lida pelo destinatário com sucesso.")
FAILURE = "Informa que teve uma falha no envio; A falha pode se dar por problema de autenticação"
FAILED = (
    "Falha do envio",
    f"{FAILURE} com o provedor ou falha de acesso ao serviço.",
)
FAILED_ON_WHATSAPP = (
    "Falha do envio",
    f"{FAILURE} com o provedor, falha de acesso ao serviço ou template não suportado.",
)
# The switch of the provider's that makes a send fail, and what the agent reads of it.
CAUSES = {
    "no_credit": "falha de acesso ao serviço.",
    "bad_request": "o canal não aceitou este conteúdo.",
    "window": "o prazo para responder livremente acabou.",
    "no_recipient": "esta pessoa não pode receber mensagens neste canal.",
}
WAITING = "Aguardando acesso ao provedor. Sai sozinha assim que voltar."
# Elsewhere delivered and read are not told; Telegram has no window.
SHOWN = {
    "whatsapp": (DELIVERED, READ, FAILED_ON_WHATSAPP, list(CAUSES)),
    "messenger": (SENT, SENT, FAILED, list(CAUSES)),
    "instagram": (SENT, SENT, FAILED, list(CAUSES)),
    "telegram": (SENT, SENT, FAILED, [mode for mode in CAUSES if mode != "window"]),
}


@pytest.mark.full
@pytest.mark.parametrize("platform", SHOWN)
def test_labels_sentences_and_causes_are_the_guides(
    house: House, contact: str, platform: str
) -> None:
    arrived, seen, failed, modes = SHOWN[platform]
    desk = serving(house, contact, platform)
    house.provider.switch(statuses=False, status_delay_ms=0)
    shows(desk, "Enviada", SENT)
    house.provider.switch(statuses=True)
    shows(desk, "Entregue", arrived)
    house.provider.customer_reads(contact, platform)
    reads(desk, "Entregue", seen)
    for mode in modes:
        house.provider.switch(send=mode)
        fails(desk, mode, failed, CAUSES[mode])
    house.provider.switch(send="ok")
    with without_token(house):
        fails(desk, "Sem token", failed, "problema de autenticação com o provedor.")
    by_keyboard_too(desk, failed)
    labels = desk.page.locator(".tick").evaluate_all("all => all.map(t => t.dataset.tipTitle)")
    assert set(labels) <= {SENT[0], arrived[0], seen[0], failed[0]}
    assert desk.trouble == []


def serving(house: House, contact: str, platform: str) -> Desk:
    house.waits(NAME, contact, platform=platform)
    desk = house.desk("atendente")
    desk.open_list()
    desk.open(NAME)
    desk.assume()
    return desk


def shows(desk: Desk, text: str, words: tuple[str, str]) -> None:
    """Once sent, the mark of this message says so."""
    desk.answer(text)
    reads(desk, text, words)


def fails(desk: Desk, text: str, words: tuple[str, str], cause: str) -> None:
    shows(desk, text, words)
    said = desk.bubble(text).locator(".msg-failure")
    expect(said).to_contain_text(f"Falha do envio: {cause}", timeout=LONG)
    expect(said.get_by_role("button", name="Reenviar")).to_be_visible()


@contextlib.contextmanager
def without_token(house: House) -> Iterator[None]:
    """No access at all: what is sent fails at once, where a refused token keeps it waiting."""
    address = "parameters/ISOCHATBOT/users/ISOPADRAO/details/PROVEDOR_TOKEN/"
    detail = house.supervisor.get(address).json()
    house.supervisor.put(address, {**detail, "active": False}).raise_for_status()
    try:
        yield
    finally:
        house.supervisor.put(address, detail).raise_for_status()


def reads(desk: Desk, text: str, words: tuple[str, str]) -> None:
    label, sentence = words
    tick = desk.tick(text)
    expect(tick).to_have_attribute("data-tip-title", label, timeout=LONG)
    expect(tick).to_have_attribute("aria-label", f"{label}. {sentence}".replace("..", "."))
    tick.hover()
    expect(desk.page.locator(".tip strong")).to_have_text(label)
    expect(desk.page.locator(".tip span")).to_have_text(sentence)
    desk.composer.hover()
    expect(desk.page.locator(".tip")).to_be_hidden()


def by_keyboard_too(desk: Desk, words: tuple[str, str]) -> None:
    """The last mark is reached by Tab, the others from it by arrows; each explains itself."""
    page, tip = desk.page, desk.page.locator(".tip")
    desk.composer.focus()
    on_mark = "document.activeElement.classList.contains('tick')"
    press_until(page, "Shift+Tab", lambda: bool(page.evaluate(on_mark)))
    expect(tip).to_contain_text(words[0])
    expect(tip).to_contain_text(words[1])
    marks = page.locator(".tick")
    at = marks.count() - 1
    while marks.nth(at).get_attribute("data-tip-title") == words[0]:
        page.keyboard.press("ArrowUp")
        at -= 1
    expect(marks.nth(at)).to_be_focused()
    expect(tip).to_contain_text(re.compile("foi (enviada|lida)"))
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


@pytest.mark.parametrize(
    "platform",
    ["whatsapp", *(pytest.param(kind, marks=pytest.mark.full) for kind in list(SHOWN)[1:])],
)
def test_a_message_waits_for_access_in_words_and_leaves_by_itself(
    house: House, contact: str, platform: str
) -> None:
    desk = serving(house, contact, platform)
    supervisor = Browser(house.stack, "supervisor")
    house.provider.switch(token="expired", refresh="refused")
    try:
        desk.answer("Já vai.")
        failure = desk.bubble("Já vai.").locator(".msg-failure")
        expect(failure).to_contain_text(WAITING, timeout=LONG)
    finally:
        house.provider.switch(refresh="ok")
        supervisor.submit("/supervisor/chat/setup/atualizar-token/")
    expect(desk.tick("Já vai.")).to_have_attribute(
        "data-tip-title", SHOWN[platform][0][0], timeout=LONG
    )
    expect(failure).to_have_count(0, timeout=LONG)
    assert house.sent(contact, "Já vai.") == 1
    assert desk.trouble == []
