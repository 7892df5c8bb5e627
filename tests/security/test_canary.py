"""Secrets put in everywhere come out nowhere: pages, answers, logs, broker, database."""

from __future__ import annotations

import inspect
import json
import re
import secrets
import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import redis
import requests
from django.urls import URLPattern, URLResolver, get_resolver

from isobot.celery import app
from tests.processes import wait_until
from tests.stack import PROFILES, Stack, why_not
from tests.stack_clients import Agent, Browser, Sender

pytestmark = pytest.mark.flow

SECRET_KEYS = {
    "PROVEDOR_TOKEN": "ISOCHATBOT",
    "PROVEDOR_REFRESHTOKEN": "ISOCHATBOT",
    "PROVEDOR_SECRET_ID": "ISOCHATBOT",
    "PROVEDOR_WEBHOOK_TOKEN": "ISOCHATBOT",
    "SENHA": "SMTPCONFIG",
}
PHONE = "5541977776666"
# Where a string in a path leads to something that exists.
KNOWN = {
    "adapter": "botmaker",
    "name": "ISOCHATBOT",
    "user": "ISOPADRAO",
    "app_label": "auth",
    "kind": "whatsapp",
}
MOST_PAGES = 1500
PAGES = ("change", "history", "delete")


class Canaries:
    """A value of its own for each place a secret can be typed in."""

    def __init__(self) -> None:
        self.planted: dict[str, str] = {}

    def new(self, where: str) -> str:
        # The last four characters may be shown; they tell nobody anything here.
        self.planted[where] = f"canary-{secrets.token_hex(12)}-tail"
        return self.planted[where]

    def assert_not_in(self, text: bytes, where: str) -> None:
        for planted, value in self.planted.items():
            # Half of it is a leak as well.
            core = value[7:23].encode()
            at = text.find(core)
            around = text[max(0, at - 120) : at + 60]
            assert at < 0, f"the secret of {planted} is in {where}: {around!r}"


class TellTale(BaseHTTPRequestHandler):
    """A provider that repeats the caller's secrets in its refusals, in every field it has."""

    calls: list[str] = []

    def do_POST(self) -> None:
        token = self.headers.get("access-token", "")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        asked = json.loads(body)
        # Cut where a text of limited length ends in the middle of the token.
        text = asked.get("messages", [{}])[0].get("text", "")
        shapes = [
            {"errors": [{"type": token, "message": f"{token} is not valid"}]},
            {"error": {"code": f"E-{token}", "message": "x" * 285 + token}},
            {"problems": {"message": f"access-token={token}; refresh {body}"}},
        ]
        answer = json.dumps(shapes[len(self.calls) % len(shapes)]).encode()
        self.calls.append(text)
        self.send_response(400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def telltale() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), TellTale)
    TellTale.calls = []
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v2.0"
    finally:
        server.shutdown()
        server.server_close()


def test_SE1_a_task_carries_nothing() -> None:
    """So nothing can lie in a broker or show up where tasks are listed."""
    app.loader.import_default_modules()
    ours = [task for name, task in app.tasks.items() if not name.startswith("celery.")]
    assert len(ours) >= 3
    for task in ours:
        assert not inspect.signature(task.run).parameters, task.name


@pytest.mark.full
@pytest.mark.parametrize("profile", PROFILES)
def test_SE1_a_secret_never_comes_out_again(profile: str, telltale: str) -> None:
    if why_not(profile):
        pytest.skip(why_not(profile))
    # From nothing and in the product's own settings, as nobody's convenience may hide a leak.
    stack, canaries = Stack(profile, spared=False), Canaries()
    stack.env["BOTMAKER_V2_URL"] = telltale
    with stack:
        supervisor = Agent(stack, "supervisor")
        plant(supervisor, canaries)
        stack.webhook_token = in_force(stack, canaries)
        be_refused(stack)
        look_at_answers(stack, supervisor, canaries)
        look_at_pages(stack, canaries)
        look_at_broken_pages(stack, supervisor, canaries)
        look_at_broker(stack, canaries)
        look_at_database(stack, canaries)
        for part in stack.parts.values():
            part.stop()
        for log in [*stack.folder.glob("*.log"), *stack.data.rglob("*")]:
            if log.is_file():
                canaries.assert_not_in(log.read_bytes(), log.name)


