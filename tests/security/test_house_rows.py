"""XS, SE7, DE, DP, AU: what the house itself must not do, whoever asks."""

from __future__ import annotations

import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import kombu.exceptions
import pytest
from django.core.cache.backends.redis import RedisCache
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from kombu import serialization

from chat.models import (
    AuditEntry,
    Channel,
    Classification,
    Contact,
    Identity,
    Menu,
    Message,
)
from chat.services import audit
from isobot import cache
from isobot.celery import app
from parameters import store
from parameters.catalogue import ISOCHATBOT
from parameters.models import Detail
from provider.models import MessageTemplate, WebhookEvent
from tests.chat.conftest import (
    attached,
    closed,
    held,
    person,
    served,
    setting,
    waiting,
    writes,
)
from tests.check import PRODUCTION
from tests.conftest import Api
from tests.pages import KEYS, Addresses, every_page

ROOT = Path(__file__).resolve().parents[2]
BAD = "</textarea></script><script>alert(1)</script>\u2028\"'><img src=x onerror=alert(1)>{{7*7}}"
LINK = "javascript:alert(1)"


@pytest.fixture
def planted(house: None) -> None:
    """The same text wherever somebody may type, or a provider may write, one."""
    short = BAD[:80]
    conversation = served("atendente", name=BAD)
    waiting(who="5541977776666", name=LINK)
    held(who="5541977775555", name=BAD)
    closed(who="5541977774444", name=BAD)
    writes("Oi", who="5541977773333", name=BAD)
    for row, values in (
        (Identity, {"name": BAD[:200]}),
        (Message, {"text": f"{BAD} {LINK} data:text/html,<script>", "author_name": short}),
        (Classification, {"description": short}),
        (Channel, {"line": "x"}),
        (Menu, {"name": short, "greeting": BAD}),
    ):
        row.objects.update(**values)
    Message.objects.filter(direction="out").update(
        status="failed", failure_cause="other", failure_detail=BAD
    )
    attached(conversation, name=BAD.replace("/", "")[:200])
    attached(conversation, state="failed", file="", name=LINK, reason="gone")
    Contact.objects.create(name=BAD[:190])
    for user in (person("atendente"), person("supervisor"), person("admin")):
        user.first_name, user.last_name = BAD[:80], LINK
        user.save()
    audit.record(person("atendente"), BAD[:50], BAD, changes={BAD: (BAD, BAD)})
    MessageTemplate.objects.create(
        adapter="botmaker", name="boas_vindas", language="pt_BR", body=BAD, header=short,
        footer=short, note=BAD, seen_at=conversation.opened_at, state="rejected",
    )  # fmt: skip
    for key in (*KEYS, "MSG_ENCERRAMENTO"):
        setting(key)
    Detail.objects.filter(question="NomeBot").update(answer=BAD)
    Detail.objects.filter(question="MSG_ENCERRAMENTO").update(note=BAD)
    WebhookEvent.objects.create(
        adapter="botmaker", digest="0" * 64, body=BAD.encode(), state="dead",
        unapplied=[{"index": 0, "id": BAD, "reason": BAD}],
        received_at=conversation.opened_at, next_attempt_at=conversation.opened_at,
    )  # fmt: skip


