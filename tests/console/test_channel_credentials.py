"""Supervisor > Chat > Canais: the credentials of a channel, its address, and testing them."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chat.models import AuditEntry, Channel
from chat.services import channels
from provider import account_words, gateway
from provider.accounts import AccessKind, AccessResult, WebhookReport
from provider.models import ChannelCredentials
from tests.console.conftest import At, Page
from tests.provider.vendor import Vendor

LIST = "/supervisor/chat/canais/"
ADD = f"{LIST}incluir/"
TOKEN = "700000077:AAH-invented_token_of_a_test_0wxyz"
CREDENTIALS = {"telegram-bot_token": TOKEN, "telegram-secret_token": "word-of-the-bot"}


def filled(**fields: Any) -> dict[str, Any]:
    menu = channels.default_menu().pk
    return {
        "kind": "telegram", "line": "", "adapter": "telegram", "menu": menu, "active": "on",
        "key": "loja", **CREDENTIALS, **fields,
    }  # fmt: skip


def loja() -> Channel:
    return Channel.objects.get(key="loja")


def page_of(desk: At) -> Page:
    return desk("supervisor").get(f"{LIST}ver,{loja().pk}")


@pytest.fixture
def added(desk: At) -> None:
    assert desk("supervisor").add(ADD, **filled()).status == 302


@pytest.fixture
def telegram(house: None, settings: Any) -> Iterator[Vendor]:
    with Vendor({"ok": True, "result": {"id": 700000077, "username": "loja_bot"}}) as vendor:
        settings.TELEGRAM_API_URL = vendor.url
        yield vendor


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("bot_token", "isso não é um token", "não leva espaços"),
        ("secret_token", "meu segredo", "Use só letras sem acento"),
        ("secret_token", "acentuação", "Use só letras sem acento"),
    ],
)
def test_what_no_provider_takes_is_said_at_its_field(
    desk: At, api: Any, field: str, typed: str, said: str
) -> None:
    page = desk("supervisor").add(ADD, **filled(**{f"telegram-{field}": typed}))
    assert page.status == 400
    assert said in page.text and f'href="#id_telegram-{field}"' in page.text
    body = {
        "kind": "telegram", "adapter": "telegram",
        "credentials": {"bot_token": TOKEN, "secret_token": "w", field: typed},
    }  # fmt: skip
    refused = api("supervisor").post("/api/v1/channels/", body, format="json")
    assert refused.status_code == 400 and "credentials" in refused.json()
    assert not ChannelCredentials.objects.exists()


def test_each_provider_asks_for_its_own(desk: At) -> None:
    page = desk("supervisor").get(ADD).text
    assert 'data-shown-for="telegram"' in page and 'data-shown-for="whatsapp"' in page
    assert 'data-shown-for="botmaker"' not in page
    assert 'name="telegram-bot_token"' in page and 'name="whatsapp-app_secret"' in page
    assert "api_url" not in page and "graph_url" not in page


def test_what_is_typed_is_kept_and_shown_by_its_end_alone(desk: At, added: None) -> None:
    kept = json.loads(ChannelCredentials.objects.get(channel_key="loja").values)
    assert kept == {"bot_token": TOKEN, "secret_token": "word-of-the-bot"}
    assert loja().line == "700000077"
    page = page_of(desk).text
    assert "••••wxyz" in page and TOKEN not in page and "word-of-the-bot" not in page
    told = json.dumps([entry.data for entry in AuditEntry.objects.all()])
    assert TOKEN not in told and "word-of-the-bot" not in told


def test_left_blank_it_stays(desk: At, added: None) -> None:
    blank = dict.fromkeys(CREDENTIALS, "")
    change = filled(line="700000077", **{**blank, "telegram-secret_token": "new-word"})
    assert desk("supervisor").post(f"{LIST}ver,{loja().pk}", **change).status == 302
    kept = json.loads(ChannelCredentials.objects.get().values)
    assert kept == {"bot_token": TOKEN, "secret_token": "new-word"}


def test_half_of_them_is_refused_at_the_other_half_and_told_to_nobody(desk: At) -> None:
    page = desk("supervisor").add(ADD, **filled(**{"telegram-secret_token": ""}))
    assert page.status == 400
    assert len(page.errors) == 1 and 'href="#id_telegram-secret_token"' in page.text
    assert TOKEN not in page.text
    assert not ChannelCredentials.objects.exists()


def test_what_was_typed_for_another_provider_does_not_count(desk: At) -> None:
    other = {"whatsapp-access_token": "EAAx"}
    assert desk("supervisor").add(ADD, **filled(**other)).status == 302
    assert ChannelCredentials.objects.get().adapter == "telegram"


def test_the_address_to_copy_is_the_channels_own(desk: At, added: None) -> None:
    assert 'value="http://testserver/webhooks/telegram/loja/"' in page_of(desk).text
    shared = Channel.objects.get(key="whatsapp")
    assert "/webhooks/" not in desk("supervisor").get(f"{LIST}ver,{shared.pk}").text


def test_testing_access_asks_with_this_channels_credentials(
    desk: At, added: None, telegram: Vendor
) -> None:
    supervisor = desk("supervisor")
    address = f"{LIST}testar,{loja().pk}"
    assert supervisor.post(address).location == f"{LIST}ver,{loja().pk}"
    assert telegram.paths == [f"/bot{TOKEN}/getMe", f"/bot{TOKEN}/getWebhookInfo"]
    assert "O provedor aceita o token." in page_of_again(supervisor)
    telegram.answers["/getMe"] = (401, {"ok": False, "description": "Unauthorized"})
    supervisor.post(address)
    assert "O provedor recusa o token." in page_of_again(supervisor)


def page_of_again(desk: Any) -> str:
    return str(desk.get(f"{LIST}ver,{loja().pk}").text)


def test_setup_chat_names_the_channels_without_credentials(desk: At) -> None:
    supervisor = desk("supervisor")
    assert 'id="card-direct"' not in supervisor.get("/supervisor/chat/setup/").text
    supervisor.add(ADD, **filled(line="700000077", **dict.fromkeys(CREDENTIALS, "")))
    page = supervisor.get("/supervisor/chat/setup/").text
    assert f'href="{LIST}ver,{loja().pk}"' in page


WEBHOOK = "/webhooks/telegram/loja/"
AT = datetime(2026, 11, 20, 13, 5, tzinfo=UTC)
PUBLIC = "https://atende.example.com"


@pytest.fixture
def public(settings: Any) -> None:
    settings.ISOBOT_PUBLIC_URL = PUBLIC
    settings.ALLOWED_HOSTS = ["*"]


def told(desk: Any) -> str:
    """What the channel's page says once more after something was pressed there."""
    return html.unescape(page_of_again(desk))


