"""Reading a page of the console as a browser and its reader do."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Any

from tests.console.conftest import Desk, Page


def control(page: Page, name: str) -> str:
    """The tag people type a field in."""
    found = re.search(rf'<(?:input|select|textarea)\b[^>]*\bname="{name}"[^>]*>', page.text)
    assert found, f"the page has no field {name}"
    return found[0]


def refusal(page: Page, name: str) -> str:
    """The sentence beside a field."""
    found = re.search(rf'id="id_{name}_error"[^>]*>.*?</svg>\s*(.*?)</p>', page.text, re.S)
    return html.unescape(found[1]).strip() if found else ""


class _Typed(HTMLParser):
    """What a browser would send of the page's one form that is typed in."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.inside = self.area = self.select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        held = dict(attrs)
        name, kind = held.get("name", ""), held.get("type", "text")
        if tag == "form" and "data-guard" in held:
            self.inside = "form"
        if not self.inside or "disabled" in held:
            return
        if tag == "input" and (kind not in ("radio", "checkbox") or "checked" in held):
            self.values[name] = held.get("value") or ("on" if kind == "checkbox" else "")
        elif tag == "textarea":
            self.area, self.values[name] = name, ""
        elif tag == "select":
            self.select = name
            self.values.setdefault(name, "")
        elif tag == "option" and self.select and "selected" in held:
            self.values[self.select] = held.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = ""
        elif tag == "textarea" and self.area:
            # A browser drops the line break right after the tag.
            self.values[self.area] = self.values[self.area].removeprefix("\n")
            self.area = ""
        elif tag == "select":
            self.select = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.values[self.area] += data


def typed(page: Page) -> dict[str, str]:
    values = _Typed(page.text).values
    values.pop("csrfmiddlewaretoken", None)
    return values


def save(who: Desk, address: str, **changed: str) -> Page:
    """Open a form, change some of it and save."""
    return who.post(address, **{**typed(who.get(address)), **changed})


def words_of(page: Page) -> str:
    """The words of a page, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def marks(page: Page) -> dict[str, str]:
    """The state of each card, in the order of the page."""
    found = re.findall(r'class="panel setup-card is-(\w+)" id="card-(\w+)"', page.text)
    return {name: state for state, name in found}


def card(page: Page, name: str) -> str:
    found = re.search(rf'id="card-{name}">(.*?)\n  </li>', page.text, re.S)
    assert found, f"the page has the card {name}"
    return found[1]
