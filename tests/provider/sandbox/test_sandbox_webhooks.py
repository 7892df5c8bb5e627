"""Echo, statuses and their ties; retries, copies, order, loss."""

import socket
from typing import Any

import pytest
import requests

from provider.sandbox import Sandbox
from tests.provider.sandbox.bench import CONTACT, LINE, TOKEN, Bench, wait_until


def _quiet(bench: Bench) -> bool:
    counters = bench.counters()
    return bool(counters["webhooks_pending"] == counters["statuses_scheduled"] == 0)


def _settled(bench: Bench) -> list[Any]:
    wait_until(lambda: _quiet(bench))
    return bench.receiver.bodies()


def test_a_whatsapp_send_is_echoed_and_then_sent_and_delivered(bench: Bench) -> None:
    bench.send("Olá")

    echo, sent, delivered = _settled(bench)

    (message,) = echo["messages"]
    assert (echo["v"], echo["type"], echo["whatsappNumber"]) == ("1.1", "message", LINE)
    assert (message["from"], message["message"]) == ("bot", "Olá")
    assert len(message["_id_"]) == 20
    assert "txId" not in echo
    expected = {"type": "status", "contactId": CONTACT, "messageId": message["_id_"]}
    assert sent == {**expected, "status": "sent"}
    assert delivered == {**expected, "status": "delivered"}
    assert {headers["auth-bm-token"] for _body, headers in bench.receiver.arrivals} == {TOKEN}


def test_other_platforms_only_tell_sent(bench: Bench) -> None:
    channel = "isobotsandbox-telegram-700000001"
    bench.switch(auto_read=True, read_delay_ms=0)
    bench.send(channel=channel, contact="42")

    echo, status = _settled(bench)

    assert (echo["chatPlatform"], echo["chatChannelId"]) == ("telegram", channel)
    assert status["status"] == "sent"


def test_auto_read_reads_after_delivery(bench: Bench) -> None:
    bench.switch(auto_read=True, read_delay_ms=20)
    bench.send()
    _settled(bench)

    statuses = [status["status"] for status in bench.receiver.statuses()]

    assert statuses == ["sent", "delivered", "read"]
    assert bench.phone()["messages"][0]["status"] == "read"


def test_echo_and_statuses_can_be_switched_off(bench: Bench) -> None:
    bench.switch(echo=False, statuses=False)
    bench.send()

    assert _settled(bench) == []
    assert bench.phone()["messages"][0]["status"] == "delivered"


def test_tie_txid_repeats_the_notification_id(bench: Bench) -> None:
    bench.switch(tie="txid", echo=False)
    tx_id = bench.send().json()["webhookNotificationId"]

    statuses = _settled(bench)

    assert [status["intentTxId"] for status in statuses] == [tx_id, tx_id]
    assert all(status["messageId"] for status in statuses)


def test_tie_payload_returns_the_payload_in_echo_and_status(bench: Bench) -> None:
    bench.switch(tie="payload")
    bench.send(webhookPayload="ref-7")

    assert [body["webhookPayload"] for body in _settled(bench)] == ["ref-7"] * 3


def test_tie_short_uses_the_message_id_as_the_id(bench: Bench) -> None:
    bench.switch(tie="short")
    bench.send()

    echo, delivered = _settled(bench)

    assert delivered["_id_"] == echo["messages"][0]["_id_"]
    assert delivered["STATUS"] == "delivered"
    assert set(delivered) == {
        "CHAT_PLATFORM_ID",
        "CREATION_TIME",
        "CUSTOMER_ID",
        "_id_",
        "FROM",
        "STATUS",
    }


def test_tie_snapshot_is_about_the_customer_and_sometimes_shows_their_own_message(
    bench: Bench,
) -> None:
    bench.switch(tie="snapshot")
    written = bench.write("Oi", name="Ana Souza")
    bench.send()

    _in, echo, ours, theirs = _settled(bench)

    assert ours["_id_"] == theirs["_id_"] == echo["customerId"]
    assert ours["LAST_MESSAGE"]["_id_"] == echo["messages"][0]["_id_"]
    assert (theirs["LAST_MESSAGE"]["_id_"], theirs["LAST_MESSAGE"]["from"]) == (
        written["id"],
        "user",
    )
    assert ours["USER_LAST_MSG_RECEIVED"] and ours["USER_LAST_MSG_READ"] == ""


def test_flat_messages_have_the_older_keys(bench: Bench) -> None:
    bench.switch(webhook_format="flat", statuses=False)
    bench.write("Sim", button_payload="row-1", name="Ana Souza")
    bench.send("Certo")

    theirs, ours = _settled(bench)

    assert (theirs["from"], theirs["fromCustomer"], theirs["message"]) == ("user", True, "Sim")
    assert (theirs["isButton"], theirs["buttonPayload"]) == (True, "row-1")
    assert (theirs["WHATSAPP_NUMBER"], theirs["fromName"]) == (LINE, "Ana Souza")
    assert (ours["from"], ours["message"]) == ("bot", "Certo")
    assert "fromCustomer" not in ours


