"""No barrier in what messages carry, in templates, in credentials, on the simulated phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import samples
from tests.browser.conftest import TEMPLATES
from tests.browser.test_accessibility import Visitors, barriers
from tests.browser.windows import LONG, Desk, House

pytestmark = [pytest.mark.browser, pytest.mark.full]

NAME = "Helena Prado"
PLATFORMS = ("whatsapp", "messenger", "instagram", "telegram")
LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in ("wide", "phone")]
PLACE = {"name": "Praça Tiradentes", "latitude": -25.4, "longitude": -49.2}
CARD = {"name": {"formatted_name": "João Reis"}, "phones": [{"phone": "+55 41 98888-0000"}]}


def fill(house: House, contact: str) -> None:
    """Each kind of content a customer sends."""
    picture = ("image", "frente.png", samples.picture())
    house.sends(NAME, contact, picture, caption="Chegou assim")
    house.sends(NAME, contact, picture, ("image", "verso.png", samples.picture()))
    house.sends(NAME, contact, ("audio", "recado.mp3", samples.SILENCE))
    house.sends(NAME, contact, ("video", "caixa.mp4", samples.FILM))
    house.sends(NAME, contact, ("file", "nota.pdf", samples.PDF))
    house.sends(NAME, contact, ("file", "vazio.pdf", b"\0"))
    for content in ({"location": PLACE}, {"contact": CARD}, {"unsupported": {"name": "x"}}):
        house.writes(NAME, contact, "", **content)


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_no_content_of_a_conversation_is_a_barrier(
    house: House, contact: str, scheme: str, width: str
) -> None:
    house.waits(NAME, contact)
    fill(house, contact)
    desk = Visitors(house, scheme, width).of("atendente")
    assert isinstance(desk, Desk)
    desk.open_list()
    desk.open(NAME)
    desk.assume()
    page = desk.page
    nota = {"name": "nota2.pdf", "mimeType": "application/pdf", "buffer": samples.PDF}
    page.locator("[data-part=file-input]").set_input_files([nota])  # type: ignore[list-item]
    found = barriers(desk, "with a file chosen")
    desk.answer("Segue a nota.")
    expect(page.locator(".msg-out a.file-card")).to_be_visible(timeout=LONG)
    house.provider.switch(send="bad_request")
    desk.answer("Não vai")
    expect(page.locator(".msg-failure")).to_be_visible(timeout=LONG)
    expect(page.locator(".file-card .spinner-border")).to_have_count(0, timeout=LONG)
    shown = page.locator(".file-image, .file-audio, .file-video, .place, .person")
    assert shown.count() == 7
    found += barriers(desk, "every content")
    page.locator(".tick").last.focus()
    found += barriers(desk, "with a tip")
    page.locator(".file-image").first.click()
    expect(page.get_by_role("dialog", name="frente.png")).to_be_visible()
    found += barriers(desk, "a picture seen large")
    assert found == []


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_no_look_of_the_simulated_phone_is_a_barrier(
    house: House, contact: str, scheme: str, width: str
) -> None:
    options = Visitors(house, scheme, width).options
    house.provider.switch(send="no_credit")
    found = []
    for platform in PLATFORMS:
        house.writes(NAME, contact, "Oi", platform=platform)
        house.sends(NAME, contact, ("file", "nota.pdf", samples.PDF), platform=platform)
        house.writes(NAME, contact, "", platform=platform, unsupported={"name": "Enquete"})
    phone = house.phone(NAME, contact, **options)
    expect(phone.page.locator("#sim-alert")).to_be_visible(timeout=LONG)
    found += barriers(phone, "a failure switched on")
    house.provider.switch(send="ok")
    # A menu is a list on the first of them and text on all others.
    for platform in PLATFORMS:
        house.writes(NAME, contact, "Oi de novo", platform=platform)
        phone.page.locator(f"[name=platform][value={platform}]").check()
        phone.page.locator("#sim-contact").fill(contact)
        phone.page.locator("#sim-contact").blur()
        expect(phone.page.locator(".pm-out").first).to_be_visible(timeout=LONG)
        found += barriers(phone, platform)
    assert found == []


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_no_page_of_templates_is_a_barrier(
    house: House, contact: str, approved: str, scheme: str, width: str
) -> None:
    visitors = Visitors(house, scheme, width)
    supervisor = visitors.of("supervisor")
    found = []
    [(number,)] = house.stack.rows(
        f"SELECT id FROM provider_messagetemplate WHERE name = '{approved}'"
    )
    for end in ("", "?q=zzzz", "incluir/", f"ver,{number}", f"excluir,{number}"):
        supervisor.go(f"{TEMPLATES}{end}")
        found += barriers(supervisor, f"templates/{end}")
    house.waits(NAME, contact)
    house.close_window(contact)
    desk = visitors.of("atendente")
    assert isinstance(desk, Desk)
    desk.open_list()
    desk.open(NAME)
    found += barriers(desk, "a closed window")
    desk.page.get_by_role("button", name="Escolher um template").click()
    desk.page.get_by_role("radio", name=approved).check()
    found += barriers(desk, "the panel of templates")
    assert found == []


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_no_providers_credentials_are_a_barrier(house: House, scheme: str, width: str) -> None:
    supervisor = Visitors(house, scheme, width).of("supervisor")
    page = supervisor.page
    supervisor.go("/supervisor/chat/canais/incluir/")
    adapter = page.locator("[name=adapter]")
    choices = adapter.locator("option").evaluate_all("all => all.map(option => option.value)")
    assert len(choices) == 5
    found = []
    for choice in choices:
        page.locator("[name=kind]").select_option("whatsapp")
        adapter.select_option(choice)
        own = page.locator(f"[data-shown-for={choice}]")
        if own.count():
            own.locator("input").first.fill("something")
        found += barriers(supervisor, f"credentials of {choice}")
        if own.count():
            with page.expect_navigation():
                page.locator("main form.form-panel [type=submit]").click()
            expect(own.locator("[aria-invalid=true]").first).to_be_visible()
            found += barriers(supervisor, f"credentials of {choice} refused")
    assert found == []