def plant(supervisor: Agent, canaries: Canaries) -> None:
    """Type a secret into the answer and the note of every secret question."""
    for question, parameter in SECRET_KEYS.items():
        path = f"parameters/{parameter}/users/ISOPADRAO/details/{question}/"
        for field in ("answer", "note"):
            value = canaries.new(f"{question}.{field}")
            answer = supervisor.put(path, {field: value})
            assert answer.status_code == 200, answer.text
            assert answer.json()[field] == "••••tail"
        # Both at once, so that neither takes the other's place.
        both = {field: canaries.planted[f"{question}.{field}"] for field in ("answer", "note")}
        answer = supervisor.put(path, both)
        assert answer.json().items() >= {"answer": "••••tail", "note": "••••tail"}.items()


def in_force(stack: Stack, canaries: Canaries) -> str:
    """Which of the two values the webhook now asks for."""
    for field in ("answer", "note"):
        stack.webhook_token = canaries.planted[f"PROVEDOR_WEBHOOK_TOKEN.{field}"]
        if Sender(stack).post(b'{"type": "hello"}') == 200:
            return stack.webhook_token
    raise AssertionError("neither value opens the webhook")


def be_refused(stack: Stack) -> None:
    """Have the provider refuse some sends, with the token in its words, until they failed."""
    sender = Sender(stack)
    for number in range(3):
        body = {
            "chatPlatform": "whatsapp",
            "contactId": f"{PHONE[:-1]}{number}",
            "WHATSAPP_NUMBER": "5541999990000",
            "_id_": f"CANARY{number}",
            "from": "user",
            "message": "Oi",
        }
        assert sender.send(body)

    def failed() -> bool:
        sql = "SELECT id FROM chat_message WHERE direction = 'out' AND status = 'failed'"
        return len(stack.rows(sql)) == 3

    wait_until(failed, "the refused sends failed", 20)
    sql = "SELECT failure_detail FROM chat_message WHERE direction = 'out'"
    assert all("•••" in detail for (detail,) in stack.rows(sql)), "the words are kept, cleaned"