def test_a_tapped_row_is_told_by_its_title_and_its_id(bench: Bench) -> None:
    bench.switch(statuses=False)
    bench.write("Vendas", button_payload="row-1")

    (told,) = _settled(bench)

    (message,) = told["messages"]
    assert (message["message"], message["buttonName"]) == ("Vendas", "Vendas")
    assert (message["isButton"], message["buttonPayload"]) == (True, "row-1")


def test_a_refused_webhook_is_tried_again_and_the_order_kept(bench: Bench) -> None:
    bench.switch(statuses=False)
    bench.receiver.refuse_next = 2
    for n in range(3):
        bench.write(str(n))

    bodies = _settled(bench)

    assert [body["messages"][0]["message"] for body in bodies] == ["0", "1", "2"]
    counters = bench.counters()
    assert (counters["webhook_attempts_failed"], counters["webhooks_delivered"]) == (2, 3)


def test_webhooks_wait_for_a_receiver_that_is_away(bench: Bench) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    bench.sandbox.stop()
    bench.sandbox = Sandbox(bench.state_path, f"http://127.0.0.1:{port}/x", TOKEN)
    bench.sandbox.start()
    bench.write("Oi")

    wait_until(lambda: bench.counters()["webhook_attempts_failed"] >= 2)

    assert bench.counters()["webhooks_pending"] == 1
    log = bench.control("GET", "log").json()["entries"]
    assert any(entry["kind"] == "webhook" and entry["status"] == 0 for entry in log)


def test_one_contact_s_trouble_does_not_hold_up_another(bench: Bench) -> None:
    bench.switch(statuses=False)
    bench.receiver.refuse_next = 1
    bench.write("stuck", contact="5541900000001")
    wait_until(lambda: bench.counters()["webhook_attempts_failed"] == 1)
    bench.write("free", contact="5541900000002")

    bodies = _settled(bench)

    assert [body["messages"][0]["message"] for body in bodies] == ["free", "stuck"]


def test_copies_are_the_same_bytes(bench: Bench) -> None:
    bench.switch(webhook_copies=3)
    bench.write("Oi")
    _settled(bench)

    bodies = [body for body, _headers in bench.receiver.arrivals]

    assert len(bodies) == 3
    assert len(set(bodies)) == 1


def test_reordering_delivers_everything_in_another_order(bench: Bench) -> None:
    bench.switch(webhook_reorder=True, webhook_delay_ms=50, statuses=False)
    for n in range(4):
        bench.write(str(n))

    bodies = _settled(bench)

    order = [body["messages"][0]["message"] for body in bodies]
    assert sorted(order) == ["0", "1", "2", "3"]
    assert order != sorted(order)


def test_lost_webhooks_never_arrive_and_are_counted(bench: Bench) -> None:
    bench.switch(webhooks_lost=True)
    bench.write("Oi")
    bench.send()

    assert _settled(bench) == []
    assert bench.counters()["webhooks_lost"] == 4
    assert bench.phone()["messages"][0]["status"] == "lost"


def test_a_webhook_can_be_posted_by_hand(bench: Bench) -> None:
    ok = bench.control("POST", "webhooks", json={"body": {"a": "é"}}).json()
    bench.control("POST", "webhooks", json={"raw": "not json {"})
    bench.receiver.refuse_next = 1
    refused = bench.control("POST", "webhooks", json={"body": None}).json()

    assert (ok, refused) == ({"status": 200}, {"status": 503})
    assert [body for body, _h in bench.receiver.arrivals] == ['{"a":"é"}'.encode(), b"not json {"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_delay_switch_holds_webhooks_back(bench: Bench, when: str) -> None:
    bench.switch(webhook_delay_ms=300 if when == "before" else 0)
    bench.write("Oi")

    pending = bench.counters()["webhooks_pending"]

    assert pending == 1 or when == "after"
    assert len(_settled(bench)) == 1


def test_the_customer_decides_where_webhooks_go(bench: Bench) -> None:
    url = f"{bench.sandbox.url}_sandbox/webhook"
    for wrong in ({}, {"url": bench.receiver.url}, {"url": 1, "token": "x"}):
        assert requests.put(url, json=wrong, timeout=5).status_code == 400
    answer = requests.put(url, json={"url": bench.receiver.url, "token": "another"}, timeout=5)
    assert answer.status_code == 200
    bench.send("Olá")
    _settled(bench)
    assert {headers["auth-bm-token"] for _body, headers in bench.receiver.arrivals} == {"another"}
