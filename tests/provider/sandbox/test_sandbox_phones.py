"""The simulated phones, the log, the reset, and how the process ends."""

import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from provider.sandbox import Sandbox, issue
from tests.provider.sandbox.bench import CONTACT, LINE, Bench, Receiver, wait_until

ROOT = Path(__file__).resolve().parents[3]


def test_what_the_customer_writes_reaches_the_webhook_and_the_phone(bench: Bench) -> None:
    written = bench.write("Oi", name="Ana Souza", line=LINE)

    wait_until(lambda: bench.phone()["messages"][0]["status"] == "delivered")

    (event,) = bench.receiver.messages("user")
    assert event["messages"][0]["_id_"] == written["id"]
    assert (event["firstName"], event["lastName"]) == ("Ana", "Souza")
    (shown,) = bench.phone()["messages"]
    assert (shown["n"], shown["direction"], shown["text"]) == (written["n"], "in", "Oi")


def test_the_same_id_is_told_again_but_shown_once(bench: Bench) -> None:
    first = bench.write("Oi", id="A" * 20)
    second = bench.write("Oi", id="A" * 20)

    wait_until(lambda: len(bench.receiver.messages("user")) == 2)

    assert first == second
    assert len(bench.phone()["messages"]) == 1


def test_media_from_the_customer_carries_kind_and_caption(bench: Bench) -> None:
    media = {"kind": "image", "url": "https://example.com/a.png"}
    bench.write("foto", media=media)

    wait_until(lambda: bool(bench.receiver.messages("user")))

    (inner,) = bench.receiver.messages("user")[0]["messages"]
    assert (inner["image"], inner["caption"]) == (media["url"], "foto")
    assert "message" not in inner


def test_an_album_is_told_as_one_message_that_names_every_picture(bench: Bench) -> None:
    urls = ["https://example.com/a.png", "https://example.com/b.png"]
    bench.write("", media=[{"kind": "image", "url": url} for url in urls])

    wait_until(lambda: bool(bench.receiver.messages("user")))

    (inner,) = bench.receiver.messages("user")[0]["messages"]
    assert (inner["image"], inner["IMAGES_URLS"]) == (urls[0], urls)


def test_what_the_channel_does_not_hand_over_is_told_as_such(bench: Bench) -> None:
    bench.write("", unsupported={"name": "A poll"})

    wait_until(lambda: bool(bench.receiver.messages("user")))

    (inner,) = bench.receiver.messages("user")[0]["messages"]
    assert inner["error"] == "Unsupported message"
    assert "message" not in inner


@pytest.mark.parametrize("contact", ["a/b", "a b", "+55", "ç%2F", "x?y#z", "a:b", "日本"])
def test_contact_ids_may_hold_any_character(bench: Bench, contact: str) -> None:
    bench.write("Oi", contact=contact, platform="instagram")

    (shown,) = bench.phone(contact, "instagram")["messages"]
    wait_until(lambda: bool(bench.receiver.bodies()))

    assert shown["text"] == "Oi"
    assert bench.receiver.bodies()[0]["contactId"] == contact


def test_a_poller_gets_new_and_changed_messages_only(bench: Bench) -> None:
    bench.switch(status_delay_ms=600_000)
    bench.write("um")
    bench.send("dois")
    wait_until(lambda: bench.phone()["messages"][0]["status"] == "delivered")
    seen = bench.phone()
    assert bench.phone(after=seen["version"])["messages"] == []

    bench.control("POST", f"phones/whatsapp/{CONTACT}/read")

    changed = bench.phone(after=seen["version"])
    assert changed["version"] > seen["version"]
    assert [(m["text"], m["status"]) for m in changed["messages"]] == [("dois", "read")]


def test_reading_tells_each_step_once_on_whatsapp(bench: Bench) -> None:
    bench.send("a")
    read = [bench.control("POST", f"phones/whatsapp/{CONTACT}/read").json() for _ in range(2)]

    wait_until(lambda: bench.counters()["statuses_scheduled"] == 0)
    wait_until(lambda: len(bench.receiver.statuses()) == 3)

    assert read == [{"read": 1}, {"read": 0}]
    assert [s["status"] for s in bench.receiver.statuses()] == ["sent", "delivered", "read"]


