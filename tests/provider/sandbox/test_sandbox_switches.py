"""Each failure switch fails its own way, and wrong switches are refused."""

import time

import pytest
import requests

from tests.provider.sandbox.bench import CONTACT, LINE, Bench, wait_until

REFUSALS = [
    ("bad_request", 400, 400),
    ("unauthorized", 401, 401),
    ("no_credit", 403, 403),
    ("window", 403, None),
    ("problems", 200, 400),
    ("rate_limited", 429, 429),
    ("server_error", 500, 500),
    ("unavailable", 503, 503),
    ("html", 200, 200),
]


@pytest.mark.parametrize(("mode", "v1", "v2"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_a_refusing_switch_answers_its_status_and_records_nothing(
    bench: Bench, mode: str, v1: int, v2: int | None
) -> None:
    bench.switch(send=mode)

    assert bench.send_v1().status_code == v1
    assert v2 is None or bench.send().status_code == v2
    assert bench.ledger() == []
    assert bench.phone()["messages"] == []
    assert bench.counters()["sends_refused"] == (1 if v2 is None else 2)


def test_refusals_carry_the_known_bodies(bench: Bench) -> None:
    bodies = {}
    for mode in ("no_credit", "window", "problems"):
        bench.switch(send=mode)
        bodies[mode] = bench.send_v1().json()

    assert bodies["no_credit"]["error"]["code"] == 101
    assert bodies["window"]["error"]["code"] == 201
    assert bodies["problems"]["problems"]["message"]
    bench.switch(send="html")
    assert bench.send().headers["Content-Type"].startswith("text/html")


def test_rate_limiting_names_a_wait_only_when_asked(bench: Bench) -> None:
    bench.switch(send="rate_limited")
    assert "Retry-After" not in bench.send().headers

    bench.switch(send="rate_limited", retry_after=7)
    assert bench.send().headers["Retry-After"] == "7"


def test_send_times_limits_a_failure_and_invalid_requests_do_not_use_it_up(bench: Bench) -> None:
    bench.switch(send="server_error", send_times=2)
    bench.send("")

    replies = [bench.send().status_code for _ in range(3)]

    assert replies == [500, 500, 202]
    assert bench.control("GET", "switches").json()["send"] == "ok"


def test_slow_answers_late_but_answers(bench: Bench) -> None:
    bench.switch(send="slow", slow_seconds=0.3)
    started = time.monotonic()

    assert bench.send().status_code == 202
    assert time.monotonic() - started >= 0.3


def test_drop_accepts_without_an_answer_and_refuse_does_not_accept(bench: Bench) -> None:
    bench.switch(send="drop", send_times=1)
    with pytest.raises(requests.ConnectionError):
        bench.send("dropped")
    bench.switch(send="refuse", send_times=1)
    with pytest.raises(requests.ConnectionError):
        bench.send("refused")

    assert [entry["text"] for entry in bench.ledger()] == ["dropped"]
    counters = bench.counters()
    assert (counters["sends_accepted"], counters["sends_refused"]) == (1, 1)


def test_no_id_accepts_without_an_id(bench: Bench) -> None:
    bench.switch(send="no_id")

    assert (bench.send().status_code, bench.send().json()) == (202, {})
    assert (bench.send_v1().status_code, bench.send_v1().json()) == (200, {})
    assert len(bench.ledger()) == 4


@pytest.mark.parametrize(
    ("mode", "error"),
    [("async_failure", "131049.0"), ("window", "131047.0"), ("no_recipient", "131026.0")],
)
def test_a_late_failure_is_told_by_webhook_and_never_reaches_the_phone(
    bench: Bench, mode: str, error: str
) -> None:
    bench.switch(send=mode)
    assert bench.send().status_code == 202

    wait_until(lambda: bool(bench.receiver.statuses()))

    (status,) = bench.receiver.statuses()
    assert (status["status"], status["error"]) == ("failed", error)
    assert status["reason"]
    assert bench.ledger()[0]["received"] is False
    assert bench.phone()["messages"] == []


def test_a_template_passes_a_closed_window(bench: Bench) -> None:
    bench.switch(send="window")
    chat = {"channelId": LINE, "contactId": CONTACT}
    body = {"chat": chat, "intentIdOrName": "aviso"}

    bench.v2("POST", "/chats-actions/trigger-intent", json=body)

    assert len(bench.phone()["messages"]) == 1


def test_wrong_switches_are_refused_with_the_allowed_values(bench: Bench) -> None:
    before = bench.control("GET", "switches").json()
    for wrong in ({"sned": "ok"}, {"send": "maybe"}, {"webhook_copies": 6}, {"echo": 1}, [1]):
        reply = bench.control("PUT", "switches", json=wrong)
        assert reply.status_code == 400
        assert reply.json()["error"]
    mixed = bench.control("PUT", "switches", json={"echo": False, "tie": "none"})

    assert "snapshot" in mixed.json()["error"]
    assert bench.control("GET", "switches").json() == before


def test_deleting_the_switches_resets_them(bench: Bench) -> None:
    bench.switch(send="drop", echo=False)

    values = bench.control("DELETE", "switches").json()

    assert (values["send"], values["echo"], values["status_delay_ms"]) == ("ok", True, 300)