def rows(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def test_XS1_no_page_acts_on_what_somebody_wrote(planted: None) -> None:
    clients: dict[str | None, Client] = {None: Client()}
    for who in ("atendente", "supervisor", "admin"):
        clients[who] = Client(raise_request_exception=False)
        clients[who].force_login(person(who))
    addresses, shown = Addresses(rows), 0
    for page in every_page():
        address = addresses.of(page)
        answer = clients[page.who].get(address)
        assert answer.status_code == 200, address
        text = answer.content.decode()
        _assert_inert(text, address)
        shown += "&lt;script&gt;alert(1)" in text
    assert shown > 15, "the text is on the pages"
    for model in ("identity", "message", "auditentry", "contact", "classification", "attachment"):
        path = reverse(f"admin:chat_{model}_changelist")
        _assert_inert(clients["admin"].get(path).content.decode(), path)


def test_XS2_parts_that_are_fetched_and_JSON_are_inert_too(planted: None, api: Any) -> None:
    conversation = Message.objects.latest("id").conversation_id
    client = Client()
    client.force_login(person("supervisor"))
    for path in ("lista/?tab=todos", f"{conversation}/", f"{conversation}/mensagens/?since=0"):
        _assert_inert(client.get(f"/omnichannel/{path}").content.decode(), path)
    answer = api("supervisor").get(f"/api/v1/conversations/{conversation}/messages/")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script>" in json.dumps(answer.json()), "as it was written"


def _assert_inert(text: str, where: str) -> None:
    assert "<script>alert" not in text, where
    assert "<img src=x" not in text, where
    assert not re.search(r"""(?:href|src|action)\s*=\s*["']?\s*(?:javascript|data:text)""", text), (
        where
    )
    for attributes in re.findall(r"<\w+([^>]*)>", text):
        assert not re.search(r"\son\w+\s*=", re.sub(r'"[^"]*"', '""', attributes)), where


def test_XS3_a_name_of_any_length_and_direction_stays_in_its_place(house: None) -> None:
    waiting(name="\u202egnp.exe " + "x" * 5000 + "\u0301" * 10_000)
    client = Client()
    client.force_login(person("supervisor"))
    text = client.get("/omnichannel/lista/", {"tab": "todos"}).content.decode()
    assert "\u202e" not in text and "\u0301" * 4 not in text and "x" * 201 not in text


@pytest.mark.parametrize(
    ("name", "type_"),
    [("a.js", "text/javascript"), ("a.html", "text/html"), ("a.svg", "image/svg+xml")],
)
def test_XS4_an_uploaded_script_is_run_by_no_page(house: None, name: str, type_: str) -> None:
    row = attached(waiting(), b"alert(1)", name=name, type=type_, content="document")
    client = Client()
    client.force_login(person("atendente"))
    answer = client.get(f"/omnichannel/arquivos/{row.key}/")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "../../etc/passwd", "//evil.example/a.png", "https://127.0.0.1/a.png",
     "https://10.0.0.1/a.png", "https://169.254.169.254/",
      "http://example.com/a.png", "data:image/png",
     "https://localhost/a.png", "file:///etc/passwd", "https://u:p@example.com/a.png"],
)  # fmt: skip
def test_XS6_a_link_that_leads_inside_is_refused_and_never_shown(
    api: Any, link: str, settings: Any
) -> None:
    from chat.services import templates  # noqa: PLC0415

    path = "/api/v1/parameters/ISOCHATBOT/users/ISOPADRAO/details/linkImage/"
    supervisor: Api = api("supervisor")
    sound = "https://example.com/logo.png"
    assert supervisor.put(path, {"answer": sound}, format="json").status_code in (200, 201)
    assert supervisor.put(path, {"answer": link}, format="json").status_code == 400
    assert store.read(ISOCHATBOT.linkImage) == sound
    assert Detail.objects.filter(question="linkImage").update(answer=link) == 1
    settings.ISOBOT_PUBLIC_URL = "https://chat.example.com"
    assert templates.image_address() == ""


def test_SE7_no_file_of_the_repository_holds_a_key() -> None:
    told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = told.stdout.decode().split("\0")[:-1] if told.returncode == 0 else []
    keys = re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bghp_\w{36}|\bxox[abp]-\w{10}"
        r"|\bEAA[A-Za-z0-9]{60,}|\bsk_live_\w{16}"
    )
    code = [name for name in names if not name.startswith(("static/vendor/", "tests/"))]
    for name in code:
        text = (ROOT / name).read_text(errors="ignore")
        assert not keys.search(text), name
    forbidden = [n for n in names if n.endswith((".env", ".pem", ".key", ".sqlite3", "keys.json"))]
    assert forbidden == []


def test_DE1_a_task_that_is_not_json_is_not_unpacked() -> None:
    assert list(app.conf.accept_content) == ["json"]
    assert app.conf.task_serializer == app.conf.result_serializer == "json"
    accept = serialization.prepare_accept_content(app.conf.accept_content)
    for kind, encoding in (
        ("application/x-python-serialize", "binary"),
        ("application/x-yaml", "utf-8"),
    ):
        with pytest.raises(kombu.exceptions.ContentDisallowed):
            serialization.loads(pickle.dumps({"a": 1}), kind, encoding, accept=accept)


