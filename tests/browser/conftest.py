"""One installation and one Chromium for all browser tests of a process.

They end with the last of these tests: as long as Playwright is there it keeps a loop running in
its process, which Django takes for an asynchronous caller, to whom it gives no database.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, sync_playwright

from tests.browser.windows import House, Window
from tests.provider.vendor import Vendor
from tests.stack import Stack, why_not
from tests.stack_clients import Browser as Supervisor

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# What the vendor of any channel that is reached directly answers to a message.
TAKEN = {
    "messages": [{"id": "wamid.OUT.NUMBER"}],
    "message_id": "m_OUT.NUMBER",
    "ok": True,
    "result": {"message_id": "NUMBER", "chat": {"id": 350000001}},
}
IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
TEMPLATES = "/supervisor/chat/templates/"
DRAFT = {
    "name": "pedido_na_loja",
    "language": "pt_BR",
    "category": "UTILITY",
    "header": "",
    "body": "Olá ${nome}, seu pedido ${pedido} chegou.",
    "footer": "Loja Exemplo",
    "buttons": "Quero retirar\nMe ligue",
}
_numbers = itertools.count(int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) * 1000 + 1)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        why = f"no Chromium here: none of {', '.join(NAMES)} is in PATH"
        if os.environ.get("ISOBOT_REQUIRE_BROWSER", "") == "1":
            pytest.fail(f"{why}, and ISOBOT_REQUIRE_BROWSER=1")
        pytest.skip(why)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def _house(chromium: Browser) -> Iterator[House]:
    # Where there is a database server and a broker, the browser meets separate processes.
    profile = "embedded" if why_not("production") else "production"
    with Vendor(TAKEN) as vendor:
        stack = Stack(profile)
        stack.env.update(META_GRAPH_URL=vendor.url, TELEGRAM_API_URL=vendor.url)
        with stack:
            yield House(stack, chromium, vendor)


@pytest.fixture
def house(_house: House) -> Iterator[House]:
    """The installation as nobody left anything in it."""
    yield _house
    _house.tidy()


@pytest.fixture
def new_contact() -> Callable[[], str]:
    """WhatsApp numbers that no other test uses."""
    return lambda: f"5541988{next(_numbers):06d}"


@pytest.fixture
def contact(new_contact: Callable[[], str]) -> str:
    return new_contact()


@pytest.fixture
def approved(house: House) -> Iterator[str]:
    """The name of a template a supervisor registered and the provider approved."""
    supervisor, name, pages = Supervisor(house.stack, "supervisor"), DRAFT["name"], TEMPLATES
    supervisor.submit(f"{pages}incluir/", **DRAFT)
    address = f"{house.provider.url}/templates/{name}"
    requests.put(address, json={"state": "APPROVED"}, timeout=10).raise_for_status()
    supervisor.submit(f"{pages}atualizar/")
    yield name
    for (number,) in house.stack.rows(
        f"SELECT id FROM provider_messagetemplate WHERE name = '{name}'"
    ):
        supervisor.submit(f"{pages}excluir,{number}")


@pytest.fixture
def picture() -> Callable[..., None]:
    """Writes a picture for the documentation."""

    def take(window: Window, name: str) -> None:
        IMAGES.mkdir(parents=True, exist_ok=True)
        window.page.wait_for_timeout(300)
        window.page.screenshot(path=IMAGES / f"{name}.png", animations="disabled", caret="hide")

    return take
