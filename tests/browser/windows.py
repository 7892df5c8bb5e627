"""Hands and eyes of the browser tests: windows that notice trouble, a line that can be cut."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.processes import wait_until
from tests.provider.vendor import Vendor
from tests.stack import PASSWORD, Stack
from tests.stack_clients import Agent, Provider

WIDE = {"width": 1366, "height": 768}
NARROW = {"width": 390, "height": 844}
HAND_OFF = "2"
# How long a message and what it carries may take on a machine that is busy, in milliseconds.
LONG = 20_000


class Window:
    """A page of its own context, and everything in it that a person would call broken."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context, self.url = context, url
        self.page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.trouble: list[str] = []
        self.dialogs: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.trouble.append(f"script: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)
        self.page.on("dialog", self._dialog)

    def _console(self, message: Any) -> None:
        # A Content-Security-Policy violation shows up here as an error, too.
        if message.type in ("error", "warning"):
            self.trouble.append(f"console: {message.text}")

    def _failed(self, request: Any) -> None:
        # What a page was reading when it was left is no failure.
        if not (request.method == "GET" and request.failure == "net::ERR_ABORTED"):
            self.trouble.append(f"failed: {request.method} {request.url} {request.failure}")

    def _answered(self, response: Any) -> None:
        if response.status >= 400:
            self.trouble.append(f"{response.status}: {response.request.method} {response.url}")

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        # Asked whether to leave, a test that goes elsewhere means it.
        dialog.accept() if dialog.type == "beforeunload" else dialog.dismiss()

    def dress(self, scheme: str) -> None:
        """In light or dark, once every colour has arrived: each is a frame behind its parent's."""
        self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        self.page.wait_for_timeout(300)
        self.page.evaluate("Promise.allSettled(document.getAnimations().map(one => one.finished))")

    def go(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def sign_in_by_keys(self, username: str, password: str) -> None:
        """Type it into the page of its own accord: no click, no field looked for."""
        self.go("/entrar/")
        # The browser gives a new page its focus after it has loaded.
        expect(self.page.get_by_label("Usuário")).to_be_focused()
        self.page.keyboard.type(username)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(password)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def close(self) -> None:
        self.context.close()


class Phone(Window):
    """The simulated phone of one customer."""

    def __init__(
        self, context: BrowserContext, url: str, name: str, contact: str, platform: str
    ) -> None:
        super().__init__(context, url)
        self.go("/simulador/")
        self.page.locator(f"[name=platform][value={platform}]").check()
        self.become(name, contact)

    def become(self, name: str, contact: str) -> None:
        for field, value in (("#sim-name", name), ("#sim-contact", contact)):
            self.page.locator(field).fill(value)
            self.page.locator(field).blur()

    def types(self, text: str) -> None:
        field = self.page.locator("#sim-text")
        field.click()
        field.press_sequentially(text)
        field.press("Enter")

    def shows(self, text: str | re.Pattern[str]) -> Locator:
        bubble = self.page.locator(".pm-out .pm-text").filter(has_text=text)
        expect(bubble).to_have_count(1, timeout=10_000)
        return bubble


class Desk(Window):
    """The agents' screen of somebody signed in."""

    def open_list(self, tab: str = "fila") -> None:
        self.go(f"/omnichannel/?tab={tab}")
        expect(self.page.locator("#live-dot")).to_have_attribute("data-state", "online")

    def row(self, name: str) -> Locator:
        return self.page.locator(".row-item").filter(
            has=self.page.locator(".row-name").get_by_text(name, exact=True)
        )

    def open(self, name: str) -> None:
        self.row(name).click()
        expect(self.page.locator("#thread-name")).to_have_text(name)

    def assume(self) -> None:
        self.page.get_by_role("button", name="Assumir").click()
        expect(self.state).to_have_text("Com você")

    @property
    def state(self) -> Locator:
        return self.page.locator(".thread-state")

    @property
    def composer(self) -> Locator:
        return self.page.get_by_role("textbox", name="Mensagem")

    def answer(self, text: str) -> None:
        self.composer.fill(text)
        self.composer.press("Enter")

    def bubble(self, text: str) -> Locator:
        return self.page.locator(".msg").filter(
            has=self.page.locator(".msg-text").get_by_text(text, exact=True)
        )

    def tick(self, text: str) -> Locator:
        return self.bubble(text).locator(".tick")


class House:
    """One installation, and the people around it."""

    def __init__(self, stack: Stack, browser: Browser, vendor: Vendor) -> None:
        self.stack, self.browser = stack, browser
        self.vendor = vendor  # of the channels that are reached directly
        self.provider = Provider(stack)
        self.supervisor = Agent(stack, "supervisor")
        self._windows: list[Window] = []
        self._signed_in: dict[str, Any] = {}

    def context(self, **options: Any) -> BrowserContext:
        # Neither the language nor the zone of the browser may show on the pages.
        settings = {"viewport": WIDE, "locale": "en-US", "timezone_id": "Asia/Tokyo"}
        # What fades in is no colour to measure, and what glides no place to click.
        settings["reduced_motion"] = "reduce"
        return self.browser.new_context(**{**settings, **options})

    def keep(self, window: Any) -> Any:
        self._windows.append(window)
        return window

    def window(self, **options: Any) -> Window:
        return self.keep(Window(self.context(**options), self.stack.url))

    def phone(self, name: str, contact: str, platform: str = "whatsapp", **options: Any) -> Phone:
        return self.keep(Phone(self.context(**options), self.stack.url, name, contact, platform))

    def agent(self, username: str) -> Agent:
        """Somebody who works through REST."""
        return Agent(self.stack, username)

    def desk(self, username: str, *, url: str = "", **options: Any) -> Desk:
        """Signed in through the login page once, by its cookie afterwards."""
        context = self.context(storage_state=self._signed_in.get(username), **options)
        desk = self.keep(Desk(context, url or self.stack.url))
        if username not in self._signed_in:
            sign_in(desk, username)
            self._signed_in[username] = context.storage_state()
        return desk

    def waits(
        self, name: str, contact: str, *texts: str, platform: str = "whatsapp"
    ) -> dict[str, Any]:
        """A customer who asked for a person, and what they wrote then; the conversation."""
        self.writes(name, contact, "Oi", platform=platform)
        self.conversation(contact, "bot")
        self.writes(name, contact, HAND_OFF, platform=platform)
        found = self.conversation(contact, "waiting")
        for text in texts:
            self.writes(name, contact, text, platform=platform)
        return found

    def writes(
        self, name: str, contact: str, text: str, /, platform: str = "whatsapp", **more: Any
    ) -> None:
        """`more` is what else goes with the text, such as the row of a list that was tapped."""
        url = f"{self.provider.url}/phones/{platform}/{contact}/messages"
        body = {"text": text, "name": name, **more}
        requests.post(url, json=body, timeout=10).raise_for_status()

    def sends(
        self,
        name: str,
        contact: str,
        *files: tuple[str, str, bytes],
        caption: str = "",
        **more: Any,
    ) -> None:
        """A customer's files in one message, each as kind, name and content."""
        media = []
        for kind, called, content in files:
            kept = requests.post(f"{self.provider.url}/media", data=content, timeout=10).json()
            url = f"{self.stack.sandbox_url}{kept['path']}{called}"
            media.append({"kind": kind, "url": url})
        self.writes(name, contact, caption, media=media, **more)

    def close_window(self, contact: str) -> None:
        """A day and more passes since this customer wrote."""
        long_ago = datetime.now(UTC) - timedelta(hours=25)
        self.stack.change(
            f"UPDATE chat_identity SET last_inbound_at = '{long_ago:%Y-%m-%d %H:%M:%S}+00:00'"
            f" WHERE external_id = '{contact}'"
        )

    def conversation(self, contact: str, status: str = "") -> dict[str, Any]:
        found: dict[str, Any] = wait_until(
            lambda: self.supervisor.conversation(contact, status), f"{contact} is {status}", 15
        )
        return found

    def sent(self, contact: str, text: str) -> int:
        """How many times the provider took this text for this customer."""
        return sum(entry["text"] == text for entry in self.provider.ledger(contact))

    def tidy(self) -> None:
        """Nobody waits, nothing is open, the provider behaves."""
        for window in self._windows:
            window.close()
        self._windows.clear()
        requests.delete(f"{self.provider.url}/switches", timeout=10).raise_for_status()
        for status in ("bot", "waiting", "active", "on_hold"):
            rows = self.supervisor.get(f"conversations/?status={status}&page_size=200")
            for row in rows.json()["results"]:
                self.supervisor.post(f"conversations/{row['id']}/close/")


def sign_in(window: Window, username: str) -> None:
    window.go("/entrar/")
    window.page.get_by_label("Usuário").fill(username)
    window.page.get_by_label("Senha").fill(PASSWORD)
    window.page.get_by_role("button", name="Entrar").click()
    window.page.wait_for_url(lambda url: "/entrar/" not in url)


class Line:
    """A wire between a browser and the installation that can be cut and mended."""

    def __init__(self, port: int) -> None:
        self._to = ("127.0.0.1", port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self._is_cut = False
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._is_cut = True
        for end in self._open:
            _shut(end)
        self._open.clear()

    def mend(self) -> None:
        self._is_cut = False

    def close(self) -> None:
        self.cut()
        self._server.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _from = self._server.accept()
                if self._is_cut:
                    _shut(near)
                    continue
                far = socket.create_connection(self._to)
                self._open += [near, far]
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=_carry, args=ends, daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    _shut(source)
    _shut(target)


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def press_until(page: Page, key: str, there: Callable[[], bool], most: int = 30) -> None:
    """Go through the page with one key until the focus is where it is wanted."""
    for _ in range(most):
        if there():
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} pressed {most} times does not lead there")
