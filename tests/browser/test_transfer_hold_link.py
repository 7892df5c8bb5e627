"""Transfer, hold and Vincular on the agents' screen, with the customer's phone beside it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from tests.browser.windows import NARROW, Desk, House, press_until

pytestmark = pytest.mark.browser

NOTE = "Cliente antiga, espera o reembolso"
TRANSFERRED = "Seu atendimento foi transferido para Bruno Reis, que já vai falar com você."
ON_HOLD = "Seu atendimento está em espera. Já voltamos a falar com você."


def name_of(contact: str) -> str:
    """A name no other test of a run leaves in the list."""
    return f"Helena Prado {contact[-4:]}"


def taken(house: House, contact: str, username: str = "atendente") -> Desk:
    """The desk of an agent who has just taken this customer's conversation."""
    house.waits(name_of(contact), contact, "Quero falar do meu reembolso")
    desk = house.desk(username)
    desk.open_list()
    desk.open(name_of(contact))
    desk.assume()
    return desk


def press(desk: Desk, name: str) -> None:
    desk.page.locator("#thread").get_by_role("button", name=name, exact=True).click()


def dialog(desk: Desk) -> Locator:
    return desk.page.get_by_role("dialog")


def test_a_conversation_goes_to_a_colleague_with_a_note(house: House, contact: str) -> None:
    ana, bruno = taken(house, contact), house.desk("atendente2")
    bruno.open_list("meus")
    press(ana, "Transferir")
    expect(dialog(ana).get_by_label("Bruno Reis")).to_be_focused()
    dialog(ana).get_by_label("Bruno Reis").check()
    dialog(ana).get_by_label("Nota para os colegas").fill(NOTE)
    dialog(ana).get_by_role("button", name="Transferir", exact=True).click()

    # It left Ana's sight; it comes to Bruno by itself, with the note.
    expect(ana.page.get_by_text("Conversa transferida.")).to_be_visible()
    expect(ana.page.locator("#thread")).to_have_count(0)
    expect(ana.row(name_of(contact))).to_have_count(0)
    bruno.open(name_of(contact))
    expect(bruno.state).to_have_text("Com você")
    expect(bruno.page.locator(".event").filter(has_text=NOTE)).to_be_visible()
    phone = house.phone(name_of(contact), contact)
    phone.shows(TRANSFERRED)
    expect(phone.page.get_by_text(NOTE)).to_have_count(0)
    bruno.answer("Olá! O reembolso sai hoje.")
    phone.shows("Olá! O reembolso sai hoje.")
    assert house.sent(contact, TRANSFERRED) == 1
    assert ana.trouble == [] and bruno.trouble == [] and phone.trouble == []


@pytest.mark.full
def test_who_was_writing_keeps_the_draft_when_it_is_taken_away(house: House, contact: str) -> None:
    ana, supervisor = taken(house, contact), house.desk("supervisor")
    ana.composer.fill("Estou verificando o seu")
    supervisor.open_list("todos")
    supervisor.open(name_of(contact))
    press(supervisor, "Transferir")
    dialog(supervisor).get_by_label("Bruno Reis").check()
    dialog(supervisor).get_by_role("button", name="Transferir", exact=True).click()
    expect(supervisor.state).to_have_text("Bruno Reis")
    expect(ana.page.get_by_text("Esta conversa não está mais com você.")).to_be_visible()
    expect(ana.composer).to_have_value("Estou verificando o seu")
    expect(ana.page.locator(".thread-bar button")).to_have_count(0)


@pytest.mark.full
def test_hold_resume_and_the_customer_who_writes(house: House, contact: str) -> None:
    ana, phone = taken(house, contact), house.phone(name_of(contact), contact)
    press(ana, "Em espera")
    expect(ana.state).to_have_text("Em espera")
    phone.shows(ON_HOLD)
    press(ana, "Retomar")
    expect(ana.state).to_have_text("Com você")
    press(ana, "Em espera")
    expect(ana.state).to_have_text("Em espera")
    phone.types("Ainda está aí?")
    expect(ana.state).to_have_text("Com você")
    assert house.sent(contact, ON_HOLD) == 2, "once each time it was put on hold"
    assert ana.trouble == [] and phone.trouble == []