def test_DE1_a_task_nobody_knows_is_no_task_of_ours() -> None:
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert all(name.startswith(("isobot.", "chat.", "provider.")) for name in ours)
    assert "os.system" not in app.tasks


def test_DE2_sessions_and_the_shared_cache_hold_json(settings: Any) -> None:
    assert settings.SESSION_SERIALIZER.endswith("JSONSerializer")
    assert settings.SESSION_ENGINE == "django.contrib.sessions.backends.db"
    shared = RedisCache(
        "redis://127.0.0.1:9/0", {"OPTIONS": {"serializer": "isobot.cache.Serializer"}}
    )
    serializer = shared._cache._serializer
    assert isinstance(serializer, cache.Serializer)
    for value in (1, "text", [1, {"a": None}], True):
        kept = serializer.dumps(value)
        assert kept == 1 or serializer.loads(kept) == value

    class Bomb:
        def __reduce__(self) -> Any:
            return (os.mkdir, ("never",))

    with pytest.raises(ValueError):
        serializer.loads(pickle.dumps(Bomb()))
    assert not Path("never").exists()


def test_DP2_a_production_installation_has_no_warning_and_its_doors_are_shut(
    tmp_path: Path,
) -> None:
    environment = {**PRODUCTION, "ISOBOT_DATA": str(tmp_path), "PATH": os.environ["PATH"]}
    show = (
        "from isobot.settings import *; from isobot import settings as s; import json;"
        "print(json.dumps([DEBUG, '*' in ALLOWED_HOSTS, SESSION_COOKIE_NAME, CSRF_COOKIE_NAME,"
        "SESSION_COOKIE_SECURE, SESSION_COOKIE_HTTPONLY, SECURE_SSL_REDIRECT]))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", show], env=environment, capture_output=True, text=True, cwd=ROOT
    )
    assert json.loads(shown.stdout) == [
        False, False, "__Host-session", "__Host-csrf", True, True, True,
    ]  # fmt: skip
    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env=environment, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout + checked.stderr


def test_AU1_no_entry_is_changed_or_removed(house: None) -> None:
    entry = audit.record(person("supervisor"), "changed", "Algo", changes={"a": ("1", "2")})
    before = AuditEntry.objects.values().get()
    entry.what = "added"
    for act in (
        entry.save,
        entry.delete,
        lambda: AuditEntry.objects.update(what="added"),
        lambda: AuditEntry.objects.filter(pk=entry.pk).delete(),
        lambda: AuditEntry.objects.all().delete(),
        lambda: person("supervisor").audit_entries.all().delete(),
        lambda: AuditEntry.objects.bulk_update([entry], ["what"]),
    ):
        with pytest.raises(TypeError), transaction.atomic():
            act()
    admin = Client()
    admin.force_login(person("admin"))
    path = f"/admin/chat/auditentry/{entry.pk}/"
    for page in ("change/", "delete/"):
        assert admin.post(path + page, {"what": "x", "post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": entry.pk, "post": "yes"}
    admin.post("/admin/chat/auditentry/", chosen)
    assert AuditEntry.objects.values().get() == before
    person("supervisor").delete()
    assert AuditEntry.objects.get(pk=entry.pk).by_name == before["by_name"]


def test_AU1_what_cannot_be_audited_is_not_done(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    supervisor = api("supervisor")
    supervisor.raise_request_exception = False

    def fails(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no room for it")

    monkeypatch.setattr(AuditEntry.objects, "create", fails)
    monkeypatch.setattr(AuditEntry, "save", fails)
    before = (Classification.objects.count(), list(Detail.objects.order_by("pk").values()))
    body = {"description": "Nova", "kind": "human"}
    assert supervisor.post("/api/v1/classifications/", body, format="json").status_code == 500
    detail = "/api/v1/parameters/ISOCHATBOT/users/ISOPADRAO/details/PROVEDOR_TOKEN/"
    assert supervisor.put(detail, {"note": "new-secret-abcd"}, format="json").status_code == 500
    desk = Client(raise_request_exception=False)
    desk.force_login(person("admin"))
    form = {"username": "nova", "role": "agent", "active": "on", "password": "um-segredo-novo-7"}
    assert desk.post("/supervisor/usuarios/incluir/", form).status_code in (400, 500)
    assert (Classification.objects.count(), list(Detail.objects.order_by("pk").values())) == before
