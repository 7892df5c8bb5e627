"""The outbox: what leaves, in which order, and what each outcome leads to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from chat import contents
from chat.models import Conversation, Message
from chat.models.message import Author
from chat.services import conversations, messages
from parameters import store
from parameters.catalogue import ISOCHATBOT
from parameters.models import STANDARD_USER
from provider.contracts import Place
from provider.models import Account, Attempt, Delivery
from provider.services import deliveries
from tests.conftest import Customer, Provider
from tests.provider.sends import due_now, queue, state_of

Drain = Callable[[], None]


def test_an_accepted_send_is_sent_and_its_attempt_is_kept(
    conversation: Conversation, drain: Drain
) -> None:
    message = queue(conversation, "Olá")
    assert state_of(message) == ("queued", "")
    drain()
    assert state_of(message) == ("sent", "")
    attempt = Attempt.objects.latest("id")
    assert (attempt.outcome, bool(attempt.job_id)) == ("accepted", True)


def test_the_attempt_is_committed_before_a_byte_leaves(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch, drain: Drain
) -> None:
    seen = []

    def looking(_self: Any, message: Any, _credentials: Any) -> Any:
        attempt = Attempt.objects.get(delivery__reference=message.reference)
        seen.append((attempt.outcome, transaction.get_connection().in_atomic_block))
        raise RuntimeError("the worker dies here")

    queue(conversation, "Olá")
    # The test's own transaction is the outermost; what counts is that none of ours is open.
    depth = len(transaction.get_connection().savepoint_ids)
    monkeypatch.setattr("provider.adapters.botmaker.Botmaker.send", looking)
    drain()
    assert [outcome for outcome, _atomic in seen] == [""]
    assert len(transaction.get_connection().savepoint_ids) == depth


def test_sends_of_one_conversation_leave_in_order(
    conversation: Conversation, provider: Provider, drain: Drain
) -> None:
    texts = [f"mensagem {number}" for number in range(8)]
    for text in texts:
        queue(conversation, text)
    drain()
    assert provider.texts[1:] == texts


def test_a_place_queued_before_the_api_was_set_back_fails_and_nothing_is_sent(
    conversation: Conversation, provider: Provider, drain: Drain
) -> None:
    before = len(provider.ledger)
    data = contents.described(Place(-25.5, -49.25, "Matriz"), [])
    with conversations.changing(conversation.pk) as current:
        message = messages.send(current, "Matriz", author=Author.BOT, data=data)
    store.put_detail("ISOCHATBOT", STANDARD_USER, "PROVEDOR_API", answer="v1")
    drain()
    assert state_of(message) == ("failed", "content")
    assert len(provider.ledger) == before


def test_what_waits_for_a_retry_holds_back_its_conversation_and_no_other(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain
) -> None:
    provider.switch(send="server_error", send_times=1)
    first, second = queue(conversation, "primeira"), queue(conversation, "segunda")
    drain()
    assert state_of(first) == state_of(second) == ("queued", "")
    customer.says("Oi", contactId="5541900001111")
    assert provider.ledger[-1]["contact_id"] == "5541900001111"
    due_now()
    drain()
    assert provider.texts[-2:] == ["primeira", "segunda"]


@pytest.mark.parametrize(
    ("switch", "status", "cause"),
    [
        ("bad_request", "failed", "content"),
        ("no_credit", "failed", "service_access"),
        ("drop", "unknown", ""),
        ("html", "unknown", ""),
        ("server_error", "queued", ""),
        ("unavailable", "queued", ""),
        ("rate_limited", "queued", ""),
    ],
)
def test_each_way_a_send_can_go_wrong_shows_as_one_status(
    conversation: Conversation,
    provider: Provider,
    drain: Drain,
    switch: str,
    status: str,
    cause: str,
) -> None:
    provider.switch(send=switch, send_times=1)
    message = queue(conversation, "Olá")
    drain()
    assert state_of(message) == (status, cause)


def test_a_send_whose_answer_was_lost_is_never_repeated_by_itself(
    conversation: Conversation, provider: Provider, drain: Drain
) -> None:
    provider.switch(send="drop", send_times=1)
    queue(conversation, "só uma vez")
    for _ in range(3):
        drain()
        Delivery.objects.update(next_attempt_at=timezone.now())
    assert provider.texts.count("só uma vez") == 1


def test_a_lost_answer_holds_back_what_follows_for_a_minute(
    conversation: Conversation, provider: Provider, drain: Drain
) -> None:
    provider.switch(send="drop", send_times=1)
    queue(conversation, "perdida")
    drain()
    queue(conversation, "seguinte")
    drain()
    assert "seguinte" not in provider.texts
    Delivery.objects.filter(state="unconfirmed").update(
        settled_at=timezone.now() - timedelta(seconds=61)
    )
    drain()
    assert provider.texts[-1] == "seguinte"


def test_a_worker_that_died_while_sending_leaves_the_message_unknown(
    conversation: Conversation, drain: Drain
) -> None:
    message = queue(conversation, "Olá")
    delivery = Delivery.objects.latest("id")
    past = timezone.now() - timedelta(seconds=1)
    Delivery.objects.filter(pk=delivery.pk).update(state="leased", epoch=1, lease_until=past)
    Attempt.objects.create(delivery=delivery, epoch=1, started_at=past)
    deliveries.recover()
    assert state_of(message) == ("unknown", "")
    assert Attempt.objects.latest("id").outcome == "unconfirmed"


def test_a_result_that_comes_after_the_lease_is_still_a_fact(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch, drain: Drain
) -> None:
    message = queue(conversation, "Olá")
    real = "provider.adapters.botmaker.Botmaker.send"
    from provider.contracts import Receipt  # noqa: PLC0415

    def outlives_its_lease(*_: Any) -> Receipt:
        Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        deliveries.recover()
        assert state_of(message) == ("unknown", "")
        return Receipt(job_id="late")

    monkeypatch.setattr(real, outlives_its_lease)
    drain()
    assert state_of(message) == ("sent", "")


def test_a_pause_the_provider_asks_for_holds_every_send_and_charges_none(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain
) -> None:
    provider.switch(send="rate_limited", send_times=1, retry_after=30)
    queue(conversation, "Olá")
    drain()
    customer.says("Oi", contactId="5541900001111")
    assert len(provider.ledger) == 1
    assert not Delivery.objects.filter(charged_tries__gt=0).exists()
    due_now()
    drain()
    assert len(provider.ledger) == 3


def test_a_send_older_than_a_day_fails_instead_of_leaving_late(
    conversation: Conversation, provider: Provider, drain: Drain
) -> None:
    provider.switch(send="server_error")
    message = queue(conversation, "Olá")
    drain()
    Delivery.objects.filter(state="queued").update(
        created_at=timezone.now() - timedelta(hours=24, minutes=1)
    )
    deliveries.recover()
    assert state_of(message) == ("failed", "expired")
    provider.switch(send="ok")
    due_now()
    drain()
    assert "Olá" not in provider.texts


def test_a_resend_is_a_new_send_of_the_same_message(
    conversation: Conversation, provider: Provider, customer: Customer, drain: Drain, api: Any
) -> None:
    customer.says("2")
    ana = api("atendente")
    provider.switch(send="bad_request", send_times=2)
    assert ana.answer(conversation.pk, "Bom dia").status_code == 201
    drain()
    message = Message.objects.get(author="agent")
    assert state_of(message) == ("failed", "content")
    messages.resend(message.pk, by=ana.user)
    assert state_of(message) == ("queued", "")
    drain()
    assert state_of(message) == ("sent", "")
    assert provider.texts[-1] == "Bom dia"
    assert Message.objects.filter(author="agent").count() == 1


# Credentials


def test_a_refused_token_is_renewed_once_and_everything_leaves(
    conversation: Conversation, provider: Provider, drain: Drain
) -> None:
    old = store.read(ISOCHATBOT.PROVEDOR_TOKEN)
    provider.switch(token="expired")
    sent = [queue(conversation, f"mensagem {number}") for number in range(5)]
    drain()
    assert provider.get("counters")["refresh_calls"] == 1
    assert [state_of(message)[0] for message in sent] == ["sent"] * 5
    assert store.read(ISOCHATBOT.PROVEDOR_TOKEN) != old
    assert provider.texts[1:] == [f"mensagem {number}" for number in range(5)]


def test_while_no_credentials_work_messages_wait_saying_so_and_leave_when_they_do(
    conversation: Conversation, provider: Provider, drain: Drain
) -> None:
    provider.switch(token="expired", refresh="refused")
    message = queue(conversation, "Olá")
    for _ in range(3):
        drain()
        due_now()
    assert state_of(message) == ("queued", "authentication")
    assert provider.get("counters")["refresh_calls"] == 1
    provider.switch(token="ok")
    # The provider takes the same token again; it is tried now and then, and all of them leave.
    second = queue(conversation, "Tudo bem?")
    Account.objects.update(probe_after=timezone.now())
    due_now()
    drain()
    assert state_of(message) == state_of(second) == ("sent", "")


def test_a_refused_token_is_not_tried_all_the_time(
    conversation: Conversation, provider: Provider, drain: Drain
) -> None:
    provider.switch(token="expired", refresh="refused")
    queue(conversation, "Olá")
    for _ in range(5):
        drain()
        due_now()
    refused = provider.get("counters")["sends_refused"]
    assert refused == 1
    Account.objects.update(probe_after=timezone.now())
    drain()
    drain()
    assert provider.get("counters")["sends_refused"] == 2


def test_a_day_without_credentials_is_a_failure_for_that_cause(
    conversation: Conversation, provider: Provider, drain: Drain
) -> None:
    provider.switch(token="expired", refresh="refused")
    message = queue(conversation, "Olá")
    drain()
    Delivery.objects.filter(state="queued").update(
        created_at=timezone.now() - timedelta(hours=24, minutes=1)
    )
    deliveries.recover()
    assert state_of(message) == ("failed", "authentication")


def test_without_any_token_a_message_fails_at_once(
    conversation: Conversation, drain: Drain
) -> None:
    store.write(ISOCHATBOT.PROVEDOR_TOKEN, answer="", note="")
    message = queue(conversation, "Olá")
    drain()
    assert state_of(message) == ("failed", "authentication")


def test_a_renewal_that_fails_is_not_tried_again_at_once(
    conversation: Conversation, provider: Provider, drain: Drain
) -> None:
    provider.switch(token="expired", refresh="server_error")
    queue(conversation, "Olá")
    for _ in range(4):
        drain()
        due_now()
    assert provider.get("counters")["refresh_calls"] == 1
    Account.objects.update(renew_after=timezone.now())
    provider.switch(refresh="ok")
    due_now()
    drain()
    assert provider.texts[-1] == "Olá"


def test_a_refused_renewal_is_tried_again_once_other_credentials_are_typed(
    conversation: Conversation, provider: Provider, drain: Drain
) -> None:
    provider.switch(token="expired")
    good = store.read(ISOCHATBOT.PROVEDOR_SECRET_ID)
    store.write(ISOCHATBOT.PROVEDOR_SECRET_ID, answer="WRONGWRONGWRONGWRONGWRONG12345")
    queue(conversation, "Olá")
    drain()
    assert "Olá" not in provider.texts
    store.write(ISOCHATBOT.PROVEDOR_SECRET_ID, answer=good)
    due_now()
    drain()
    assert provider.texts[-1] == "Olá"


def test_a_provider_that_renews_every_token_and_takes_none_is_not_asked_in_a_circle(
    conversation: Conversation, provider: Provider, drain: Drain
) -> None:
    message = queue(conversation, "Olá")
    # Every send is refused as unauthorised, however new its token is.
    provider.switch(send="unauthorized")
    for _ in range(4):
        drain()
        due_now()
    counters = provider.get("counters")
    assert counters["refresh_calls"] == 1
    assert counters["sends_refused"] <= 3
    assert state_of(message) == ("queued", "authentication")


def test_the_door_refuses_a_token_no_header_can_carry(house: None) -> None:
    good = store.read(ISOCHATBOT.PROVEDOR_TOKEN)
    for token in ("abcdef\nghijklmnop", "abcdef–ghijklmnop"):
        with pytest.raises(store.BadValue):
            store.put_detail("ISOCHATBOT", "ISOPADRAO", "PROVEDOR_TOKEN", note=token)
    assert store.read(ISOCHATBOT.PROVEDOR_TOKEN) == good