def test_vincular_finds_makes_writes_and_undoes(house: House, contact: str) -> None:
    name = f"{name_of(contact)} Souza"
    ana = taken(house, contact)
    details = ana.page.locator("#context")
    details.get_by_role("button", name="Vincular").click()
    search = dialog(ana).get_by_role("searchbox")
    expect(search).to_be_focused()
    search.fill(name)
    expect(dialog(ana).get_by_text(f"Nenhum cadastro encontrado para “{name}”.")).to_be_visible()
    dialog(ana).get_by_label("Novo cadastro").check()
    expect(dialog(ana).get_by_label("Nome", exact=True)).to_have_value(name)
    expect(dialog(ana).get_by_text("entra no cadastro, com o tipo")).to_be_visible()
    dialog(ana).get_by_role("button", name="Vincular").click()
    expect(ana.page.locator("#thread-name")).to_have_text(name)
    expect(details.get_by_role("button", name="Alterar")).to_be_focused()
    made = house.conversation(contact)["contact"]
    record = house.supervisor.get(f"contacts/{made['id']}/").json()
    assert (made["name"], [row["number"] for row in record["phones"]]) == (name, [contact])

    details.get_by_role("button", name="Desfazer").click()
    expect(details.get_by_text("Ainda não vinculada a um cadastro.")).to_be_visible()
    expect(details.get_by_role("button", name="Vincular")).to_be_focused()
    gone = house.supervisor.get(f"contacts/{made['id']}/")
    assert gone.status_code == 404, "made only to be linked to, and by nothing else used"

    # And a record that is there is found and chosen.
    kept = house.supervisor.post("contacts/", {"name": name}).json()
    details.get_by_role("button", name="Vincular").click()
    dialog(ana).get_by_role("searchbox").fill(name)
    dialog(ana).get_by_label(name).check()
    dialog(ana).get_by_role("button", name="Vincular").click()
    expect(ana.page.locator("#thread-name")).to_have_text(name)
    assert house.conversation(contact)["contact"]["id"] == kept["id"]
    assert ana.trouble == []


@pytest.mark.full
def test_a_refusal_stays_in_the_dialog_in_words(house: House, contact: str) -> None:
    found = house.waits(name_of(contact), contact)
    supervisor = house.desk("supervisor")
    supervisor.open_list()
    supervisor.open(name_of(contact))
    press(supervisor, "Transferir")
    dialog(supervisor).get_by_label("Ana Lima").check()
    house.supervisor.post(f"conversations/{found['id']}/close/")
    dialog(supervisor).get_by_role("button", name="Transferir", exact=True).click()
    expect(dialog(supervisor).get_by_role("alert")).to_contain_text("encerrada")
    supervisor.page.keyboard.press("Escape")
    expect(dialog(supervisor)).to_have_count(0)
    expect(supervisor.state).to_have_text("Encerrada")


@pytest.mark.full
def test_closing_without_the_closing_message(house: House, contact: str) -> None:
    ana = taken(house, contact)
    press(ana, "Encerrar")
    ana.page.get_by_label("Não enviar a mensagem de encerramento").check()
    ana.page.get_by_role("button", name="Encerrar conversa").click()
    expect(ana.state).to_have_text("Encerrada")
    expect(ana.page.locator(".event").last).to_contain_text("escolheu não enviar")
    ledger = house.provider.ledger(contact)
    assert not [entry for entry in ledger if "foi finalizado" in entry.get("text", "")]
    assert ana.trouble == []


