"""Incident mail: one for each incident, to whoever can do something about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail as django_mail
from django.utils import timezone, translation

from chat import tasks
from chat.services import alarms
from parameters import store
from parameters.catalogue import SMTPCONFIG
from provider.accounts import IncidentKind
from provider.models import Incident
from provider.services import incidents, tokens
from tests.conftest import PASSWORD
from tests.provider.tokens import botmaker
from tests.smtp import Sink


@pytest.fixture
def people(house: None) -> None:
    User.objects.filter(username="supervisor").update(email="silvia@example.com")
    User.objects.filter(username="admin").update(email="admin@example.com")
    User.objects.filter(username="atendente").update(email="ana@example.com")
    gone = User.objects.create_superuser("gone", "gone@example.com", PASSWORD)
    User.objects.filter(pk=gone.pk).update(is_active=False)


def trouble(kind: IncidentKind = IncidentKind.RENEWAL_REFUSED, **told: Any) -> Incident:
    incidents.report(tokens.account(botmaker()), kind, **told)
    return Incident.objects.latest("id")


def due_again() -> None:
    Incident.objects.update(mail_after=timezone.now())


def test_supervisors_and_administrators_get_one_mail(mailbox: Sink, people: None) -> None:
    trouble()
    for _ in range(3):
        tasks.tell_incidents()
    ((_sender, recipients, _message),) = mailbox.mails
    assert sorted(recipients) == ["admin@example.com", "silvia@example.com"]
    incident = Incident.objects.get()
    assert incident.mail == Incident.Mail.SENT
    assert incident.mailed_at


def test_the_mail_says_what_since_when_and_what_to_do(
    mailbox: Sink, people: None, settings: Any
) -> None:
    settings.ISOBOT_PUBLIC_URL = "https://isobot.example.com/"
    incident = trouble(detail="no <b>way</b>", keys=["PROVEDOR_REFRESHTOKEN"])
    with translation.override("en"):
        alarms.tell()
    ((_sender, _recipients, message),) = mailbox.mails
    text = message.get_payload(decode=True).decode()  # type: ignore[union-attr]
    with translation.override("pt-br"):
        assert incident.happened in text
        assert incident.next_step in text
    assert "PROVEDOR_REFRESHTOKEN" in text
    assert "no <b>way</b>" in text
    assert timezone.localtime(incident.opened_at).strftime("%d/%m/%Y %H:%M") in text
    assert "https://isobot.example.com/supervisor/chat/setup/" in text
    assert message.get_content_type() == "text/plain"


def test_each_kind_of_trouble_has_its_own_mail(mailbox: Sink, people: None) -> None:
    trouble(IncidentKind.UNREACHABLE)
    alarms.tell()
    trouble(IncidentKind.RENEWAL_REFUSED)
    alarms.tell()
    assert len(mailbox.mails) == 2


def test_an_incident_that_is_over_is_told_to_nobody(mailbox: Sink, people: None) -> None:
    trouble()
    incidents.close(tokens.account(botmaker()))
    assert alarms.tell() == 0
    assert mailbox.verbs == []


def test_without_anybody_to_tell_the_mail_waits_for_an_address(mailbox: Sink, house: None) -> None:
    trouble()
    assert alarms.tell() == 0
    User.objects.filter(username="supervisor").update(email="silvia@example.com")
    assert alarms.tell() == 1


@pytest.mark.parametrize(("step", "answer"), [("greeting", "no"), ("rcpt", "550 no")])
def test_a_mail_the_server_did_not_take_is_tried_again_later(
    mailbox: Sink, people: None, step: str, answer: str
) -> None:
    mailbox.refuses[step] = answer
    trouble()
    assert alarms.tell() == 0
    mailbox.refuses.clear()
    assert alarms.tell() == 0  # not at once
    after = Incident.objects.get().mail_after
    assert after
    assert timedelta(seconds=50) < after - timezone.now() < timedelta(seconds=61)
    due_again()
    assert alarms.tell() == 1
    assert len(mailbox.mails) == 1


def test_mail_that_is_not_configured_yet_is_sent_once_it_is(mailbox: Sink, people: None) -> None:
    store.write(SMTPCONFIG.HOST, answer="")
    trouble()
    assert alarms.tell() == 0
    store.write(SMTPCONFIG.HOST, answer="127.0.0.1")
    due_again()
    assert alarms.tell() == 1


def test_a_mail_whose_answer_was_lost_is_not_sent_again(mailbox: Sink, people: None) -> None:
    mailbox.refuses["answer"] = "lost"
    trouble()
    assert alarms.tell() == 0
    mailbox.refuses.clear()
    due_again()
    assert alarms.tell() == 0
    assert Incident.objects.get().mail == Incident.Mail.LOST
    assert mailbox.verbs.count("DATA") == 1


def test_a_process_that_dies_while_sending_leaves_no_second_mail(
    mailbox: Sink, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble()
    with monkeypatch.context() as patch:

        def dies(*_: Any) -> None:
            raise SystemExit("the process dies here")

        patch.setattr(alarms.gateway, "mail_sent", dies)
        with pytest.raises(SystemExit):
            alarms.tell()
    due_again()
    assert alarms.tell() == 0
    assert len(mailbox.mails) == 1


def test_a_claimed_mail_is_sent_by_one(house: None) -> None:
    incident = trouble()
    assert incidents.claim_mail(incident)
    assert not incidents.claim_mail(incident)
    assert not django_mail.outbox
