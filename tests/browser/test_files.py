"""Files from the agent's screen: sent and seen on the customer's phone, or refused at once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import samples
from tests.browser.windows import NARROW, Desk, House
from tests.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

NAME = "Maria Souza"
CLIP = "Anexar um arquivo"
SHOTS = os.environ.get("ISOBOT_SHOTS", "")


def look(desk: Desk, name: str) -> None:
    if SHOTS:
        for scheme in ("light", "dark"):
            desk.dress(scheme)
            desk.page.screenshot(path=Path(SHOTS) / f"{name}-{scheme}.png")


def serving(house: House, contact: str, **options: object) -> Desk:
    house.waits(NAME, contact)
    desk = house.desk("atendente", **options)
    desk.open_list()
    desk.open(NAME)
    desk.assume()
    return desk


def choose(desk: Desk, *files: object) -> None:
    with desk.page.expect_file_chooser() as chooser:
        desk.page.get_by_role("button", name=CLIP).click()
    chooser.value.set_files(*files)  # type: ignore[arg-type]


def chip(desk: Desk) -> object:
    return desk.page.locator("[data-part=file]")


def test_an_agent_sends_a_picture_and_the_customers_phone_shows_it(
    house: House, contact: str
) -> None:
    phone = house.phone(NAME, contact)
    desk = serving(house, contact)
    picture = samples.picture("JPEG", (640, 480))
    choose(desk, {"name": "fachada.jpg", "mimeType": "image/jpeg", "buffer": picture})
    expect(desk.page.locator("[data-part=file-name]")).to_have_text("fachada.jpg")
    look(desk, "chip")
    desk.answer("Segue a foto.")
    shown = phone.page.locator(".pm-out img")
    expect(shown).to_have_count(1, timeout=15_000)
    expect(shown).to_have_js_property("complete", True)
    assert shown.evaluate("image => image.naturalWidth") == 640
    phone.shows("Segue a foto.")
    expect(desk.page.locator("[data-part=file]")).to_be_hidden()
    expect(desk.composer).to_have_value("")
    tick = desk.page.locator(".msg.by-agent .tick").last
    expect(tick).to_have_attribute("data-tip-title", re.compile("entregue|lida"), timeout=10_000)
    if SHOTS:
        phone.page.screenshot(path=Path(SHOTS) / "phone.png")
        look(desk, "sent")
    assert desk.trouble == [] and phone.trouble == []


def test_a_video_too_large_is_refused_before_it_is_uploaded(
    house: House, contact: str, tmp_path: Path
) -> None:
    video = tmp_path / "festa.mp4"
    video.write_bytes(samples.grown(samples.MP4, 20 * 1024 * 1024))
    desk = serving(house, contact)
    posts: list[str] = []
    desk.page.on("request", lambda request: posts.append(request.method))
    desk.composer.fill("Segue o vídeo")
    choose(desk, video)
    error = desk.page.locator("[data-part=error]")
    expect(error).to_contain_text("O WhatsApp aceita vídeos de até 16 MB; este tem 20,0 MB.")
    expect(desk.page.locator("[data-part=file]")).to_be_hidden()
    expect(desk.composer).to_have_value("Segue o vídeo")
    assert "POST" not in posts
    look(desk, "refused")
    assert desk.trouble == []


def test_a_kind_of_file_nobody_takes_is_refused_before_it_is_uploaded(
    house: House, contact: str
) -> None:
    desk = serving(house, contact)
    posts: list[str] = []
    desk.page.on("request", lambda request: posts.append(request.method))
    sheet = {"name": "Preços.XLSX", "mimeType": "", "buffer": samples.zipped("xl/workbook.xml")}
    choose(desk, sheet)
    error = desk.page.locator("[data-part=error]")
    expect(error).to_contain_text("(XLSX). Envie como PDF, ou peça a um supervisor")
    expect(desk.page.locator("[data-part=file]")).to_be_hidden()
    assert "POST" not in posts
    assert desk.trouble == []


def test_a_refused_file_keeps_file_and_text(house: House, contact: str) -> None:
    desk = serving(house, contact)
    choose(desk, {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"MZ" + bytes(500)})
    desk.answer("Segue")
    expect(desk.page.locator("[data-part=error]")).to_contain_text("Por segurança")
    expect(desk.page.locator("[data-part=file-name]")).to_have_text("a.pdf")
    expect(desk.composer).to_have_value("Segue")
    # The browser notes the refusal of its own accord.
    assert all("400" in line for line in desk.trouble), desk.trouble


@pytest.mark.full
def test_by_keyboard_on_a_phone_a_file_is_chosen_sent_and_removed(
    house: House, new_contact: Callable[[], str]
) -> None:
    contact = new_contact()
    desk = serving(house, contact, viewport=NARROW)
    # Listening before, so that the key pressed at once does not come before the browser listens.
    desk.page.on("filechooser", lambda _chooser: None)
    clip = desk.page.get_by_role("button", name=CLIP)
    desk.composer.press("Shift+Tab")
    expect(clip).to_be_focused()
    pdf = {"name": "contrato.pdf", "mimeType": "application/pdf", "buffer": samples.PDF}
    with desk.page.expect_file_chooser() as chooser:
        desk.page.keyboard.press("Enter")
    chooser.value.set_files([pdf])  # type: ignore[list-item]
    look(desk, "narrow")
    width = desk.page.evaluate("document.documentElement.scrollWidth")
    assert width <= NARROW["width"]
    desk.page.get_by_role("button", name="Remover o arquivo").press("Enter")
    expect(desk.page.locator("[data-part=file]")).to_be_hidden()
    choose(desk, [pdf])
    desk.page.get_by_role("button", name="Enviar").press("Enter")
    entries = wait_until(
        lambda: [e for e in house.provider.ledger(contact) if e["attachments"]], "the file left", 15
    )
    assert entries[0]["attachments"][0]["filename"] == "contrato.pdf"
    assert desk.trouble == []


@pytest.mark.full
def test_a_picture_opens_large_over_the_page_and_gives_the_focus_back(
    house: House, contact: str
) -> None:
    desk = serving(house, contact)
    page = desk.page
    picture = samples.picture("JPEG", (640, 480))
    house.sends(NAME, contact, ("image", "fachada.jpg", picture))
    link = page.locator(".file-image")
    expect(link).to_be_visible(timeout=15_000)
    viewer = page.get_by_role("dialog", name="fachada.jpg")
    for close in ("Escape", "Enter"):
        link.focus()
        page.keyboard.press("Enter")
        expect(viewer).to_be_visible()
        expect(viewer.get_by_role("button", name="Fechar")).to_be_focused()
        expect(viewer.locator("img")).to_have_js_property("naturalWidth", 640)
        look(desk, "viewer")
        page.keyboard.press(close)
        expect(viewer).to_be_hidden()
        expect(link).to_be_focused()
    link.click()
    expect(viewer).to_be_visible()
    viewer.locator("img").click()
    expect(viewer).to_be_visible()
    # Beside the picture, anywhere.
    viewer.click(position={"x": 5, "y": 400})
    expect(viewer).to_be_hidden()
    with desk.context.expect_page() as other:
        link.click(modifiers=["Control"])
    assert other.value.url.endswith(link.get_attribute("href") or "nowhere")
    expect(viewer).to_be_hidden()
    assert desk.trouble == []


RUN = """address => new Promise((done) => {
  const script = document.createElement("script");
  Object.assign(script, {src: address, onload: () => done("run"), onerror: () => done("refused")});
  document.head.append(script);
})"""


@pytest.mark.full
def test_XS4_a_script_a_customer_sent_is_run_by_no_page(house: House, contact: str) -> None:
    desk = serving(house, contact)
    house.sends(NAME, contact, ("file", "recibo.js", b"document.title = 'mine now'"))
    link = desk.page.locator(".file-card[download]")
    expect(link).to_be_visible(timeout=15_000)
    ours = desk.page.evaluate("[...document.scripts].find(script => script.src).src")
    assert desk.page.evaluate(RUN, ours) == "run", "a page may run what is ours"
    assert desk.page.evaluate(RUN, link.get_attribute("href")) == "refused"
    assert desk.page.title() != "mine now"
    with desk.page.expect_download() as kept:
        link.click()
    assert kept.value.suggested_filename == "recibo.js.txt"
