"""The installation: its first start, its demo, its health, its logs, what every answer carries."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from chat.models import Channel, Classification, Contact, Menu, Message
from isobot import demo, first_start, health, logs
from isobot.models import Heartbeat
from parameters import store
from parameters.catalogue import ISOCHATBOT
from parameters.models import Detail
from provider.models import WebhookEvent
from tests.conftest import PASSWORD, WEBHOOK_TOKEN, Customer

GUIDE = {
    "CLASS_CHAT_ATENDIMENTO", "CLASS_CHAT_BOT", "PROVEDOR_TOKEN", "PROVEDOR_REFRESHTOKEN",
    "PROVEDOR_PHONE", "PROVEDOR_ACCOUNT", "PROVEDOR_ID", "PROVEDOR_SECRET_ID", "PROVEDOR_DATE",
    "AVISO_CONV_INCIADA", "AVISO_TRANSFER", "AVISO_ESPERA", "MSG_ENCERRAMENTO", "TIPO_TELEFONE",
    "TIPO_ECONTACT", "TAMANHO_MAX_ANEXO", "NomeBot", "linkImage",
}  # fmt: skip


def test_a_first_start_makes_the_administrator_anonimo_and_a_menu(db: None) -> None:
    (login,) = first_start.prepare("")
    assert User.objects.get(username="admin").check_password(login.password or "")
    assert Contact.objects.get(anonymous=True).name == "Anônimo"
    assert Menu.objects.get(default=True).options.filter(action="hand_off").exists()
    assert not Detail.objects.exists()


def test_a_second_start_keeps_everything_and_shows_no_password(db: None) -> None:
    first_start.prepare(PASSWORD)
    (login,) = first_start.prepare("another password")
    assert login.password is None
    assert User.objects.get(username="admin").check_password(PASSWORD)
    assert Contact.objects.count() == 1


def test_until_somebody_configures_it_the_webhook_answers_403(db: None) -> None:
    first_start.prepare(PASSWORD)
    for token in ("", "guess"):
        answer = Client().post(
            "/webhooks/botmaker/", b"{}", "application/json", headers={"auth-bm-token": token}
        )
        assert answer.status_code == 403
    assert not WebhookEvent.objects.exists()


def test_the_demo_seeds_the_guides_keys_spelled_as_the_guide_spells_them(house: None) -> None:
    questions = set(
        Detail.objects.filter(user__parameter__name="ISOCHATBOT").values_list("question", flat=True)
    )
    assert questions == GUIDE | {"PROVEDOR_WEBHOOK_TOKEN", "PROVEDOR_API"}
    assert store.read(ISOCHATBOT.AVISO_CONV_INCIADA).mode == "C"
    assert store.read(ISOCHATBOT.PROVEDOR_WEBHOOK_TOKEN) == WEBHOOK_TOKEN
    assert Menu.objects.get().options.order_by("order")[1].label == "Falar com atendente"


def test_the_demo_can_be_loaded_again_and_keeps_what_people_changed(house: None) -> None:
    store.put_detail("ISOCHATBOT", "ISOPADRAO", "AVISO_TRANSFER", answer="N")
    before = [model.objects.count() for model in (User, Classification, Channel, Detail, Menu)]
    demo.load(PASSWORD, WEBHOOK_TOKEN)
    call_command("demo", stdout=StringIO())
    after = [model.objects.count() for model in (User, Classification, Channel, Detail, Menu)]
    assert before == after
    assert not store.read(ISOCHATBOT.AVISO_TRANSFER).is_sent
    assert not Message.objects.exists()


def test_replaying_from_a_shell_names_what_is_missing(customer: Customer) -> None:
    customer.says("Oi")
    event = WebhookEvent.objects.get()
    call_command("replay_event", str(event.pk), stdout=StringIO())
    event.refresh_from_db()
    assert event.state == "received"
    with pytest.raises(CommandError, match="no such event: 999"):
        call_command("replay_event", "999")


# Health


def ready() -> tuple[int, dict[str, str]]:
    answer = Client().get("/health/ready/")
    return answer.status_code, answer.json()["checks"]


def test_ready_needs_a_worker_and_a_schedule_and_says_which_is_missing(db: None) -> None:
    status, checks = ready()
    assert status == 503
    assert (checks["database"], checks["migrations"]) == ("ok", "ok")
    assert checks["worker"] != "ok" != checks["schedule"]
    health.beat(health.WORKER)
    health.beat(health.SCHEDULE)
    assert ready()[0] == 200
    Heartbeat.objects.filter(part=health.WORKER).update(at=timezone.now() - timedelta(seconds=40))
    status, checks = ready()
    assert status == 503
    assert "silent for 4" in checks["worker"]


def test_live_needs_nothing(client: Client) -> None:
    assert client.get("/health/live/").json() == {"status": "ok"}


def test_health_says_no_version_and_no_secret(house: None, client: Client) -> None:
    text = client.get("/health/ready/").content.decode()
    assert "django" not in text.lower()
    assert WEBHOOK_TOKEN not in text


# Logs


def logged(message: str, **values: Any) -> dict[str, Any]:
    """A line as it is written."""
    stream = StringIO()
    root = logging.getLogger()
    kept = root.handlers[:]
    try:
        logs.configure()
        root.handlers[0].setStream(stream)  # type: ignore[attr-defined]
        structlog.get_logger("test").warning(message, **values)
    finally:
        root.handlers[:] = kept
    line: dict[str, Any] = json.loads(stream.getvalue())
    return line


def test_IN3_a_log_line_holds_no_token_no_phone_and_no_line_break() -> None:
    jwt = "eyJhbGciOiJIUzUxMiJ9.eyJleHAiOjF9.c2lnbmF0dXJl"
    line = logged(f"refused {jwt} for 5541988887777\n\x1b[31mforged", note="+5541988887777")
    text = json.dumps(line)
    assert jwt not in text
    assert "5541988887777" not in text
    assert "\x1b" not in line["event"]
    assert line["level"] == "warning"


def test_the_line_of_a_refused_request_carries_its_id(client: Client) -> None:
    stream = StringIO()
    root = logging.getLogger()
    kept = root.handlers[:]
    try:
        logs.configure()
        root.handlers[0].setStream(stream)  # type: ignore[attr-defined]
        answer = client.get("/nao-existe/")
    finally:
        root.handlers[:] = kept
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["request_id"] for line in lines] == [answer.headers["X-Request-ID"]]


# What every answer carries

PAGES = ["/entrar/", "/health/live/", "/nao-existe/", "/api/v1/conversations/", "/simulador/"]


@pytest.mark.parametrize("address", PAGES)
def test_every_answer_carries_the_protections_and_an_id(house: None, address: str) -> None:
    answer = Client().get(address)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Request-ID"]


def test_WH14_forwarding_headers_are_believed_from_known_proxies_only(
    house: None, settings: Any, rf: Any
) -> None:
    from isobot.middleware import request_context  # noqa: PLC0415

    def address_seen(**meta: str) -> str:
        request = rf.get("/", headers={"X-Forwarded-For": "203.0.113.9"}, **meta)
        seen: list[str] = []
        from django.http import HttpResponse  # noqa: PLC0415

        def view(inner: Any) -> HttpResponse:
            seen.append(inner.META["REMOTE_ADDR"])
            return HttpResponse()

        request_context(view)(request)
        return seen[0]

    assert address_seen() == "127.0.0.1"
    import ipaddress  # noqa: PLC0415

    settings.ISOBOT_TRUSTED_PROXIES = [ipaddress.ip_network("127.0.0.1/32")]
    assert address_seen() == "203.0.113.9"


def test_pages_are_portuguese_whatever_the_browser_asks(house: None) -> None:
    answer = Client().get("/entrar/", headers={"Accept-Language": "en"})
    assert "Entrar" in answer.content.decode()
    refusal = Client().get("/api/v1/conversations/", headers={"Accept-Language": "en"})
    assert "credenciais" in refusal.json()["detail"]


def test_an_error_page_says_what_to_do_and_needs_no_database(client: Client) -> None:
    page = client.get("/nao-existe/")
    assert page.status_code == 404
    assert 'lang="pt-br"' in page.content.decode().lower()
    assert client.get("/api/nao-existe/").json() == {"detail": "Não encontrado."}


def test_keys_can_be_rotated(house: None, settings: Any) -> None:
    before = store.read(ISOCHATBOT.PROVEDOR_TOKEN)
    old = settings.ISOBOT_ENCRYPTION_KEYS
    settings.ISOBOT_ENCRYPTION_KEYS = ["a-new-key-that-is-long-enough-0123456789", *old]
    call_command("rotate_keys", stdout=StringIO())
    settings.ISOBOT_ENCRYPTION_KEYS = settings.ISOBOT_ENCRYPTION_KEYS[:1]
    assert store.read(ISOCHATBOT.PROVEDOR_TOKEN) == before


def test_the_data_folder_of_the_tests_is_not_the_products(settings: Any) -> None:
    assert Path(settings.ISOBOT_DATA).name != "var"
