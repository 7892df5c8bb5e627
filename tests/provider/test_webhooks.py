"""Webhooks: what is answered, what is stored, and what becomes of it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from chat.models import Channel, Conversation, Message
from provider import gateway
from provider.models import WebhookEvent
from provider.services import ties, webhooks
from tests.conftest import CUSTOMER, Customer, user_text

LIMIT = 4 * 1024 * 1024


def padded(size: int) -> bytes:
    """A readable message of exactly this many bytes."""
    body = json.dumps({**user_text("oi"), "padding": ""}).encode()
    return body[:-2] + b"x" * (size - len(body)) + body[-2:]


def test_a_stored_webhook_is_answered_200_before_anything_is_done(customer: Customer) -> None:
    assert customer.post(user_text("Oi")).status_code == 200
    assert WebhookEvent.objects.get().state == "received"
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("token", [None, "", "wrong", "webhook-token-of-the-test"])
def test_a_webhook_without_the_right_token_is_403_and_leaves_nothing(
    customer: Customer, token: str | None
) -> None:
    assert customer.post(user_text("Oi"), token=token).status_code == 403
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head", "options"])
def test_other_methods_are_405(customer: Customer, method: str) -> None:
    assert getattr(customer.client, method)("/webhooks/botmaker/").status_code == 405


def test_WH10_four_mebibytes_are_taken_and_one_byte_more_is_413(customer: Customer) -> None:
    assert customer.post(padded(LIMIT)).status_code == 200
    assert customer.post(padded(LIMIT + 1)).status_code == 413
    assert WebhookEvent.objects.count() == 1


def test_an_unknown_adapter_is_404(customer: Customer) -> None:
    assert customer.client.post("/webhooks/nobody/", b"{}", "application/json").status_code == 404


def test_what_could_not_be_stored_is_503(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(WebhookEvent.objects, "bulk_create", full)
    assert customer.post(user_text("Oi")).status_code == 503


def test_a_repeat_is_200_adds_no_row_and_does_nothing_twice(customer: Customer) -> None:
    body = customer.says("Oi")
    for _ in range(4):
        assert customer.post(body).status_code == 200
    customer.drain()
    assert WebhookEvent.objects.count() == 1
    assert Message.objects.filter(author="bot").count() == 1


def test_the_same_message_in_another_body_has_no_second_effect(customer: Customer) -> None:
    body = customer.says("Oi")
    assert customer.event({**body, "queue": "_default_"}).state == "processed"
    assert Message.objects.filter(direction="in").count() == 1


@pytest.mark.parametrize(
    "body", [b"", b"nope", b"\xff\xfe\x00", b"[" * 100_000, b'{"a": NaN}', b"{}", b"[1, 2]"]
)
def test_a_body_that_cannot_be_read_is_kept_and_discarded_with_the_reason(
    customer: Customer, body: bytes
) -> None:
    event = customer.event(body)
    assert event.state == "discarded"
    assert event.reason
    assert bytes(event.body) == body


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"WHATSAPP_NUMBER": "5541911112222"}, "unknown_line"),
        ({"contactId": "5541999990000"}, "own_number"),
        ({"contactId": "x" * 300}, "too_long"),
        ({"contactId": ""}, "no_sender"),
        ({"chatPlatform": "webchat"}, "unknown_platform"),
    ],
)
def test_what_is_not_for_us_is_discarded_with_the_reason(
    customer: Customer, fields: dict[str, str], kept: str
) -> None:
    event = customer.event(user_text("Oi", **fields))
    assert event.state == "discarded"
    assert event.unapplied[0]["reason"] == kept
    assert not Message.objects.exists()


def test_an_inactive_channel_takes_nothing(customer: Customer) -> None:
    Channel.objects.filter(kind="whatsapp").update(active=False)
    assert customer.event(user_text("Oi")).unapplied[0]["reason"] == "channel_inactive"


def test_a_platform_without_a_channel_makes_one(customer: Customer) -> None:
    Channel.objects.filter(kind="telegram").delete()
    body = user_text("Oi", chatPlatform="telegram", contactId="tg-9")
    del body["WHATSAPP_NUMBER"]
    assert customer.event(body).state == "processed"
    assert Channel.objects.get(kind="telegram").discovered


def test_of_an_envelope_what_can_be_applied_is_and_the_rest_is_named(customer: Customer) -> None:
    first, third = user_text("um"), user_text("três")
    body = {
        "v": "1.1",
        "type": "message",
        "chatPlatform": "whatsapp",
        "contactId": CUSTOMER,
        "whatsappNumber": "5541999990000",
        "messages": [
            {"_id_": first["_id_"], "message": "um", "from": "user"},
            {"_id_": "ALIEN", "message": "dois", "from": "martian"},
            {"_id_": third["_id_"], "message": "três", "from": "user"},
        ],
    }
    event = customer.event(body)
    assert event.state == "processed"
    assert [item["id"] for item in event.unapplied] == ["ALIEN"]
    assert Message.objects.filter(direction="in").count() == 2


def test_an_item_that_breaks_does_not_keep_those_after_it_from_being_applied(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = webhooks.inbox.publish

    def picky(item: Any) -> Any:
        if getattr(item, "text", "") == "veneno":
            raise RuntimeError("boom")
        return publish(item)

    body = {
        "type": "message",
        "chatPlatform": "whatsapp",
        "contactId": CUSTOMER,
        "whatsappNumber": "5541999990000",
        "messages": [
            {"_id_": f"BATCH{text}", "message": text, "from": "user"}
            for text in ("um", "veneno", "três")
        ],
    }
    with monkeypatch.context() as patch:
        patch.setattr(webhooks.inbox, "publish", picky)
        event = customer.event(body)
        written = Message.objects.filter(direction="in").order_by("id")
        assert list(written.values_list("text", flat=True)) == ["um", "três"]
        assert (event.state, event.tries) == ("received", 1)
        for _ in range(webhooks.MAX_TRIES):
            WebhookEvent.objects.update(next_attempt_at=timezone.now())
            customer.drain()
    event.refresh_from_db()
    assert event.state == "dead"
    assert event.unapplied == [{"index": 1, "id": "BATCHveneno", "reason": "broken"}]
    gateway.replay(event)
    customer.drain()
    event.refresh_from_db()
    assert event.state == "processed"
    assert list(written.values_list("text", flat=True)) == ["um", "três", "veneno"]


def test_a_handler_that_fails_every_time_is_set_aside_and_can_be_replayed(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_item: Any) -> None:
        raise RuntimeError("boom")

    with monkeypatch.context() as patch:
        patch.setattr(webhooks.inbox, "publish", broken)
        customer.post(user_text("Oi"))
        for _ in range(webhooks.MAX_TRIES):
            WebhookEvent.objects.update(next_attempt_at=timezone.now())
            customer.drain()
        event = WebhookEvent.objects.get()
        assert (event.state, event.tries) == ("dead", webhooks.MAX_TRIES)
        assert event.reason
    gateway.replay(event)
    customer.drain()
    assert WebhookEvent.objects.get().state == "processed"
    assert Message.objects.filter(direction="in").count() == 1


def test_an_event_that_ends_its_worker_is_set_aside_and_costs_those_behind_it_one_try(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = webhooks.inbox.publish
    texts = ("antes", "fim", "depois", "e ainda")

    def picky(item: Any) -> Any:
        if item.text == "fim":
            raise SystemExit
        return publish(item)

    monkeypatch.setattr(webhooks.inbox, "publish", picky)
    for text in texts:
        customer.post(user_text(text))
    for _ in range(webhooks.MAX_TRIES):
        with pytest.raises(SystemExit):
            customer.drain()
    customer.drain()
    events = WebhookEvent.objects.order_by("id")
    assert list(events.values_list("state", flat=True)) == [
        "processed", "dead", "processed", "processed",
    ]  # fmt: skip
    assert max(event.tries for event in events if event.state == "processed") == 2
    written = Message.objects.filter(direction="in").order_by("id")
    assert list(written.values_list("text", flat=True)) == ["antes", "depois", "e ainda"]


def test_one_poisoned_event_does_not_hold_up_the_others(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = webhooks.inbox.publish

    def picky(item: Any) -> Any:
        if getattr(item, "text", "") == "veneno":
            raise RuntimeError("boom")
        return publish(item)

    monkeypatch.setattr(webhooks.inbox, "publish", picky)
    customer.post(user_text("veneno"))
    customer.says("Oi", contactId="5541900001111")
    assert Message.objects.filter(text="Oi").exists()


def test_a_replay_of_what_was_processed_changes_nothing(customer: Customer) -> None:
    customer.says("Oi")
    gateway.replay(WebhookEvent.objects.get())
    customer.drain()
    assert Message.objects.count() == 2


# Statuses that come before what they are about


def status(message_id: str, word: str = "delivered", **fields: Any) -> dict[str, Any]:
    body = {"type": "status", "status": word, "contactId": CUSTOMER, "messageId": message_id}
    return {**body, **fields}


def test_an_early_status_waits_and_is_discarded_after_a_day(customer: Customer) -> None:
    event = customer.event(status("NOT-YET"))
    assert event.state == "received"
    WebhookEvent.objects.update(
        received_at=timezone.now() - timedelta(hours=24, minutes=1),
        next_attempt_at=timezone.now(),
    )
    customer.drain()
    event.refresh_from_db()
    assert event.state == "discarded"
    assert event.unapplied[0]["reason"] == "no_message"


def test_waiting_does_not_count_as_failing(customer: Customer) -> None:
    event = customer.event(status("NOT-YET"))
    for _ in range(webhooks.MAX_TRIES + 2):
        WebhookEvent.objects.update(next_attempt_at=timezone.now())
        customer.drain()
    event.refresh_from_db()
    assert event.state == "received"


def test_an_early_status_is_tried_at_once_when_its_id_turns_up(customer: Customer) -> None:
    event = customer.event(status("LATER"))
    assert event.next_attempt_at > timezone.now()
    ties.wake_waiting("LATER")
    event.refresh_from_db()
    assert event.next_attempt_at <= timezone.now()


def test_an_id_that_turns_up_while_a_status_is_looked_at_is_not_overlooked(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked for before it was there, and told to wait longer after its coming was told."""
    event = customer.event(status("LATER"))
    WebhookEvent.objects.update(next_attempt_at=timezone.now())
    find, looks = ties.find, []

    def comes_after(*args: Any) -> Any:
        found = find(*args)
        looks.append(found)
        if len(looks) == 1:
            ties.wake_waiting("LATER")
        return found

    monkeypatch.setattr(ties, "find", comes_after)
    customer.drain()
    assert len(looks) == 2, "looked at once more, at once"
    event.refresh_from_db()
    assert event.next_attempt_at > timezone.now(), "and waits again, for it was not there"


