"""What tests share: a house with the demo in it, a provider to talk to, and hands to drain with."""

from __future__ import annotations

import gc
import itertools
import json
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import hypothesis
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from chat.services import access
from chat.views import events
from parameters import store
from parameters.catalogue import SMTPCONFIG
from provider.models import WebhookEvent
from provider.sandbox import Sandbox
from provider.services import deliveries, webhooks
from tests import again, groups, stack, travel
from tests.furnish import furnish
from tests.hosts import Server
from tests.smtp import Sink

PASSWORD = "demo-password-1"
WEBHOOK_TOKEN = "webhook-token-of-the-tests"
LINE = "5541999990000"
CUSTOMER = "5541988887777"
FULL = os.environ.get("FULL", "") not in ("", "0")

travel.follow()


def examples(many: int) -> int:
    """How many invented examples a property is tried with: a fifth, unless the run is long."""
    return many if FULL else many // 5


hypothesis.settings.register_profile("usual", max_examples=examples(150))
hypothesis.settings.load_profile("usual")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browsers first; long tests run with FULL=1, and say so instead of hiding."""
    items.sort(key=lambda item: groups.turn(item.nodeid))
    if FULL:
        return
    later = pytest.mark.skip(reason="long: runs with `make test FULL=1`")
    for item in items:
        if "full" in item.keywords:
            item.add_marker(later)


def pytest_collection_finish() -> None:
    """Thousands of tests stay in memory to the end: the collector need not go through them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`--dist loadgroup` by the groups of tests/groups.py."""
    if config.getvalue("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False  # the order is ours, not the largest group first
    return groups.Scheduling(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    again.note(terminalreporter)


@pytest.fixture(scope="session", autouse=True)
def _what_starts_begin_with(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One folder for the whole run: that of a worker lies in it."""
    own = tmp_path_factory.getbasetemp()
    stack.kept = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _streams_ask_in_the_tests_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the transaction of the test is; in their own threads they would find no session."""
    monkeypatch.setattr(events, "_allowed", sync_to_async(events._looked_up))
    monkeypatch.setattr(events, "close_old_connections", lambda: None)


@pytest.fixture
def house(db: None, settings: Any, tmp_path: Path) -> None:
    """An installation with the demo environment, whose provider nobody answers for."""
    settings.ISOBOT_DATA = tmp_path
    for name, usual in settings.USUAL_ADDRESSES.items():
        setattr(settings, name, f"http://127.0.0.1:9{urlsplit(usual).path}")
    furnish(tmp_path, PASSWORD, WEBHOOK_TOKEN)


class Provider:
    """The bundled sandbox, running; webhooks of its own go nowhere unless a test says where."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.base = sandbox.url.rstrip("/")

    def switch(self, **switches: Any) -> None:
        import requests  # noqa: PLC0415

        requests.put(f"{self.base}/_sandbox/switches", json=switches, timeout=5).raise_for_status()

    def get(self, what: str) -> Any:
        import requests  # noqa: PLC0415

        return requests.get(f"{self.base}/_sandbox/{what}", timeout=5).json()

    @property
    def ledger(self) -> list[dict[str, Any]]:
        """What customers were sent, in order."""
        entries: list[dict[str, Any]] = self.get("ledger")["entries"]
        return entries

    @property
    def texts(self) -> list[str]:
        return [entry["text"] for entry in self.ledger]


@pytest.fixture
def provider(house: None, settings: Any, tmp_path: Path) -> Iterator[Provider]:
    """A real HTTP provider that accepts the demo's tokens."""
    sandbox = Sandbox(tmp_path / "sandbox.json")
    sandbox.start()
    settings.BOTMAKER_V1_URL = f"{sandbox.url}api/v1.0"
    settings.BOTMAKER_V2_URL = f"{sandbox.url}v2.0"
    try:
        yield Provider(sandbox)
    finally:
        sandbox.stop()


_numbers = itertools.count(1)


def user_text(text: str, **fields: Any) -> dict[str, Any]:
    """A customer's text in the flat format, with an id of its own."""
    body: dict[str, Any] = {
        "chatPlatform": "whatsapp",
        "contactId": CUSTOMER,
        "customerId": "K3Q9TZ7XWB1LMD0VYH5R",
        "WHATSAPP_NUMBER": LINE,
        "_id_": f"MSG{next(_numbers):017d}",
        "date": "2026-11-20T13:05:11.402Z",
        "fromName": "Maria Souza",
        "from": "user",
        "fromCustomer": True,
        "message": text,
    }
    body.update(fields)
    return body


class Customer:
    """Posts webhooks as the provider does, and has them processed."""

    def __init__(self, drain: Callable[[], None]) -> None:
        self.client = Client()
        self.drain = drain

    def post(self, body: Any, token: str | None = WEBHOOK_TOKEN) -> Any:
        """Post a body (bytes as they are) and answer the response; nothing is processed."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {} if token is None else {"auth-bm-token": token}
        return self.client.post(
            "/webhooks/botmaker/", raw, content_type="application/json", headers=headers
        )

    def says(self, text: str, **fields: Any) -> dict[str, Any]:
        """The customer writes; what follows from it is done when this returns."""
        body = user_text(text, **fields)
        assert self.post(body).status_code == 200
        self.drain()
        return body

    def event(self, body: Any) -> WebhookEvent:
        """Post a body, process it, and answer its stored event."""
        assert self.post(body).status_code == 200
        self.drain()
        return WebhookEvent.objects.latest("id")


@pytest.fixture
def drain() -> Callable[[], None]:
    """Process everything that is due, as the workers would."""

    def run() -> None:
        for _ in range(5):
            if not webhooks.drain() + deliveries.drain():
                return

    return run


@pytest.fixture
def customer(house: None, drain: Callable[[], None]) -> Customer:
    return Customer(drain)


class Api(APIClient):
    """A REST client signed in with a token."""

    def login_as(self, username: str) -> Api:
        self.user = User.objects.get(username=username)
        self.credentials(HTTP_AUTHORIZATION=f"Token {access.issue(self.user)}")
        return self

    def answer(self, conversation: int, text: str, client_id: str | None = None) -> Any:
        return self.post(
            f"/api/v1/conversations/{conversation}/messages/",
            {"text": text, "client_id": client_id or str(uuid.uuid4())},
            format="json",
        )


@pytest.fixture
def api(house: None) -> Callable[[str], Api]:
    """`api("atendente")` is a REST client of that login."""
    return lambda username: Api().login_as(username)


@pytest.fixture
def server() -> Iterator[Server]:
    """A host of files, to which the guard says no until a setting names it."""
    found = Server()
    yield found
    found.close()


@pytest.fixture
def mailbox(house: None, settings: Any) -> Iterator[Sink]:
    """A real mail server, which SMTPCONFIG names."""
    settings.EMAIL_BACKEND = "parameters.mail.Backend"
    with Sink() as sink:
        store.write(SMTPCONFIG.HOST, answer="127.0.0.1")
        store.write(SMTPCONFIG.PORTA, answer=str(sink.port))
        yield sink
