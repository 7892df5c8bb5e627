"""A tapped button of a bot on Telegram: the option it is, and the phone that waits."""

from __future__ import annotations

import threading
import time

import pytest

from chat.models import Conversation, Message
from provider.models import WebhookEvent
from tests.provider.direct import (
    ANA,
    TOKEN,
    Drain,
    Made,
    bot_feels,
    bot_gets,
    bot_hears,
)
from tests.provider.vendor import Vendor


def test_a_tapped_button_on_telegram_is_the_option(
    made: Made, telegram: Vendor, drain: Drain
) -> None:
    channel = made("telegram", "loja")
    bot_hears("loja", "Oi", 1)
    drain()
    menu = telegram.asked[-1][2]
    ((_hours,), (person,), (_leave,)) = menu["reply_markup"]["inline_keyboard"]
    shown = {"message_id": 1, "chat": ANA, "date": 1, "reply_markup": menu["reply_markup"]}
    query = {"id": "77", "from": ANA, "message": shown, "data": person["callback_data"]}
    assert bot_gets("loja", {"update_id": 9002, "callback_query": query}) == 200
    drain()
    conversation = Conversation.objects.get(identity__channel=channel)
    assert conversation.status == "waiting"
    assert conversation.messages.filter(direction="in").last().text == "Falar com atendente"


def test_a_tapped_button_is_answered_for_the_phone_to_stop_waiting(
    made: Made, telegram: Vendor, drain: Drain
) -> None:
    made("telegram", "loja")
    bot_hears("loja", "Oi", 1)
    assert bot_feels("loja", "1503", "2") == 200
    drain()
    assert telegram.heard(f"/bot{TOKEN}/answerCallbackQuery")
    told = [body for path, _, body in telegram.asked if path.endswith("/answerCallbackQuery")]
    assert told == [{"callback_query_id": "1503"}]
    assert Conversation.objects.get().status == "waiting"


def test_an_answer_to_a_button_that_hangs_holds_up_nobody(
    made: Made, telegram: Vendor, drain: Drain
) -> None:
    made("telegram", "loja")
    telegram.held["/answerCallbackQuery"] = threading.Event()
    bot_hears("loja", "Oi", 1)
    for number in range(20):
        bot_feels("loja", str(1503 + number), "2")
    drain()
    assert not WebhookEvent.objects.exclude(state="processed").exists()
    assert Message.objects.filter(direction="in").count() == 21
    assert sum(path.endswith("/sendMessage") for path in telegram.paths) == 2
    telegram.held["/answerCallbackQuery"].set()


def test_a_button_that_could_not_be_answered_is_forgotten_and_its_message_is_kept(
    made: Made, telegram: Vendor, drain: Drain, caplog: pytest.LogCaptureFixture
) -> None:
    made("telegram", "loja")
    no = {"ok": False, "error_code": 400, "description": f"query is too old at /bot{TOKEN}/"}
    telegram.answers["/answerCallbackQuery"] = (400, no)
    bot_hears("loja", "Oi", 1)
    bot_feels("loja", "1503", "2")
    drain()
    assert telegram.heard("/answerCallbackQuery")
    until = time.monotonic() + 5
    while "not acknowledged" not in caplog.text and time.monotonic() < until:
        time.sleep(0.01)
    assert "not acknowledged" in caplog.text
    assert TOKEN.partition(":")[2] not in caplog.text
    assert Message.objects.filter(external_id="callback:1503").exists()
    assert telegram.paths.count(f"/bot{TOKEN}/answerCallbackQuery") == 1