def test_a_status_of_a_customers_message_is_refused(customer: Customer) -> None:
    body = customer.says("Oi")
    event = customer.event(status(body["_id_"]))
    assert event.unapplied[0]["reason"] == "incoming"


def test_a_message_written_elsewhere_opens_nothing_and_is_shown_where_there_is_a_conversation(
    customer: Customer,
) -> None:
    def operator(message_id: str) -> dict[str, Any]:
        return user_text("Segue a proposta.", **{"from": "operator", "_id_": message_id})

    event = customer.event(operator("OP1"))
    assert event.unapplied[0]["reason"] == "no_conversation"
    assert not Conversation.objects.exists()
    customer.says("Oi")
    assert customer.event(operator("OP2")).state == "processed"
    shown = Message.objects.get(external_id="OP2")
    assert (shown.direction, shown.author, shown.status) == ("out", "agent", "sent")
    assert Message.objects.filter(author="bot").count() == 1
    assert customer.event(status("OP2")).state == "processed"
    shown.refresh_from_db()
    assert shown.status == "delivered"


@pytest.mark.parametrize("messages", [{"a": 1}, "x", 5, [], None])
def test_an_envelope_without_a_list_of_messages_is_discarded(
    customer: Customer, messages: Any
) -> None:
    body = {"v": "1.1", "type": "message", "chatPlatform": "whatsapp", "messages": messages}
    event = customer.event(body)
    assert event.state == "discarded"
    assert event.reason


def test_the_reason_of_a_processed_event_names_the_items_left_out(customer: Customer) -> None:
    body = user_text("um", type="message", contactId=CUSTOMER)
    messages = [{"_id_": body["_id_"], "message": "um", "from": "user"}, 7]
    event = customer.event({**body, "messages": messages})
    assert event.state == "processed"
    assert "item 2" in event.reason


def test_one_account_has_one_address(customer: Customer) -> None:
    answer = customer.client.post(
        "/webhooks/botmaker/whatsapp/",
        b"{}",
        "application/json",
        headers={"auth-bm-token": "webhook-token-of-the-tests"},
    )
    assert answer.status_code == 404
    assert not WebhookEvent.objects.exists()
