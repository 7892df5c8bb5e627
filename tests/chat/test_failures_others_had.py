"""Failures that products like this one have shipped, in plain words: each is a test here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from chat.errors import NotAllowed
from chat.models import Conversation, Membership, Message
from chat.services import access, messages
from provider.models import Attempt, Delivery
from provider.services import outcomes
from tests.api.conftest import Rest
from tests.architecture.test_house import ROOT
from tests.chat.conftest import person, served, waiting
from tests.conftest import Customer, Provider, user_text
from tests.faults.__main__ import ROWS

# In plain words, and the test or the promise of `make faults` that would notice.
ELSEWHERE = {
    "a repeat that comes before the first is committed is stored twice": "R03",
    "a file that could not be had is given up, and its message is in the way of every retry": (
        "tests/chat/test_media.py::test_503_twice_then_200_and_the_file_is_there"
    ),
    "a message is not kept because its file did not come": (
        "tests/chat/test_media.py::test_a_message_does_not_wait_for_its_file"
    ),
    "a worker dies between a conversation and its first message, and leaves half of it": "R10",
    "two schedulers do the work of one twice": (
        "tests/provider/test_token_check.py::test_09_daily_check_of_many_processes_is_one"
    ),
    "webhooks are answered 200 and nobody is told that none of them is applied": (
        "tests/provider/test_watch.py::test_a_webhook_that_waits_for_half_a_minute_is_told_and_untold"
    ),
    "a provider goes silent and nobody is told": (
        "tests/provider/test_watch.py::test_a_busy_provider_that_falls_silent_is_told"
    ),
    "one message is killed, or spins, each time, and blocks the rest": "R21",
    "a webhook is answered 200 that was never stored": (
        "tests/provider/test_webhooks.py::test_what_could_not_be_stored_is_503"
    ),
    "a long job acts on what it read minutes ago": (
        "tests/provider/test_overtaken.py::test_a_send_that_left_meanwhile_is_not_given_up_for_its_age"
    ),
    "two kinds of event make two people of one address": "R04",
    "two forms of one number make two people": (
        "tests/chat/test_identities.py::test_two_first_messages_in_two_forms_are_one_person"
    ),
    "a send is retried for ever": (
        "tests/provider/test_deliveries.py::test_a_send_older_than_a_day_fails_instead_of_leaving_late"
    ),
    "a webhook is retried for ever": (
        "tests/provider/test_webhooks.py"
        "::test_a_handler_that_fails_every_time_is_set_aside_and_can_be_replayed"
    ),
    "a status waits for its message for ever": (
        "tests/provider/test_webhooks.py::test_an_early_status_waits_and_is_discarded_after_a_day"
    ),
    "a file is asked for for ever": (
        "tests/chat/test_media.py::test_a_file_that_never_comes_fails_with_a_reason"
    ),
    "a task with a countdown is lost, or run twice, by the broker": (
        "tests/architecture/test_house.py::test_times_of_business_are_rows_and_not_countdowns"
    ),
    "a task that is lost takes its work with it": (
        "tests/security/test_canary.py::test_SE1_a_task_carries_nothing"
    ),
    "a worker is connected to a broker that was restarted, and takes nothing": "R09",
    "a worker that is killed loses or doubles what it was doing": "R08",
    "a message is shown as sent with a token that no longer works": "R19",
    "a read timeout and a retry send one message twice": "R11",
    "two machines answer each other without end": "R26",
    "an error is swallowed and the webhook counted as done": (
        "tests/provider/test_failing_handlers.py::test_no_except_path_marks_anything_done"
    ),
}  # fmt: skip


@pytest.mark.parametrize("failure", ELSEWHERE)
def test_each_of_these_failures_would_be_noticed(failure: str) -> None:
    where = ELSEWHERE[failure]
    file, _, name = where.partition("::")
    if name:
        assert f"def {name}(" in (ROOT / file).read_text()
    else:
        assert any(where in row.promises for row in ROWS)


def test_a_conversation_without_its_first_message_is_never_seen(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any) -> Any:
        raise OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(messages, "store_inbound", breaks)
        customer.event(user_text("Oi"))
    assert not Conversation.objects.exists()


def test_sending_again_really_leaves_and_is_a_new_attempt(
    provider: Provider, drain: Callable[[], None], customer: Customer
) -> None:
    """The old id of a message made its retry look sent, and nothing left."""
    customer.says("Oi")
    customer.says("2")
    ana, conversation = person("atendente"), Conversation.objects.get()
    provider.switch(send="bad_request", send_times=2)
    message, _new = messages.answer(conversation.pk, "Bom dia", client_id="one", by=ana)
    drain()
    Message.objects.filter(pk=message.pk).update(external_id="an-id-of-the-first-try")
    before = Attempt.objects.count()
    messages.resend(message.pk, by=ana)
    drain()
    assert provider.texts.count("Bom dia") == 1
    assert Attempt.objects.count() == before + 1
    message.refresh_from_db()
    assert message.status == "sent"


def test_an_agent_taken_off_the_team_since_the_list_was_shown_cannot_take_one(house: None) -> None:
    """An assignment used who was in the team some time ago."""
    ana, conversation = person("atendente"), waiting()
    Membership.objects.filter(user=ana).delete()
    with pytest.raises(NotAllowed):
        messages.assume(conversation.pk, by=ana)
    with pytest.raises(NotAllowed):
        messages.answer(conversation.pk, "Oi", client_id="one", by=ana)
    conversation.refresh_from_db()
    assert (conversation.status, conversation.agent) == ("waiting", None)


def test_an_answer_that_could_not_be_stored_is_not_answered_as_sent(
    house: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A screen showed messages as sent for days while none was stored."""
    conversation = served()
    client = Rest(access.issue(person("atendente")))
    client.client.raise_request_exception = False

    def full(*_: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(messages.gateway, "enqueue", full)
    body = {"text": "Bom dia", "client_id": "one"}
    answer = client.post(f"/api/v1/conversations/{conversation.pk}/messages/", body)
    assert answer.status_code >= 500
    assert not Message.objects.filter(text="Bom dia").exists()


def test_a_provider_that_fails_is_tried_again_ever_later_and_not_only_once(
    provider: Provider, customer: Customer, drain: Callable[[], None]
) -> None:
    """A call that failed was made once and then forgotten."""
    provider.switch(send="server_error")
    customer.says("Oi")
    waits = []
    for _ in range(7):
        delivery = Delivery.objects.get()
        assert delivery.state == "queued"
        waits.append(round((delivery.next_attempt_at - timezone.now()).total_seconds()))
        Delivery.objects.update(next_attempt_at=timezone.now())
        drain()
    wanted = [step.total_seconds() for step in outcomes.RETRIES]
    assert all(abs(a - b) <= 2 for a, b in zip(waits, [*wanted, wanted[-1]], strict=True))
    provider.switch(send="ok")
    Delivery.objects.update(next_attempt_at=timezone.now())
    drain()
    assert len(provider.ledger) == 1


def test_a_message_is_kept_once_however_often_and_late_it_is_repeated(customer: Customer) -> None:
    """The memory of what had come was shorter than a provider's last repeat."""
    body = customer.says("Oi")
    Message.objects.update(created_at=timezone.now() - timedelta(days=8))
    customer.event({**body, "retried": True})
    assert Message.objects.filter(direction="in").count() == 1
