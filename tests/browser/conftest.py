"""One installation and one Chromium for all browser tests of a run."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.windows import House, Window
from tests.stack import Stack, why_not

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
_numbers = itertools.count(int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) * 1000 + 1)


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def _house(chromium: Browser) -> Iterator[House]:
    # Where there is a database server and a broker, the browser meets separate processes.
    profile = "embedded" if why_not("production") else "production"
    with Stack(profile) as stack:
        yield House(stack, chromium)


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
def picture() -> Callable[..., None]:
    """Writes a picture for the documentation."""

    def take(window: Window, name: str) -> None:
        IMAGES.mkdir(parents=True, exist_ok=True)
        window.page.wait_for_timeout(300)
        window.page.screenshot(path=IMAGES / f"{name}.png", animations="disabled", caret="hide")

    return take