def test_reading_elsewhere_is_not_told(bench: Bench) -> None:
    bench.send(channel="700000001", contact="42")
    bench.control("POST", "phones/telegram/42/read")

    wait_until(lambda: bench.counters()["webhooks_pending"] == 0)

    assert [s["status"] for s in bench.receiver.statuses()] == ["sent"]
    assert bench.phone("42", "telegram")["messages"][0]["status"] == "read"


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": 1}, {"text": "a", "x": 1}, {"text": "a", "line": "1"}, []]
)
def test_a_wrong_phone_message_is_refused(bench: Bench, body: object) -> None:
    reply = bench.control("POST", f"phones/whatsapp/{CONTACT}/messages", json=body)

    assert reply.status_code == 400
    assert reply.json()["error"]


def test_the_log_shows_calls_and_webhooks_without_secrets(bench: Bench) -> None:
    bench.send("segredo")
    bench.v2("GET", "/channels", headers={"access-token": "x"})
    bench.v2("GET", f"/chats/{bench.token}")
    wait_until(lambda: bench.counters()["webhooks_delivered"] == 3)

    log = bench.control("GET", "log")

    entries = log.json()["entries"]
    assert [e["n"] for e in entries] == list(range(1, len(entries) + 1))
    calls = [(e["method"], e["address"], e["status"]) for e in entries if e["kind"] == "call"]
    assert calls[:2] == [
        ("POST", "/v2.0/chats-actions/send-messages", 202),
        ("GET", "/v2.0/channels", 401),
    ]
    assert sum(e["kind"] == "webhook" for e in entries) == 3
    assert bench.token not in log.text
    assert "segredo" not in log.text
    assert bench.control("GET", f"log?after={entries[-1]['n']}").json()["entries"] == []


def test_reset_empties_everything_and_numbers_go_on(bench: Bench) -> None:
    bench.send()
    seen = bench.phone()["version"], bench.ledger()[-1]["n"]

    assert bench.control("POST", "reset").status_code == 204

    assert (bench.ledger(), bench.phone()["messages"]) == ([], [])
    assert bench.counters()["sends_accepted"] == 0
    bench.send()
    assert bench.phone(after=seen[0])["messages"]
    assert bench.control("GET", f"ledger?after={seen[1]}").json()["entries"]


def test_many_senders_at_once_lose_and_repeat_nothing(bench: Bench) -> None:
    bench.switch(statuses=False)
    headers = {"access-token": bench.token}
    url = f"{bench.base}/v2.0/chats-actions/send-messages"

    def send(n: int) -> int:
        body = {
            "chat": {"channelId": LINE, "contactId": str(n % 5)},
            "messages": [{"text": str(n)}],
        }
        return requests.post(url, json=body, headers=headers, timeout=10).status_code

    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(send, range(60)))

    wait_until(lambda: bench.counters()["webhooks_pending"] == 0)
    assert replies == [202] * 60
    assert sorted(int(entry["text"]) for entry in bench.ledger()) == list(range(60))
    assert len(bench.receiver.messages("bot")) == 60


def test_stop_is_quick_with_open_connections_and_a_slow_answer(
    tmp_path: Path, receiver: Receiver
) -> None:
    bench = Bench(tmp_path / "sandbox.json", receiver)
    bench.switch(send="slow", slow_seconds=60)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(bench.send)
        wait_until(lambda: bench.sandbox.port > 0 and bool(bench.ledger()))
        started = time.monotonic()
        bench.sandbox.stop()
        assert time.monotonic() - started < 3
        assert waiting.exception() is None or isinstance(
            waiting.exception(), requests.ConnectionError
        )
    bench.close()


def test_stop_can_be_repeated_and_a_port_is_free_again(tmp_path: Path) -> None:
    first = Sandbox(tmp_path / "sandbox.json")
    first.start()
    port = first.port
    first.stop()
    first.stop()

    second = Sandbox(tmp_path / "sandbox.json")
    second.start(port=port)
    second.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_announces_itself_and_ends_on_a_signal(
    tmp_path: Path, number: signal.Signals
) -> None:
    state = tmp_path / "sandbox.json"
    command = [sys.executable, "-m", "provider.sandbox", "--port", "0", "--state", str(state)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"sandbox ready at (http://127\.0\.0\.1:\d+/)\n", line)
        assert found is not None
        headers = {"access-token": issue(state).access_token}
        reply = requests.get(f"{found[1]}v2.0/channels", headers=headers, timeout=5)
        started = time.monotonic()
        process.send_signal(number)
        assert process.wait(5) == 0
        assert time.monotonic() - started < 3
        assert reply.status_code == 200
        assert process.stdout.read() == ""
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
