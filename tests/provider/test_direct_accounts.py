"""The account of a direct channel: what stops it alone, and its credentials."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chat.models import Message
from provider import registry
from provider.models import Account, ChannelCredentials, Incident
from provider.services import checks
from tests.provider.direct import (
    NUMBER,
    OTHER_TOKEN,
    TOKEN,
    WORDS,
    Drain,
    Made,
    bot_hears,
)
from tests.provider.sends import due_now
from tests.provider.vendor import Vendor


def test_a_refused_token_stops_its_channel_and_no_other(
    made: Made, telegram: Vendor, drain: Drain
) -> None:
    made("telegram", "um")
    made("telegram", "dois", bot_token=OTHER_TOKEN)
    no = {"ok": False, "error_code": 401, "description": "Unauthorized"}
    telegram.answers[f"/bot{TOKEN}/sendMessage"] = (401, no)
    bot_hears("um", "Oi", 1)
    drain()
    bot_hears("dois", "Oi", 2)
    drain()
    sent = {one.channel.key: one.status for one in Message.objects.filter(direction="out")}
    assert sent == {"um": "queued", "dois": "sent"}
    incident = Incident.objects.get()
    assert (incident.adapter, incident.channel_key) == ("telegram", "um")
    assert incident.title.endswith(": um") and "um" in incident.next_step
    assert "PROVEDOR" not in incident.next_step


def test_RL1_an_account_that_is_told_to_wait_holds_up_no_other(
    made: Made, telegram: Vendor, drain: Drain
) -> None:
    made("telegram", "um")
    made("telegram", "dois", bot_token=OTHER_TOKEN)
    wait = {"ok": False, "error_code": 429, "parameters": {"retry_after": 3600}}
    telegram.answers[f"/bot{TOKEN}/sendMessage"] = (429, wait)
    for number in range(1, 15):
        bot_hears("um", "Oi", number)
    drain()
    bot_hears("dois", "Oi", 100)
    drain()
    told = Message.objects.filter(direction="out").values_list(
        "conversation__identity__channel__key", "status"
    )
    assert ("dois", "sent") in told
    assert {status for key, status in told if key == "um"} == {"queued"}


def test_a_new_token_lets_what_waited_leave(
    made: Made, telegram: Vendor, drain: Drain, api: Any
) -> None:
    channel = made("telegram", "um")
    telegram.answers[f"/bot{TOKEN}/sendMessage"] = (401, {"ok": False})
    bot_hears("um", "Oi", 1)
    drain()
    answer = api("supervisor").patch(
        f"/api/v1/channels/{channel.pk}/",
        {"credentials": {"bot_token": OTHER_TOKEN}},
        format="json",
    )
    assert answer.status_code == 200
    drain()
    assert Message.objects.get(direction="out").status == "sent"


def test_a_pause_holds_its_channel_and_no_other(made: Made, telegram: Vendor, drain: Drain) -> None:
    made("telegram", "um")
    made("telegram", "dois", bot_token=OTHER_TOKEN)
    busy = {"ok": False, "parameters": {"retry_after": 30}}
    telegram.answers[f"/bot{TOKEN}/sendMessage"] = (429, busy)
    bot_hears("um", "Oi", 1)
    drain()
    bot_hears("dois", "Oi", 2)
    drain()
    assert Account.objects.get(channel_key="um").paused_until is not None
    sent = {one.channel.key: one.status for one in Message.objects.filter(direction="out")}
    assert sent == {"um": "queued", "dois": "sent"}
    telegram.answers.clear()
    due_now()
    drain()
    assert not Message.objects.filter(status="queued").exists()


def test_every_account_has_its_daily_check(made: Made, telegram: Vendor) -> None:
    made("telegram", "um")
    made("telegram", "dois", bot_token=OTHER_TOKEN)
    no = {"ok": False, "error_code": 401, "description": "Unauthorized"}
    telegram.answers[f"/bot{TOKEN}/getMe"] = (401, no)
    telegram.answers["/getMe"] = (200, {"ok": True, "result": {"id": 700000088}})
    telegram.answers["/getWebhookInfo"] = (200, {"ok": True, "result": {"url": "https://x/"}})
    adapter = registry.get("telegram")
    assert not checks.run(adapter, "um").ok
    assert checks.run(adapter, "dois").ok
    assert Incident.objects.get().channel_key == "um"


def test_credentials_are_kept_encrypted_and_told_to_nobody(
    made: Made, api: Any, telegram: Vendor, drain: Drain, caplog: pytest.LogCaptureFixture
) -> None:
    channel = made("telegram", "loja")
    telegram.answers[f"/bot{TOKEN}/sendMessage"] = (400, {"description": f"bad {TOKEN}"})
    bot_hears("loja", "Oi", 1)
    drain()
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM provider_channelcredentials")
        rows = str(cursor.fetchall())
        cursor.execute("SELECT * FROM provider_attempt")
        rows += str(cursor.fetchall())
        cursor.execute("SELECT * FROM chat_auditentry")
        rows += str(cursor.fetchall())
        cursor.execute("SELECT * FROM provider_webhookevent")
        rows += str(cursor.fetchall())
    told = api("supervisor").get(f"/api/v1/channels/{channel.pk}/").content.decode()
    for secret in (TOKEN, TOKEN.partition(":")[2], "word-of-the-bot"):
        assert secret not in rows + told + caplog.text


class TestWriting:
    def put(self, api: Any, credentials: Any, adapter: str = "telegram") -> Any:
        body = {"kind": adapter, "adapter": adapter, "line": NUMBER, "credentials": credentials}
        return api("supervisor").post("/api/v1/channels/", body, format="json")

    @pytest.mark.parametrize(
        ("credentials", "named"),
        [
            ({}, "bot_token"),
            ({"bot_token": TOKEN}, "secret_token"),
            ({"bot_token": TOKEN, "secret_token": ""}, "secret_token"),
            ({"bot_token": TOKEN, "secret_token": " "}, "secret_token"),
            ({**WORDS["telegram"], "app_secret": "x"}, "app_secret"),
            ({**WORDS["telegram"], "api_url": "https://evil.example"}, "api_url"),
            ({**WORDS["telegram"], "bot_token": "a\nb"}, "bot_token"),
        ],
    )
    def test_what_is_missing_or_unknown_is_named(
        self, api: Any, credentials: Any, named: str
    ) -> None:
        answer = self.put(api, credentials)
        assert (answer.status_code, list(answer.json())) == (400, ["credentials"])
        assert named in answer.json()["credentials"][0]
        assert not ChannelCredentials.objects.exists()

    @pytest.mark.parametrize("credentials", ["x", [], None, {"bot_token": None}, {"bot_token": []}])
    def test_another_shape_is_400(self, api: Any, credentials: Any) -> None:
        answer = self.put(api, credentials)
        assert (answer.status_code, list(answer.json())) == (400, ["credentials"])

    def test_a_change_may_name_only_what_changes(self, made: Made, api: Any) -> None:
        channel = made("whatsapp", "vendas", NUMBER)
        one = f"/api/v1/channels/{channel.pk}/"
        change = {"credentials": {"access_token": "EAAnewer"}}
        assert api("supervisor").patch(one, change, format="json").status_code == 200
        kept = json.loads(ChannelCredentials.objects.get().values)
        assert kept == {**WORDS["whatsapp"], "access_token": "EAAnewer"}
        renamed = api("supervisor").patch(one, {"key": "outra"}, format="json")
        assert (renamed.status_code, list(renamed.json())) == (400, ["key"])

    def test_a_channel_that_leaves_its_provider_leaves_its_credentials(
        self, made: Made, api: Any
    ) -> None:
        channel = made("whatsapp", "vendas", NUMBER)
        one = f"/api/v1/channels/{channel.pk}/"
        answer = api("supervisor").patch(one, {"adapter": "botmaker"}, format="json")
        assert answer.status_code == 200
        assert not ChannelCredentials.objects.exists()
