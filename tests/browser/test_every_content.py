"""Every kind of content both ways, on each look of the simulated phone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Locator, expect

from tests import samples
from tests.browser.windows import LONG, NARROW, Desk, House, Phone, Window

pytestmark = pytest.mark.browser

NAME = "Maria Souza"
SHOTS = os.environ.get("ISOBOT_SHOTS", "")
PLACEHOLDER = "[conteúdo que este canal não entrega]"
CAPTION = "Foi assim que chegou"
LOADED = "part => part.complete ? part.naturalWidth : part.readyState && (part.videoWidth || 1)"

# What the last tick of a message says, where it is more than that it was sent.
STATUSES = {"whatsapp": "Mensagem entregue"}


class Look(NamedTuple):
    platform: str
    has_captions: bool
    extras: tuple[str, ...]
    options: dict[str, Any]


LOOKS = [
    Look("whatsapp", True, ("Localização", "Contato"), {}),
    Look("messenger", False, (), {"color_scheme": "dark"}),
    Look("instagram", False, (), {"viewport": NARROW}),
    Look("telegram", True, ("Localização",), {}),
]


def file(name: str) -> dict[str, Any]:
    """A small real file of the kind its name says."""
    contents = {
        "png": ("image/png", samples.picture("PNG", (640, 480))),
        "jpg": ("image/jpeg", samples.picture("JPEG", (640, 480))),
        "mp3": ("audio/mpeg", samples.SILENCE),
        "mp4": ("video/mp4", samples.FILM),
        "pdf": ("application/pdf", samples.PDF),
    }
    kind, content = contents[name.rpartition(".")[2]]
    return {"name": name, "mimeType": kind, "buffer": content}


class Customer:
    """Hands on the simulated phone: each thing sent is seen on it before the next."""

    def __init__(self, phone: Phone) -> None:
        self.phone, self.page = phone, phone.page
        self.mine = phone.page.locator(".pm-in")

    def sends(self, *names: str, caption: str = "") -> Locator:
        before = self.mine.count()
        self.page.locator("#sim-text").fill(caption)
        self.page.locator("[data-attach]").set_input_files([file(name) for name in names])
        return self._newest(before)

    def taps(self, example: str) -> Locator:
        before = self.mine.count()
        self.page.locator(f"[data-example={example}]").click()
        return self._newest(before)

    def writes(self, text: str) -> Locator:
        before = self.mine.count()
        self.phone.types(text)
        return self._newest(before)

    def _newest(self, before: int) -> Locator:
        expect(self.mine).to_have_count(before + 1, timeout=LONG)
        return self.mine.last


def loaded(part: Locator) -> int:
    """The width of a picture or film once it is there; of a sound, that it can be played."""
    expect(part).to_be_attached(timeout=LONG)
    part.scroll_into_view_if_needed()
    handle = part.element_handle()
    part.page.wait_for_function(LOADED, arg=handle, timeout=LONG)
    return int(part.evaluate(LOADED))


def keep_look(window: Window, name: str) -> None:
    if SHOTS:
        window.page.screenshot(path=Path(SHOTS) / f"{name}.png", animations="disabled")


@pytest.mark.full
@pytest.mark.parametrize("look", LOOKS, ids=[look.platform for look in LOOKS])
def test_every_content_goes_both_ways(house: House, contact: str, look: Look) -> None:
    house.waits(NAME, contact, platform=look.platform)
    phone = house.phone(NAME, contact, look.platform, **look.options)
    desk = house.desk("atendente", **look.options)
    desk.open_list()
    desk.open(NAME)
    desk.assume()
    from_the_customer(house, contact, Customer(phone), desk, look)
    to_the_customer(phone, desk, look)
    places_and_people(house, phone, desk, look)
    for window in (desk, phone):
        width = window.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, "nothing is wider than the screen"
    assert desk.trouble == [] and phone.trouble == []


def from_the_customer(
    house: House, contact: str, customer: Customer, desk: Desk, look: Look
) -> None:
    customer.writes("Bom dia, chegou quebrado.")
    picture = customer.sends("caixa.png", caption=CAPTION)
    assert loaded(picture.locator("img")) == 640
    if not look.has_captions:
        expect(customer.page.locator("#sim-text")).to_have_value(CAPTION)
    for name in ("recado.mp3", "caixa.mp4", "nota.pdf"):
        customer.sends(name)
    for example in ("location", "contact", "unsupported"):
        customer.taps(example)
    album = customer.sends("frente.png", "verso.png")
    expect(album.locator("img")).to_have_count(2, timeout=LONG)
    row = {"button_payload": "troca", "platform": look.platform}
    house.writes(NAME, contact, "Quero trocar", **row)
    keep_look(customer.phone, f"{look.platform}-phone-in")

    page = desk.page
    came = page.locator(".msg-in")
    expect(desk.bubble("Bom dia, chegou quebrado.")).to_be_visible(timeout=LONG)
    expect(desk.bubble("Quero trocar")).to_be_visible(timeout=LONG)
    image = came.filter(has=page.locator("[title='caixa.png'] img"))
    assert loaded(image.locator("img")) == 640
    expect(image.locator(".msg-text")).to_have_count(1 if look.has_captions else 0)
    if look.has_captions:
        expect(image.locator(".msg-text")).to_have_text(CAPTION)
    assert loaded(came.locator("audio[aria-label='recado.mp3']"))
    assert loaded(came.locator("video[aria-label='caixa.mp4']")) == 160
    card = came.locator("a.file-card")
    expect(card).to_contain_text("nota.pdf", timeout=LONG)
    expect(card).to_contain_text("PDF · ")
    place = came.locator(".place")
    expect(place).to_contain_text("Praça Tiradentes", timeout=LONG)
    to_map = place.get_by_role("link", name="Ver no mapa")
    assert "openstreetmap.org/?mlat=-25.4296" in (to_map.get_attribute("href") or "")
    person = came.locator(".person")
    expect(person).to_contain_text("João Reis", timeout=LONG)
    expect(person.get_by_role("button", name="Copiar +55 41 98888-0000")).to_be_visible()
    expect(person.get_by_role("link", name="joao.reis@example.com")).to_be_visible()
    expect(desk.bubble(PLACEHOLDER)).to_be_visible(timeout=LONG)
    both = came.filter(has=page.locator("[title='frente.png'] img")).locator("img")
    expect(both).to_have_count(2, timeout=LONG)
    assert [loaded(both.nth(at)) for at in (0, 1)] == [640, 640]
    keep_look(desk, f"{look.platform}-desk-in")


def to_the_customer(phone: Phone, desk: Desk, look: Look) -> None:
    sent = phone.page.locator(".pm-out")
    desk.answer("Vamos trocar.")
    phone.shows("Vamos trocar.")
    for name in ("etiqueta.jpg", "instrucoes.mp3", "embalagem.mp4", "comprovante.pdf"):
        desk.page.locator("[data-part=file-input]").set_input_files([file(name)])  # type: ignore[list-item]
        expect(desk.page.locator("[data-part=file-name]")).to_have_text(name)
        desk.answer("Cole esta etiqueta." if name == "etiqueta.jpg" else "")
        expect(desk.page.locator("[data-part=file]")).to_be_hidden(timeout=LONG)
    assert loaded(sent.locator("img[alt='etiqueta.jpg']")) == 640
    phone.shows("Cole esta etiqueta.")
    assert loaded(sent.locator("audio[aria-label='instrucoes.mp3']"))
    assert loaded(sent.locator("video[aria-label='embalagem.mp4']")) == 160
    expect(sent.locator("a[download='comprovante.pdf']")).to_be_visible(timeout=LONG)
    mine = desk.page.locator(".msg-out.by-agent")
    assert loaded(mine.locator("[title='etiqueta.jpg'] img")) == 640
    assert loaded(mine.locator("audio[aria-label='instrucoes.mp3']"))
    assert loaded(mine.locator("video[aria-label='embalagem.mp4']")) == 160
    expect(mine.locator("a.file-card")).to_contain_text("comprovante.pdf", timeout=LONG)
    last = STATUSES.get(look.platform, "Mensagem enviada")
    for tick in mine.locator(".tick").all():
        expect(tick).to_have_attribute("data-tip-title", last, timeout=LONG)
    keep_look(desk, f"{look.platform}-desk-out")
    keep_look(phone, f"{look.platform}-phone-out")


def places_and_people(house: House, phone: Phone, desk: Desk, look: Look) -> None:
    """What the provider hands over on this channel, and no button for what it does not."""
    foot = desk.page.locator(".composer-foot").get_by_role("button")
    expect(foot).to_have_text(list(look.extras))
    dialog, cards = desk.page.get_by_role("dialog"), phone.page.locator(".pm-out .pm-card")
    mine = desk.page.locator(".msg-out.by-agent")
    last = STATUSES.get(look.platform, "Mensagem enviada")
    if "Localização" in look.extras:
        foot.get_by_text("Localização").click()
        dialog.get_by_label("Latitude e longitude").fill("https://maps.google.com/?q=-25.43,-49.27")
        expect(dialog.get_by_text("-25.430000, -49.270000")).to_be_visible()
        dialog.get_by_label("Nome do lugar").fill("Loja do centro")
        dialog.get_by_label("Endereço (opcional)").fill("Rua XV, 10")
        keep_look(desk, f"{look.platform}-desk-location")
        dialog.get_by_role("button", name="Enviar", exact=True).click()
        expect(dialog).to_have_count(0)
        expect(cards).to_contain_text("Loja do centro", timeout=LONG)
        expect(cards).to_contain_text("-25.43, -49.27")
        expect(mine.locator(".place")).to_contain_text("Rua XV, 10")
        expect(mine.locator(".place")).to_be_in_viewport()
        expect(mine.locator(".tick").last).to_have_attribute("data-tip-title", last, timeout=LONG)
        expect(desk.page.locator(".msg-out .place")).to_have_count(1)  # its copy is itself
    if "Contato" in look.extras:
        ways = [{"type": 1, "number": "5541988880000"}, {"type": 1, "number": "554133330000"}]
        house.supervisor.post("contacts/", {"name": "Oficina do Zé", "phones": ways})
        foot.get_by_text("Contato").click()
        dialog.get_by_label("Busque por nome").fill("oficina")
        dialog.get_by_label("Oficina do Zé").check()
        expect(dialog.get_by_text("+55 (41) 98888-0000, +55 (41) 3333-0000")).to_be_visible()
        keep_look(desk, f"{look.platform}-desk-contact")
        dialog.get_by_role("button", name="Enviar", exact=True).click()
        expect(dialog).to_have_count(0)
        expect(cards.last).to_contain_text("Oficina do Zé", timeout=LONG)
        expect(cards.last).to_contain_text("+55 (41) 3333-0000")
        expect(mine.locator(".person")).to_contain_text("+55 (41) 98888-0000")
        expect(mine.locator(".tick").last).to_have_attribute("data-tip-title", last, timeout=LONG)
        expect(desk.page.locator(".msg-out .person")).to_have_count(1)
    expect(cards).to_have_count(len(look.extras))
    if look.extras:
        cards.last.scroll_into_view_if_needed()
    keep_look(desk, f"{look.platform}-desk-cards")
    keep_look(phone, f"{look.platform}-phone-cards")