def test_registering_the_webhook_tells_telegram_where_to_post(
    desk: At, added: None, telegram: Vendor, public: None
) -> None:
    telegram.answers["/setWebhook"] = (200, {"ok": True, "result": True})
    supervisor = desk("supervisor")
    address = f"{LIST}webhook,{loja().pk}"
    assert f'action="{address}"' in page_of_again(supervisor)
    assert supervisor.post(address).location == f"{LIST}ver,{loja().pk}"
    ((path, _headers, body),) = telegram.asked
    assert path == f"/bot{TOKEN}/setWebhook"
    assert body == {
        "url": f"{PUBLIC}{WEBHOOK}",
        "secret_token": "word-of-the-bot",
        "allowed_updates": [
            "message", "edited_message", "callback_query", "my_chat_member", "message_reaction",
        ],
    }  # fmt: skip
    assert account_words.of_registration(AccessResult(AccessKind.OK)) in told(supervisor)
    entry = AuditEntry.objects.filter(what="webhook_registered").get()
    assert entry.by is not None
    assert (entry.by.username, entry.data) == ("supervisor", {"result": "ok"})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, AccessKind.NO_ACCESS),
        (401, AccessKind.REFUSED),
        (404, AccessKind.REFUSED),
        (429, AccessKind.UNREACHABLE),
        (500, AccessKind.UNREACHABLE),
    ],
)
def test_a_refusal_of_the_webhook_is_told_in_words_without_the_token(
    desk: At, added: None, telegram: Vendor, public: None, status: int, kind: AccessKind
) -> None:
    no = {"ok": False, "description": f"Bad Request: bad webhook at /bot{TOKEN}/"}
    telegram.answers["/setWebhook"] = (status, no)
    supervisor = desk("supervisor")
    supervisor.post(f"{LIST}webhook,{loja().pk}")
    page = told(supervisor)
    assert account_words.of_registration(AccessResult(kind)) in page
    assert "bad webhook" in page and TOKEN not in page
    assert AuditEntry.objects.get(what="webhook_registered").data == {"result": kind}


