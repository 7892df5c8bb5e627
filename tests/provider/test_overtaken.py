"""What one worker found is changed by another before it writes: the one that came first counts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from chat.models import Conversation
from provider.contracts import ChannelKind, Receipt, Status, StatusReport
from provider.errors import TemporaryError
from provider.models import Account, Delivery
from provider.services import checks, deliveries, lanes, renewals, ties, tokens, webhooks
from provider.tasks import after_commit
from tests.conftest import Customer, Provider, user_text
from tests.overtaking import overtaken
from tests.provider.sends import due_now, queue, state_of
from tests.provider.tokens import botmaker, check, verified
from tests.provider.tokens import renewals as renewals_of

Drain = Callable[[], None]
SEND = "provider.adapters.botmaker.Botmaker.send"


def test_a_send_another_worker_has_just_made_is_not_made_again(
    conversation: Conversation, provider: Provider
) -> None:
    queue(conversation, "só uma vez")
    with overtaken("provider_delivery", by=deliveries.drain, setting="epoch"):
        deliveries.drain()
    assert provider.texts.count("só uma vez") == 1


def test_a_send_whose_person_has_just_moved_does_not_go_to_the_old_number(
    conversation: Conversation, provider: Provider
) -> None:
    deliveries.drain()
    before = len(provider.ledger)
    message = queue(conversation, "para o novo")
    stream = conversation.identity.stream
    with overtaken(
        "provider_delivery",
        by=lambda: deliveries.readdress(stream, "5541966660000"),
        setting="epoch",
    ):
        deliveries.drain()
    deliveries.drain()
    (sent,) = provider.ledger[before:]
    assert (sent["text"], sent["contact_id"]) == ("para o novo", "5541966660000")
    assert state_of(message) == ("sent", "")


@pytest.mark.parametrize("moves_to", ["5541966660000", ""], ids=["another number", "none"])
def test_a_send_that_was_under_way_when_its_person_moved_is_not_repeated_to_the_old_number(
    conversation: Conversation,
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
    moves_to: str,
) -> None:
    def moves(*_: Any) -> Receipt:
        deliveries.readdress(conversation.identity.stream, moves_to)
        raise TemporaryError("HTTP 500", code="500")

    deliveries.drain()
    before = len(provider.ledger)
    message = queue(conversation, "para o novo")
    with monkeypatch.context() as patch:
        patch.setattr(SEND, moves)
        deliveries.drain()
    due_now()
    deliveries.drain()
    sent = [entry["contact_id"] for entry in provider.ledger[before:]]
    assert sent == ([moves_to] if moves_to else [])
    assert state_of(message) == (("sent", "") if moves_to else ("failed", "recipient"))


def test_the_result_of_an_older_claim_changes_nothing_of_a_newer_one(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def while_another_claims(*_: Any) -> Receipt:
        Delivery.objects.filter(state="leased").update(epoch=F("epoch") + 1)
        raise TemporaryError("nothing left")

    message = queue(conversation, "Olá")
    monkeypatch.setattr(SEND, while_another_claims)
    deliveries.drain()
    assert Delivery.objects.get(reference=message.reference).state == "leased"


def test_a_send_whose_worker_died_is_not_made_again(
    conversation: Conversation, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def dies(*_: Any) -> Receipt:
        raise Killed

    message = queue(conversation, "só uma vez")
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(SEND, dies)
        deliveries.drain()
    Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    deliveries.recover()
    due_now()
    deliveries.drain()
    assert state_of(message) == ("unknown", "")
    assert "só uma vez" not in provider.texts


def test_a_send_that_left_meanwhile_is_not_given_up_for_its_age(
    conversation: Conversation, provider: Provider
) -> None:
    message = queue(conversation, "Olá")
    old = timezone.now() - timedelta(hours=25)
    Delivery.objects.filter(reference=message.reference).update(created_at=old)
    with overtaken("provider_delivery", by=deliveries.drain, setting="settled_at"):
        deliveries.recover()
    assert state_of(message) == ("sent", "")


def test_while_somebody_drives_the_lane_of_events_nobody_else_does(customer: Customer) -> None:
    customer.post(user_text("Oi"))
    with lanes.driving(webhooks.LANE):
        assert webhooks.drain() == 0
    assert webhooks.drain() == 1


def test_what_comes_in_while_the_lane_is_given_back_waits_for_no_sweep(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave = lanes.Drive.leave

    def leaves(drive: lanes.Drive) -> None:
        monkeypatch.setattr(lanes.Drive, "leave", leave)
        customer.post(user_text("Olá"))
        assert webhooks.drain() == 0, "who was woken finds the lane taken"
        leave(drive)

    monkeypatch.setattr(lanes.Drive, "leave", leaves)
    customer.post(user_text("Oi"))
    assert webhooks.drain() == 2


def test_a_driver_whose_lease_another_has_taken_stops(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "SURE", timedelta(0))  # as after five seconds
    customer.post(user_text("Oi"))
    another = lanes.Drive(webhooks.LANE)
    with lanes.driving(webhooks.LANE) as drive:
        assert drive is not None
        lanes.Lane.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert another.take()
        assert not drive.keep()


def test_a_status_of_another_account_says_nothing_of_a_send(
    conversation: Conversation, provider: Provider
) -> None:
    message = queue(conversation, "Olá")
    deliveries.drain()
    report = StatusReport(
        "botmaker", ChannelKind.WHATSAPP, Status.READ, (str(message.reference),), None, ""
    )
    ties.apply_status(report, received_at=timezone.now(), channel_key="of-another")
    assert state_of(message) == ("sent", "")
    ties.apply_status(report, received_at=timezone.now())
    assert state_of(message) == ("read", "")


def test_of_two_who_would_renew_one_does(provider: Provider) -> None:
    provider.switch(token="expired")
    adapter = botmaker()
    state, held = tokens.account(adapter), renewals.credentials.load(adapter)
    tokens.mark_dead(adapter, state, held["access_token"])

    def another_takes_it() -> None:
        until = timezone.now() + renewals.LEASE
        Account.objects.update(renewer="another", renewal_lease_until=until)

    with overtaken("provider_account", by=another_takes_it, setting="renewer"):
        renewals.renew(adapter, state, held)
    assert renewals_of(provider) == 0
    assert Account.objects.get().renewer == "another"


def test_a_renewal_is_left_alone_for_as_long_as_it_may_last(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.switch(token="expired")
    adapter = botmaker()
    state, held = tokens.account(adapter), renewals.credentials.load(adapter)
    tokens.mark_dead(adapter, state, held["access_token"])
    until = timezone.now() + renewals.LEASE
    Account.objects.update(renewer="another", renewal_lease_until=until)
    monkeypatch.setattr(renewals, "GRACE_SECONDS", -1.0)
    for _ in range(3):
        renewals.renew(adapter, state, held)
    assert renewals_of(provider) == 0


def test_of_two_who_find_the_check_due_one_makes_it(provider: Provider) -> None:
    verified(hours_ago=25)
    tokens.account(botmaker())
    with overtaken("provider_account", by=check, setting="check_round"):
        found = checks.run(botmaker())
    assert found.kind is checks.CheckKind.RUNNING


def test_what_was_taken_back_wakes_nobody(
    db: None, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    class Wakeup:
        kicked = 0

        def kick(self) -> None:
            self.kicked += 1

    settings.ISOBOT_WAKEUPS = True
    wakeup: Any = Wakeup()
    with django_capture_on_commit_callbacks(execute=True):
        with contextlib.suppress(ValueError), transaction.atomic():
            after_commit(wakeup)
            raise ValueError
        assert wakeup.kicked == 0
        after_commit(wakeup)
        assert wakeup.kicked == 0, "not before the commit"
    assert wakeup.kicked == 1