def addresses(patterns: Iterable[Any] | None = None, before: str = "/") -> Iterator[str]:
    """Every address of the resolver, its parameters filled with what may exist."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, before + route.lstrip("^"))
        elif isinstance(pattern, URLPattern):
            whole = before + route
            questions = SECRET_KEYS if "<str:question>" in whole else [""]
            for question in questions:
                yield _filled(whole, question)


def _filled(route: str, question: str) -> str:
    def value(found: re.Match[str]) -> str:
        converter, _, name = found[1].rpartition(":")
        if name == "question":
            return question
        if name == "name" and question:
            return SECRET_KEYS[question]
        return KNOWN.get(name, "1" if converter in ("int", "path", "") else "x")

    path = re.sub(r"<([^>]+)>", value, route)
    return re.sub(r"\(\?P\S+|\$|\\Z|\^", "", path)


def look_at_pages(stack: Stack, canaries: Canaries) -> None:
    """Every page, as each kind of person, with the links it leads to."""
    for username in ("", "atendente", "supervisor", "admin"):
        with Browser(stack, username) if username else requests.Session() as session:
            seen = _crawl(stack, session, canaries, username)
            assert len(seen) > 20
            if username == "admin":
                assert any(path.startswith("/admin/auth/user/") for path in seen)


def _crawl(stack: Stack, session: requests.Session, canaries: Canaries, username: str) -> set[str]:
    secrets_first = _forms_of_secrets(stack) if username == "admin" else []
    waiting = list(dict.fromkeys([*secrets_first, *addresses()]))
    seen: set[str] = set()
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop(0)
        if path in seen or re.search(r"/(sair|logout|eventos|static)/", path):
            continue
        if username != "admin" and path.startswith("/admin/") and len(path) > len("/admin/"):
            continue  # one door, tried once
        seen.add(path)
        answer = session.get(stack.url + path, timeout=20, allow_redirects=False)
        told = repr(dict(answer.headers)).encode() + answer.content
        canaries.assert_not_in(told, f"{path} for {username or 'anybody'}")
        if "text/html" in answer.headers.get("Content-Type", ""):
            links = re.findall(r'(?:href|src)="([^"#]+)"', answer.text)
            waiting += [_local(stack, path, link) for link in links if _local(stack, path, link)]
    assert seen >= set(secrets_first)
    return seen


def _forms_of_secrets(stack: Stack) -> list[str]:
    names = ", ".join(f"'{name}'" for name in SECRET_KEYS)
    rows = stack.rows(f"SELECT id FROM parameters_detail WHERE question IN ({names})")
    assert len(rows) >= len(SECRET_KEYS)
    return [f"/admin/parameters/detail/{pk}/{page}/" for (pk,) in rows for page in PAGES]


def _local(stack: Stack, path: str, link: str) -> str:
    whole = urlsplit(urljoin(stack.url + path, link.replace("&amp;", "&")))
    is_here = whole.netloc == urlsplit(stack.url).netloc
    return whole.path + (f"?{whole.query}" if whole.query else "") if is_here else ""


def look_at_answers(stack: Stack, supervisor: Agent, canaries: Canaries) -> None:
    """Every call of the REST interface, and what it says of bad values."""
    for path in addresses():
        if path.startswith("/api/v1/"):
            answer = supervisor.get(path.removeprefix("/api/v1/"))
            canaries.assert_not_in(answer.content, path)
    (conversation,) = [supervisor.conversation(f"{PHONE[:-1]}0")]
    assert conversation
    for message in supervisor.messages(conversation["id"]):
        canaries.assert_not_in(json.dumps(message).encode(), "a message")
    detail = "parameters/ISOCHATBOT/users/ISOPADRAO/details/PROVEDOR_TOKEN/"
    for bad in ({"note": "••••other"}, {"order": "x"}, {"note": "x" * 100_000}):
        canaries.assert_not_in(supervisor.put(detail, bad).content, "a refused value")
    events = supervisor.get("events/").content
    canaries.assert_not_in(events, "the events")


def look_at_broken_pages(stack: Stack, supervisor: Agent, canaries: Canaries) -> None:
    """Take a table away under the running server: its error pages and their logs tell nothing."""
    path = "parameters/ISOCHATBOT/users/ISOPADRAO/details/PROVEDOR_TOKEN/"
    stack.change("ALTER TABLE parameters_detail RENAME TO parameters_detail_away")
    try:
        answer = supervisor.get(path)
        # SQLite says of a missing table what it says of a missing database.
        assert answer.status_code in (500, 503)
        canaries.assert_not_in(answer.content, "a 500")
        refused = supervisor.put(path, {"note": canaries.new("a value that fails to be saved")})
        assert refused.status_code in (500, 503)
        canaries.assert_not_in(refused.content, "a 500 of a change")
        assert Sender(stack).post(b'{"type": "while broken"}') == 503
    finally:
        stack.change("ALTER TABLE parameters_detail_away RENAME TO parameters_detail")


def look_at_broker(stack: Stack, canaries: Canaries) -> None:
    """What lies in Redis while no worker takes it away."""
    url = stack.env.get("REDIS_URL")
    if not url:
        return
    stack.parts["worker"].pause()
    try:
        assert Sender(stack).send({"type": "while the worker is frozen"})
        with redis.Redis.from_url(url) as client:
            wait_until(lambda: client.llen("celery"), "a task is published", 10)
            for key in client.scan_iter():
                canaries.assert_not_in(key + (client.dump(key) or b""), f"Redis {key!r}")
            for task in client.lrange("celery", 0, -1):
                arguments = json.loads(task)["headers"]
                assert (arguments["argsrepr"], arguments["kwargsrepr"]) == ("()", "{}")
                canaries.assert_not_in(task, "a published task")
    finally:
        stack.parts["worker"].cont()


def look_at_database(stack: Stack, canaries: Canaries) -> None:
    """The files of SQLite are looked at with all others; here every column of PostgreSQL is."""
    if stack.profile == "embedded":
        assert (stack.data / "isobot.sqlite3").read_bytes()
        for path in stack.data.glob("isobot.sqlite3*"):
            canaries.assert_not_in(path.read_bytes(), path.name)
        return
    columns = stack.rows(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = 'public' AND data_type IN "
        "('text', 'character varying', 'json', 'jsonb', 'bytea')"
    )
    assert ("parameters_detail", "note", "text") in columns
    for table, column, kind in columns:
        shown = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
        found = stack.rows(f'SELECT string_agg({shown}, chr(10)) FROM "{table}"')
        canaries.assert_not_in((found[0][0] or "").encode(), f"{table}.{column}")
