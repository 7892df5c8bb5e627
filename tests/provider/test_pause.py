"""The pause of sending after a restored backup: what waits, what goes on, how it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from chat.models import AuditEntry, Conversation, Message
from chat.services import alarms, sending
from isobot import health
from parameters.models import Detail
from provider import account_words, gateway
from provider.accounts import CheckKind, IncidentKind, RefreshKind
from provider.models import Account, Attempt, Delivery, Incident, SendingPause, WebhookEvent
from provider.services import checks, deliveries, incidents, pauses, renewals, webhooks
from tests.conftest import CUSTOMER, LINE, Customer, Provider
from tests.provider.sends import due_now, queue, state_of
from tests.provider.tokens import botmaker, pair, tokens_end_in, verified
from tests.provider.tokens import renewals as counted
from tests.smtp import Sink

Drain = Callable[[], None]


def pause() -> None:
    """As a restored backup puts it on."""
    with connection.cursor() as cursor:
        for statement in gateway.pause_statements():
            cursor.execute(statement)


def state(message: Message) -> str:
    return Delivery.objects.get(reference=message.reference).state


class TestWhileItIsOn:
    def test_nothing_leaves_and_nothing_is_told(
        self, conversation: Conversation, provider: Provider, drain: Drain
    ) -> None:
        before = len(provider.ledger)
        restored = queue(conversation, "restaurada")
        pause()
        written_since = queue(conversation, "nova")
        drain()
        deliveries.recover()
        assert len(provider.ledger) == before
        assert state_of(restored) == state_of(written_since) == ("queued", "")
        assert gateway.waiting_sends() == 2

    def test_what_was_restored_is_not_called_failed_for_want_of_a_token(
        self, conversation: Conversation, provider: Provider, drain: Drain
    ) -> None:
        message = queue(conversation, "restaurada")
        Detail.objects.filter(question="PROVEDOR_TOKEN").delete()
        pause()
        drain()
        assert state_of(message) == ("queued", "")

    def test_a_claim_that_began_before_takes_nothing(
        self, conversation: Conversation, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        queue(conversation, "restaurada")
        pause()
        before = len(provider.ledger)
        monkeypatch.setattr(pauses, "is_on", lambda: False)  # asked a moment before
        assert deliveries.drain() == 0
        assert len(provider.ledger) == before
        assert not Attempt.objects.filter(outcome="").exists()

    def test_webhooks_are_stored_and_applied_and_the_bot_answers_later(
        self, customer: Customer, provider: Provider
    ) -> None:
        pause()
        event = customer.event(customer.says("Oi"))
        assert event.state == WebhookEvent.State.PROCESSED
        assert Message.objects.filter(direction="in", text="Oi").count() == 1
        assert provider.ledger == []
        assert Delivery.objects.get().state == "queued"

    def test_readiness_does_not_mind(self, house: None) -> None:
        health.beat(health.WORKER)
        health.beat(health.SCHEDULE)
        pause()
        assert [check() for check in health.CHECKS.values()] == ["ok"] * len(health.CHECKS)

    @pytest.mark.parametrize("token", ["expired", "ok"])
    def test_no_token_is_renewed_neither_by_the_machine_nor_by_hand(
        self, conversation: Conversation, provider: Provider, drain: Drain, token: str
    ) -> None:
        queue(conversation, "restaurada")
        tokens_end_in(provider, 60)
        held, asked = pair(), counted(provider)
        provider.switch(token=token)
        verified(hours_ago=25)
        pause()
        drain()
        checks.run_due()
        result = renewals.refresh_now(botmaker())
        assert result.kind is RefreshKind.PAUSED
        assert not result.ok
        assert account_words.of_renewal(result)
        assert checks.run(botmaker(), forced=True).kind is CheckKind.DONE
        assert (pair(), counted(provider)) == (held, asked)
        gateway.resume_sends(send_waiting=False)
        provider.switch(token="ok", access_seconds=864000)
        assert renewals.refresh_now(botmaker()).ok
        assert counted(provider) == asked + 1

    def test_the_daily_check_waits(self, provider: Provider) -> None:
        provider.switch(token="expired")
        verified(hours_ago=25)
        pause()
        checks.run_due()
        assert not gateway.open_incidents().exists()
        gateway.resume_sends(send_waiting=False)
        checks.run_due()
        assert Account.objects.get().check_round

    def test_a_restored_incident_is_not_mailed_again_before_the_end(self, mailbox: Sink) -> None:
        account = Account.objects.create(adapter="botmaker")
        incidents.report(account, IncidentKind.TOKEN_REFUSED)
        pause()
        assert gateway.incidents_to_tell() == []
        assert alarms.tell() == 0
        assert Incident.objects.get().mail == Incident.Mail.WAITING
        gateway.resume_sends(send_waiting=False)
        assert len(gateway.incidents_to_tell()) == 1

    def test_what_grew_too_old_in_the_backup_is_not_called_failed(
        self, conversation: Conversation
    ) -> None:
        message = queue(conversation, "restaurada")
        Delivery.objects.update(created_at=timezone.now() - deliveries.MAX_AGE - timedelta(hours=1))
        pause()
        deliveries.recover()
        assert state(message) == "queued"

    def test_a_lease_of_the_backup_is_not_confirmed_once_it_is_over(
        self, conversation: Conversation
    ) -> None:
        message = queue(conversation, "meio enviada")
        leased = Delivery.objects.filter(reference=message.reference)
        over = timezone.now() - timedelta(seconds=1)
        leased.update(state="leased", epoch=1, lease_until=over)
        Attempt.objects.create(delivery=leased.get(), epoch=1, started_at=over)
        pause()
        deliveries.recover()
        webhooks.drain()
        assert state_of(message) == ("unknown", "")
        assert Attempt.objects.latest("id").outcome == "unconfirmed"


class TestResuming:
    def test_what_was_restored_is_not_confirmed_and_what_is_new_leaves(
        self, conversation: Conversation, provider: Provider, drain: Drain
    ) -> None:
        restored = [queue(conversation, "uma"), queue(conversation, "outra")]
        leased = Delivery.objects.filter(reference=restored[0].reference)
        until = timezone.now() + timedelta(seconds=50)
        leased.update(state="leased", epoch=1, lease_until=until)
        Attempt.objects.create(delivery=leased.get(), epoch=1, started_at=timezone.now())
        pause()
        SendingPause.objects.update(since=timezone.now() - timedelta(minutes=2))
        new = queue(conversation, "nova")
        before = len(provider.ledger)
        assert gateway.resume_sends(send_waiting=False) == 2
        for _ in range(2):
            drain()
            due_now()
        assert [state_of(message) for message in restored] == [("unknown", "")] * 2
        assert all(message.can_resend for message in restored)
        assert state_of(new) == ("sent", "")
        assert provider.texts[before:] == ["nova"]
        assert gateway.sending_pause() is None
        assert not Attempt.objects.filter(outcome="").exists()

    def test_more_than_a_batch_of_them(
        self, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(5):
            queue(conversation, f"mensagem {number}")
        pause()
        monkeypatch.setattr("provider.services.resumption.BATCH", 2)
        assert gateway.resume_sends(send_waiting=False) == 5

    def test_what_waited_leaves_where_somebody_says_so(
        self, conversation: Conversation, provider: Provider, drain: Drain
    ) -> None:
        old, restored = queue(conversation, "de ontem"), queue(conversation, "restaurada")
        Delivery.objects.filter(reference=old.reference).update(
            created_at=timezone.now() - deliveries.MAX_AGE - timedelta(hours=1)
        )
        pause()
        SendingPause.objects.update(since=timezone.now() - timedelta(minutes=2))
        before = len(provider.ledger)
        assert gateway.resume_sends(send_waiting=True) == 1
        drain()
        deliveries.recover()
        drain()
        # Too old to leave, and nobody knows whether it did: not failed.
        assert state_of(old) == ("unknown", "")
        assert state_of(restored) == ("sent", "")
        assert provider.texts[before:] == ["restaurada"]

    def test_a_status_of_one_that_had_left_after_the_backup_finds_it(
        self, conversation: Conversation, customer: Customer, drain: Drain
    ) -> None:
        message = queue(conversation, "tinha saído")
        pause()
        body = {
            "type": "status",
            "status": "delivered",
            "_id_": "LEFT0001",
            "webhookPayload": str(message.reference),
            "contactId": CUSTOMER,
            "chatPlatform": "whatsapp",
            "WHATSAPP_NUMBER": LINE,
            "date": "2026-11-20T13:06:11.402Z",
        }
        event = customer.event(body)
        assert event.state == WebhookEvent.State.RECEIVED, event.unapplied
        assert gateway.resume_sends(send_waiting=False) == 1
        drain()
        assert state_of(message) == ("delivered", "")
        assert state(message) == "accepted"

    def test_nothing_to_resume_is_no_harm(self, conversation: Conversation) -> None:
        message = queue(conversation, "normal")
        assert gateway.resume_sends(send_waiting=False) is None
        assert sending.resume(send_waiting=True, by=None) is None
        assert state(message) == "queued"
        assert not AuditEntry.objects.exists()

    def test_a_second_backup_restored_pauses_all_that_is_in_it(
        self, conversation: Conversation
    ) -> None:
        queue(conversation, "uma")
        pause()
        queue(conversation, "outra")
        pause()
        assert gateway.resume_sends(send_waiting=False) == 2
