"""Provider events through REST: the list, and processing one again."""

from __future__ import annotations

import pytest

from chat.models import Message
from provider.models import WebhookEvent
from tests.api.conftest import As
from tests.chat.conftest import silence
from tests.conftest import Customer, user_text

EVENTS = "/api/v1/events/"


def test_an_event_has_the_shape_of_the_contract(rest: As, customer: Customer) -> None:
    customer.says("Oi")
    (event,) = rest("supervisor").get(EVENTS).json()["results"]
    assert set(event) == {"id", "received_at", "state", "reason", "source"}
    assert (event["state"], event["reason"], event["source"]) == ("processed", "", "botmaker")


def test_events_are_newest_first_and_filtered_by_state(rest: As, customer: Customer) -> None:
    customer.says("Oi")
    customer.event(b"not json")
    waiting = {
        "type": "status",
        "status": "read",
        "contactId": "5541988887777",
        "messageId": "never-seen",
    }
    customer.event(waiting)
    client = rest("supervisor")
    rows = client.get(EVENTS).json()["results"]
    assert [row["state"] for row in rows] == ["received", "discarded", "processed"]
    assert rows[1]["reason"]
    for row in rows:
        only = client.get(EVENTS, state=row["state"]).json()["results"]
        assert only == [row]
    assert client.get(EVENTS, state="dead").json()["results"] == []
    assert client.get(EVENTS, state="").json()["results"] == rows


@pytest.mark.parametrize("state", ["open", "RECEIVED", "\x00"])
def test_an_illegal_state_is_400(rest: As, state: str) -> None:
    answer = rest("supervisor").get(EVENTS, state=state)
    assert (answer.status_code, list(answer.json())) == (400, ["state"])


def test_a_repeat_adds_no_row(rest: As, customer: Customer) -> None:
    body = user_text("Oi")
    for _ in range(3):
        assert customer.post(body).status_code == 200
    assert len(rest("supervisor").get(EVENTS).json()["results"]) == 1


def test_a_discarded_event_is_processed_again_and_takes_effect(
    rest: As, customer: Customer
) -> None:
    event = customer.event(user_text("Oi", WHATSAPP_NUMBER="5541900000000"))
    assert event.state == "discarded"
    client = rest("supervisor")
    address = "/api/v1/parameters/ISOCHATBOT/users/ISOPADRAO/details/PROVEDOR_PHONE/"
    assert client.put(address, {"answer": "554190000000"}).status_code == 200
    silence("CLASS_CHAT_BOT")
    client.put(address, {"answer": "5541900000000"})
    answer = client.post(f"{EVENTS}{event.pk}/replay/")
    assert (answer.status_code, answer.json()["id"]) == (200, event.pk)
    customer.drain()
    event.refresh_from_db()
    assert event.state == "processed"
    assert Message.objects.filter(direction="in", text="Oi").count() == 1


def test_replaying_what_was_applied_changes_nothing(rest: As, customer: Customer) -> None:
    customer.says("Oi")
    before = Message.objects.count()
    event = WebhookEvent.objects.get()
    assert rest("supervisor").post(f"{EVENTS}{event.pk}/replay/").status_code == 200
    customer.drain()
    event.refresh_from_db()
    assert (event.state, Message.objects.count()) == ("processed", before)


@pytest.mark.parametrize("number", ["0", "9" * 30])
def test_an_event_that_is_not_there_is_404(rest: As, number: str) -> None:
    assert rest("admin").post(f"{EVENTS}{number}/replay/").status_code == 404


def test_AZ2_agents_neither_see_nor_replay_events(rest: As, customer: Customer) -> None:
    event = customer.event(b"not json")
    client = rest("atendente")
    assert client.get(EVENTS).status_code == 403
    assert client.post(f"{EVENTS}{event.pk}/replay/").status_code == 403
    event.refresh_from_db()
    assert event.state == "discarded"
