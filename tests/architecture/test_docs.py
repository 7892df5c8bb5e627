"""The documentation says what is there: paths, names, commands, settings, addresses, examples."""

from __future__ import annotations

import importlib.util
import json
import os
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import responses
from django.core.management import get_commands
from django.test import Client
from django.urls import resolve

from chat.models import Message
from isobot import env
from provider.models import ChannelCredentials
from tests.provider import dropped

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / n for n in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    ]
)
FENCE = re.compile(r"^[ ]*```(\w*)\n(.*?)^[ ]*```", re.S | re.M)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s:]+)\)")
NAME = re.compile(r"(?:isobot|chat|provider|parameters)(?:\.\w+)+")
SUFFIXES = (".py", ".md", ".toml", ".txt", ".json", ".po", ".html", ".js", ".css", ".sh")
# Made by a running installation, so not in the repository.
MADE = ("var/", ".venv")
NOT_OURS = {".git", ".venv", "var", "__pycache__", "node_modules", "artifacts", "vendor"}


def inline(page: Path) -> list[str]:
    """What stands between backticks, without the fenced blocks."""
    return INLINE.findall(FENCE.sub("", page.read_text()))


def words(page: Path) -> str:
    """Everything somebody may type: fenced blocks and what stands between backticks."""
    blocks = [body for _kind, body in FENCE.findall(page.read_text())]
    return "\n".join([*blocks, *inline(page)])


def links(page: Path) -> list[str]:
    """Relative links and pictures."""
    return LINK.findall(INLINE.sub("", FENCE.sub("", page.read_text())))


def is_path(text: str) -> bool:
    """A path in the repository; not an address, a placeholder or a command."""
    if (
        any(character in text for character in " <>…{}()=\"'")
        or text.startswith(("/", *MADE))
        or text in SUFFIXES
    ):
        return False
    known_top = (ROOT / text.split("/")[0]).exists()
    return text.endswith(SUFFIXES) or ("/" in text and known_top)


def named(*pages: Path, what: Callable[[Path], list[str]]) -> list[Any]:
    return [
        pytest.param(page, text, id=f"{page.relative_to(ROOT)}: {text}")
        for page in pages
        for text in dict.fromkeys(what(page))
    ]


@pytest.mark.parametrize(
    ("page", "path"),
    named(*PAGES, what=lambda page: [text for text in inline(page) if is_path(text)]),
)
def test_a_path_that_is_named_exists(page: Path, path: str) -> None:
    assert any(ROOT.glob(path.partition("::")[0].rstrip("/"))), "named in backticks, and not there"


@pytest.mark.parametrize(
    ("page", "link"),
    named(*PAGES, what=links),
)
def test_a_link_and_a_picture_lead_somewhere(page: Path, link: str) -> None:
    assert (page.parent / link.partition("#")[0]).exists()


@pytest.mark.parametrize(
    ("page", "name"),
    named(*PAGES, what=lambda page: [text for text in inline(page) if NAME.fullmatch(text)]),
)
def test_a_name_of_code_is_a_name(page: Path, name: str) -> None:
    pkgutil.resolve_name(name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_are_named_exist(page: Path) -> None:
    typed = words(page)
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"\bmake ([a-z]+)", typed)) <= targets
    commands = set(get_commands())
    assert set(re.findall(r"manage\.py ([a-z_]+)", typed)) <= commands
    for module in re.findall(r"python3? -m ([\w.]+)", typed):
        assert importlib.util.find_spec(module), module


def read_settings() -> set[str]:
    """The environment variables the code reads."""
    return set(env.USUAL_ADDRESSES) | {
        name
        for module in ("env.py", "settings.py")
        for name in re.findall(
            r'\(\s*"(ISOBOT_[A-Z0-9_]+|HOST|PORT|(?:DATABASE|REDIS)_URL)"',
            (ROOT / "isobot" / module).read_text(),
        )
    }


def section(title: str) -> str:
    """A section of the README."""
    return (ROOT / "README.md").read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]


def first_cells(title: str) -> list[str]:
    """What stands in backticks in the first column of a section's table."""
    rows = re.findall(r"^\| (`.*?) \|", section(title), re.M)
    return [text for row in rows for text in INLINE.findall(row)]


def test_the_readme_lists_the_settings_that_are_read_and_no_others() -> None:
    assert sorted(first_cells("Settings")) == sorted(read_settings())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_setting_that_is_named_is_read(page: Path) -> None:
    pattern = re.compile(r"\b(?:ISOBOT|BOTMAKER)_[A-Z0-9_]+\b")
    of_the_tests = set(pattern.findall((ROOT / ".ci" / "run").read_text()))
    assert set(pattern.findall(words(page))) <= read_settings() | of_the_tests


def test_the_addresses_of_the_readme_are_answered() -> None:
    for text in first_cells("Addresses"):
        address = text.split()[-1]
        if "…" not in address:
            assert resolve(address)


def files() -> Iterator[Path]:
    """The text files of the repository."""
    for folder, below, names in os.walk(ROOT):
        below[:] = [n for n in below if n not in NOT_OURS and (n == ".ci" or n[0] != ".")]
        for name in names:
            path = Path(folder) / name
            if b"\x00" not in path.read_bytes()[:2000]:
                yield path


def test_no_file_names_a_machine_or_a_registry() -> None:
    # In two pieces each, so that this file is clean too.
    pieces = [("/wo", "rk/"), ("/tm", "p/"), ("/ro", "ot/"), ("/ho", "me/")]
    pieces += [("pypi", ".org"), ("python", "hosted"), ("registry.npm", "js"), ("crates", ".io")]
    forbidden = re.compile("|".join(re.escape(first + last) for first, last in pieces))
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files()
        if (match := forbidden.search(path.read_text(errors="replace")))
    }
    assert found == set()


@pytest.fixture
def example(tmp_path: Path) -> Iterator[None]:
    """The adapter of docs/adding-a-provider.md, dropped in as a file and nothing else."""
    with dropped.example(tmp_path):
        yield


def test_the_example_of_a_provider_works(
    house: None, example: None, drain: Callable[[], None]
) -> None:
    values = {"access_token": "a-token", "webhook_token": "a-webhook-token"}
    ChannelCredentials.objects.create(adapter="nowhere", values=json.dumps(values))

    def post(event: dict[str, str], token: str = "a-webhook-token") -> int:
        answer = Client().post(
            "/webhooks/nowhere/",
            json.dumps({"events": [event]}),
            content_type="application/json",
            headers={"x-nowhere-token": token},
        )
        return answer.status_code

    written = {"kind": "message", "id": "1", "bot": "700", "from": "ze", "text": "Oi"}
    assert post(written, token="wrong") == 403
    with responses.RequestsMock() as provider:
        sent = provider.post("https://api.nowhere.example/v1/messages", json={"id": "out-1"})
        assert post(written) == 200
        drain()
    (call,) = sent.calls
    assert call.request.headers["Authorization"] == "Bearer a-token"
    assert json.loads(call.request.body)["to"] == "ze"
    assert post({"kind": "status", "id": "out-1", "status": "failed"}) == 200
    drain()
    assert Message.objects.get(external_id="out-1").status == "failed"