@pytest.mark.full
def test_transfer_by_keyboard_alone(house: House, contact: str) -> None:
    ana = taken(house, contact)
    page, keys = ana.page, ana.page.keyboard

    def on(selector: str) -> Callable[[], bool]:
        return lambda: bool(page.evaluate("s => document.activeElement.matches(s)", selector))

    press_until(page, "Shift+Tab", on("[data-panel$='transferir/']"))
    keys.press("Enter")
    expect(dialog(ana).get_by_label("Bruno Reis")).to_be_focused()
    keys.press("Escape")
    expect(dialog(ana)).to_have_count(0)
    assert on("[data-panel$='transferir/']")(), "the focus is given back"
    keys.press("Enter")
    expect(dialog(ana).get_by_label("Bruno Reis")).to_be_focused()
    keys.press("Space")
    press_until(page, "Tab", on("dialog [type=submit]"))
    keys.press("Enter")
    expect(page.get_by_text("Conversa transferida.")).to_be_visible()
    assert house.conversation(contact, "active")["agent"]["username"] == "atendente2"
    # What was asked a moment before it left may be answered that there is no such conversation.
    assert [trouble for trouble in ana.trouble if "404" not in trouble] == []


@pytest.mark.full
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panels_have_no_serious_barrier_and_fit_a_phone(
    house: House, contact: str, scheme: str
) -> None:
    house.waits(name_of(contact), contact)
    ana = house.desk("atendente", color_scheme=scheme, bypass_csp=True)
    ana.open_list()
    ana.open(name_of(contact))
    ana.assume()
    found: list[str] = []
    for size in (None, NARROW):
        if size is not None:
            ana.page.set_viewport_size(size)  # type: ignore[arg-type]
            ana.page.reload()
        for opener in ("Transferir", "Vincular"):
            if opener == "Vincular" and size is not None:
                ana.page.locator(".thread-toggle").click()
            ana.page.get_by_role("button", name=opener, exact=True).click()
            expect(dialog(ana)).to_be_visible()
            if opener == "Vincular":
                dialog(ana).get_by_label("Novo cadastro").check()
            found += _barriers(ana, f"{opener} {size}")
            if size is not None:
                assert _too_small(ana) == []
            ana.page.keyboard.press("Escape")
        assert ana.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert found == []


def _barriers(desk: Desk, what: str) -> list[str]:
    violations = Axe().run(desk.page, options={"resultTypes": ["violations"]}).response
    return [
        f"{what}: {violation['id']} at {node['target']}"
        for violation in violations["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


def _too_small(desk: Desk) -> list[str]:
    """What a finger has to hit in the dialog and is lower than 44 px."""
    script = """found => found
        .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 43.5)
        .map(e => e.outerHTML.slice(0, 90))"""
    targets = dialog(desk).locator("button, label:has(input), input:not([type=radio]), textarea")
    small: list[str] = targets.evaluate_all(script)
    return small


@pytest.mark.full
def test_the_unclassified_are_the_supervisors_and_get_a_queue(house: House, contact: str) -> None:
    detail = "parameters/ISOCHATBOT/users/ISOPADRAO/details/CLASS_CHAT_BOT/"
    kept = house.supervisor.get(detail).json()
    supervisor = house.desk("supervisor")
    supervisor.open_list()
    house.supervisor.put(detail, {"active": False})
    try:
        house.writes(name_of(contact), contact, "Oi")
        house.conversation(contact, "waiting")
    finally:
        house.supervisor.put(detail, {"active": kept["active"]})
    tab = supervisor.page.locator(".tab").filter(has_text="Sem classificação")
    tab.click()
    expect(supervisor.page.get_by_role("note")).to_contain_text("CLASS_CHAT_ATENDIMENTO")
    supervisor.open(name_of(contact))
    press(supervisor, "Transferir")
    dialog(supervisor).get_by_label("WhatsApp", exact=True).check()
    dialog(supervisor).get_by_role("button", name="Transferir", exact=True).click()
    expect(supervisor.page.locator(".event").last).to_contain_text(re.compile("WhatsApp"))
    assert house.conversation(contact)["classification"]["description"] == "WhatsApp"