@pytest.mark.parametrize(
    "address", ["", "http://atende.example.com", "https://10.0.0.7", "https://desk"]
)
def test_an_address_telegram_cannot_reach_is_said_and_not_registered(
    desk: At, added: None, settings: Any, address: str
) -> None:
    settings.TELEGRAM_API_URL = "https://api.telegram.example.com"  # nobody is asked there
    settings.ISOBOT_PUBLIC_URL = address
    supervisor = desk("supervisor")
    page = page_of_again(supervisor)
    assert "ISOBOT_PUBLIC_URL" in page and f"{LIST}webhook," not in page
    supervisor.post(f"{LIST}webhook,{loja().pk}")
    assert gateway.why_no_webhook("telegram") in told(supervisor)
    assert not AuditEntry.objects.filter(what="webhook_registered").exists()


def test_testing_access_says_what_is_wrong_with_the_webhook(
    desk: At, added: None, telegram: Vendor, public: None
) -> None:
    supervisor = desk("supervisor")

    def tested(**webhook: Any) -> str:
        telegram.answers["/getWebhookInfo"] = (200, {"ok": True, "result": webhook})
        supervisor.post(f"{LIST}testar,{loja().pk}")
        return told(supervisor)

    own, said = f"{PUBLIC}{WEBHOOK}", []
    for report in (
        WebhookReport(""),
        WebhookReport("https://elsewhere.example.com/hook-4711"),
        WebhookReport(own, 12),
        WebhookReport(own, 0, "Wrong response from the webhook: 502", AT),
    ):
        page = tested(
            url=report.url,
            pending_update_count=report.pending,
            last_error_message=report.last_error,
            last_error_date=int(AT.timestamp()),
        )
        (sentence,) = account_words.of_webhook(report, own)
        assert sentence in page and "hook-4711" not in page
        said.append(sentence)
    secret = f"Wrong response from /bot{TOKEN}/"
    quoted = tested(url=own, pending_update_count=10**40, last_error_message=secret)
    assert TOKEN.partition(":")[2] not in quoted and "0" * 20 not in quoted
    healthy = tested(url=own, pending_update_count=0)
    assert not any(sentence in healthy for sentence in said)


def test_metas_channels_say_what_is_pasted_where(desk: At) -> None:
    credentials = {
        f"messenger-{name}": "word"
        for name in ("page_id", "access_token", "app_secret", "verify_token")
    }
    supervisor = desk("supervisor")
    supervisor.add(ADD, **filled(kind="messenger", adapter="messenger", **credentials))
    page = page_of_again(supervisor)
    assert "/webhooks/messenger/loja/" in page
    assert "messaging_postbacks" in page and "Callback URL" in page
    assert f"{LIST}webhook," not in page
    supervisor.post(f"{LIST}webhook,{loja().pk}")
    assert not AuditEntry.objects.filter(what="webhook_registered").exists()


def test_agents_do_not_register_webhooks(desk: At, added: None, telegram: Vendor) -> None:
    assert desk("atendente").post(f"{LIST}webhook,{loja().pk}").status == 403
    assert telegram.asked == []
