"""Channels reached without a provider between: a conversation on each, there and back."""

from __future__ import annotations

from typing import Any

import pytest

from chat.models import Conversation, Message
from provider.adapters.whatsapp import WhatsApp
from provider.models import Delivery
from provider.services import deliveries, webhooks
from tests.provider.direct import (
    LABELS,
    NUMBER,
    TOKEN,
    Drain,
    Made,
    bot_hears,
    meta_posts,
    says,
    value,
)
from tests.provider.vendor import Vendor


def test_a_conversation_on_telegram_goes_both_ways(
    made: Made, telegram: Vendor, drain: Drain, api: Any
) -> None:
    channel = made("telegram", "loja")
    assert channel.line == "700000077"
    assert bot_hears("loja", "Oi", 1) == 200
    drain()
    path, _headers, menu = telegram.asked[-1]
    assert path == f"/bot{TOKEN}/sendMessage"
    assert menu["chat_id"] == 350000001 and "2 - Falar com atendente" in menu["text"]
    buttons = [button for row in menu["reply_markup"]["inline_keyboard"] for button in row]
    assert [button["text"] for button in buttons] == LABELS
    assert bot_hears("loja", "2", 2) == 200
    drain()
    conversation = Conversation.objects.get(identity__channel=channel)
    assert api("atendente").answer(conversation.pk, "Bom dia, Ana").status_code == 201
    drain()
    assert telegram.asked[-1][2] == {"chat_id": 350000001, "text": "Bom dia, Ana"}
    answered = Message.objects.latest("id")
    assert answered.status == "sent"
    assert answered.external_id == f"350000001:{len(telegram.asked)}"


def test_a_conversation_on_whatsapp_goes_both_ways(
    made: Made, graph: Vendor, drain: Drain, api: Any
) -> None:
    channel = made("whatsapp", "vendas", NUMBER)
    assert meta_posts("vendas", value(messages=[says("Oi", "wamid.1")])) == 200
    drain()
    path, headers, menu = graph.asked[-1]
    assert path.endswith("/106540000000001/messages")
    assert headers["authorization"] == "Bearer EAAinvented"
    offered = menu["interactive"]
    assert menu["to"] == "+5541988887777" and "2 - Falar com atendente" in offered["body"]["text"]
    (section,) = offered["action"]["sections"]
    assert [row["title"] for row in section["rows"]] == LABELS
    row = section["rows"][1]
    tapped = {
        "from": "5541988887777", "id": "wamid.2", "timestamp": "1763640311",
        "type": "interactive", "interactive": {"type": "list_reply", "list_reply": row},
    }  # fmt: skip
    assert meta_posts("vendas", value(messages=[tapped])) == 200
    drain()
    conversation = Conversation.objects.get(identity__channel=channel)
    assert conversation.status == "waiting"
    assert conversation.messages.filter(direction="in").last().text == "Falar com atendente"
    assert api("atendente").answer(conversation.pk, "Bom dia").status_code == 201
    drain()
    assert graph.asked[-1][2]["text"]["body"] == "Bom dia"
    message = Message.objects.latest("id")
    read = {"id": message.external_id, "status": "read", "timestamp": "1763640400"}
    assert meta_posts("vendas", value(statuses=[read])) == 200
    drain()
    message.refresh_from_db()
    assert message.status == "read"


def test_a_provider_that_answers_slowly_leaves_threads_to_the_other_channels(
    made: Made, telegram: Vendor, graph: Vendor, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made("telegram", "loja")
    made("whatsapp", "vendas", NUMBER)
    under_way, most, at_the_worst = 0, 0, []
    send = WhatsApp.send

    def slow(self: WhatsApp, *args: Any) -> Any:
        """While this is sent, another thread looks for something to do."""
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if deliveries.drain() == 0 and not at_the_worst:
            bot_hears("loja", "Oi", 1)
            webhooks.drain()
            at_the_worst.append((deliveries.drain(), telegram.paths))
        under_way -= 1
        return send(self, *args)

    monkeypatch.setattr(WhatsApp, "send", slow)
    for number in range(24):
        customer = {**says("Oi", f"wamid.{number}"), "from": f"55419888800{number:02d}"}
        meta_posts("vendas", value(messages=[customer]))
    webhooks.drain()
    deliveries.drain()
    threads = settings.CELERY_WORKER_CONCURRENCY - 2  # that send, the pulse's among them
    assert 1 < most <= threads - 2
    assert at_the_worst == [(1, [f"/bot{TOKEN}/sendMessage"])]
    assert Delivery.objects.filter(state="accepted").count() == 25


def test_who_hides_the_phone_or_changes_it_is_the_same_person(
    made: Made, graph: Vendor, drain: Drain
) -> None:
    made("whatsapp", "vendas", NUMBER)

    def hears(**message: Any) -> str:
        kept = {name: part for name, part in message.items() if part is not None}
        assert meta_posts("vendas", value(messages=[kept])) == 200
        drain()
        to = graph.asked[-1][2]
        return str(to.get("to") or to.get("recipient"))

    oi = says("Oi", "wamid.1")
    without_ninth = {**oi, "id": "wamid.2", "from": "554188887777", "from_user_id": "BR.13"}
    hidden = {**oi, "id": "wamid.3", "from": None, "from_user_id": "BR.13"}
    system = {"type": "user_changed_number", "wa_id": "5541966660000", "user_id": "BR.14"}
    moves = {**without_ninth, "id": "wamid.4", "type": "system", "system": system}
    assert hears(**oi) == "+5541988887777"
    assert hears(**without_ninth) == "+554188887777"
    assert hears(**hidden) == "+554188887777"
    hears(**moves)
    assert hears(**{**hidden, "id": "wamid.5", "from_user_id": "BR.14"}) == "+5541966660000"
    assert Message.objects.filter(direction="in").count() == 4
    assert Conversation.objects.get().identity.external_id == "5541966660000"


def test_a_status_may_come_before_the_answer_to_its_send(
    made: Made, graph: Vendor, drain: Drain
) -> None:
    made("whatsapp", "vendas", NUMBER)
    meta_posts("vendas", value(messages=[says("Oi", "wamid.1")]))
    drain()
    delivery = Delivery.objects.latest("id")
    Message.objects.filter(reference=delivery.reference).update(external_id=None)
    delivery.attempts.update(external_id="")
    failed = {
        "id": "wamid.early", "status": "failed", "timestamp": "1763640400",
        "biz_opaque_callback_data": str(delivery.reference),
        "errors": [{"code": 131047, "title": "Re-engagement message"}],
    }  # fmt: skip
    meta_posts("vendas", value(statuses=[failed]))
    drain()
    message = Message.objects.get(reference=delivery.reference)
    assert (message.status, message.failure_cause) == ("failed", "window")
