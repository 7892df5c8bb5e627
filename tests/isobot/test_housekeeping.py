"""What is kept for a time only: it goes when the time is over, and nothing else goes with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db.models import QuerySet
from django.utils import timezone

from chat import files
from chat.models import (
    ApiToken,
    Attachment,
    AuditEntry,
    Conversation,
    Identity,
    Message,
    Submission,
)
from chat.services import access, audit
from isobot import housekeeping, values
from provider import gateway
from provider.models import Attempt, Delivery, EventTie, WebhookEvent
from tests.chat.conftest import person
from tests.conftest import Customer, Provider

LONG_AGO = timedelta(days=31)


def days_ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


@pytest.fixture
def closed(customer: Customer) -> Conversation:
    """A conversation that was closed 40 days ago, with a message, an answer and a file."""
    customer.says("Oi")
    found = Conversation.objects.get()
    Conversation.objects.update(status="closed", closed_at=days_ago(40))
    name, size = files.store([b"what it holds"])
    Attachment.objects.create(
        message=found.messages.first(),
        content="document",
        name="nota.pdf",
        type="application/pdf",
        size=size,
        file=name,
        created_at=days_ago(40),
    )
    return found


def test_raw_webhooks_and_the_outbox_go_after_thirty_days(
    provider: Provider, customer: Customer
) -> None:
    customer.says("Oi")
    assert Delivery.objects.exists() and Attempt.objects.exists()
    assert housekeeping.tidy() == {}
    WebhookEvent.objects.update(received_at=days_ago(30.1))
    Delivery.objects.update(created_at=days_ago(30.1))
    done = housekeeping.tidy()
    assert done is not None and done["events"] == 1 and done["sends"] == 1
    assert not WebhookEvent.objects.exists()
    assert not EventTie.objects.exists()
    assert not Delivery.objects.exists() and not Attempt.objects.exists()
    assert Message.objects.count() == 2  # what people wrote is kept


@pytest.mark.parametrize("state", ["queued", "leased"])
def test_what_still_has_to_be_done_stays_however_old(customer: Customer, state: str) -> None:
    customer.says("Oi")
    WebhookEvent.objects.update(received_at=days_ago(90), state="received")
    Delivery.objects.update(created_at=days_ago(90), state=state)
    assert housekeeping.tidy() == {}
    assert WebhookEvent.objects.exists() and Delivery.objects.exists()


def test_conversations_and_files_are_kept_unless_a_setting_says_for_how_long(
    closed: Conversation,
) -> None:
    Conversation.objects.update(closed_at=days_ago(5000))
    Attachment.objects.update(created_at=days_ago(5000))
    assert housekeeping.tidy() == {}
    assert Attachment.objects.get().file


def test_a_conversation_goes_with_everything_in_it(
    closed: Conversation, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.ISOBOT_KEEP = {**settings.ISOBOT_KEEP, "conversations": timedelta(days=39)}
    file = Attachment.objects.get().file
    Conversation.objects.update(status="bot", closed_at=None)
    assert housekeeping.tidy() == {}  # one that goes on is no old one
    Conversation.objects.update(status="closed", closed_at=days_ago(40))
    with django_capture_on_commit_callbacks(execute=True):
        assert housekeeping.tidy() == {"conversations": 1}
    assert not Conversation.objects.exists()
    assert not Message.objects.exists()
    assert not Attachment.objects.exists()
    assert not files.exist(file)
    assert Identity.objects.exists()  # who it was is of the cadastro


def test_files_go_before_their_conversation_and_their_place_says_so(
    closed: Conversation,
    settings: Any,
    client: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.ISOBOT_KEEP = {**settings.ISOBOT_KEEP, "media": LONG_AGO}
    file = Attachment.objects.get()
    client.force_login(person("supervisor"))
    page = f"/omnichannel/{closed.pk}/"
    assert f"arquivos/{file.key}/" in client.get(page).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert housekeeping.tidy() == {"media": 1}
    assert not files.exist(file.file)
    text = client.get(page).content.decode()
    assert "nota.pdf" in text
    assert "Este arquivo não está mais disponível: arquivos são guardados só por um tempo." in text
    assert "Tentar de novo" not in text
    assert client.get(f"/omnichannel/arquivos/{file.key}/").status_code == 404
    assert housekeeping.tidy() == {}


def test_a_file_that_is_still_wanted_or_unsent_is_not_touched(
    closed: Conversation, settings: Any
) -> None:
    settings.ISOBOT_KEEP = {**settings.ISOBOT_KEEP, "media": LONG_AGO}
    file = Attachment.objects.get()
    for change in ({"state": "pending"}, {"message": None}, {"created_at": days_ago(1)}):
        old = {name: getattr(file, name) for name in change}
        Attachment.objects.update(**change)
        assert housekeeping.tidy() == {}
        Attachment.objects.update(**old)


def test_tokens_forms_and_audit_end(house: None) -> None:
    user = person("supervisor")
    access.issue(user)
    Submission.objects.create(user=user, location="/")
    audit.record(user, "added", "x")
    assert housekeeping.tidy() == {}
    ApiToken.objects.update(last_used_at=days_ago(91))
    Submission.objects.update(at=days_ago(8))
    QuerySet(AuditEntry).update(at=days_ago(731))  # its own refuses
    count = AuditEntry.objects.count()
    assert housekeeping.tidy() == {"audit": count, "tokens": 1, "forms": 1}


def test_one_process_at_a_time_does_it(customer: Customer) -> None:
    customer.says("Oi")
    WebhookEvent.objects.update(received_at=days_ago(31))
    with gateway.driving(housekeeping.LANE) as drive:
        assert drive
        assert housekeeping.tidy() is None
        with pytest.raises(CommandError, match="another process"):
            call_command("housekeep", stdout=StringIO())
    assert WebhookEvent.objects.exists()
    assert housekeeping.tidy() == {"events": 1}


def test_a_pass_ends_when_its_time_is_over_and_the_next_goes_on(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in ("Oi", "1", "2"):
        customer.says(text)
    WebhookEvent.objects.update(received_at=days_ago(31))
    chores = [housekeeping.Chore("events", "events", housekeeping._events, batch=1)]
    monkeypatch.setattr(housekeeping, "CHORES", chores)
    assert housekeeping.tidy(seconds=0) == {"events": 1}
    assert WebhookEvent.objects.count() == 2
    assert housekeeping.tidy() == {"events": 2}


def test_the_command_counts_first_where_asked_and_shows_how_far_it_is(customer: Customer) -> None:
    customer.says("Oi")
    WebhookEvent.objects.update(received_at=days_ago(31))
    out = StringIO()
    call_command("housekeep", "--dry-run", stdout=out)
    assert "events: kept for 30 days, 1 due" in out.getvalue()
    assert "conversations: kept always, 0 due" in out.getvalue()
    assert WebhookEvent.objects.exists()
    out = StringIO()
    call_command("housekeep", stdout=out)
    assert "1/1" in out.getvalue()
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("given", ["-1", "0", "abc", "1.5", "99999999", "²"])
def test_a_time_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("ISOBOT_KEEP_EVENTS_DAYS", given)
    with pytest.raises(ImproperlyConfigured, match="ISOBOT_KEEP_EVENTS_DAYS is a number of days"):
        values.days("ISOBOT_KEEP_EVENTS_DAYS", 30)


def test_every_table_that_grows_by_itself_has_a_chore() -> None:
    """A new table is either configuration, of people, or comes with a chore."""
    by_hand = {
        "ContactPhone", "Contact", "ContactEContact", "PhoneType", "EContactType", "Channel",
        "Classification", "Membership", "Menu", "MenuOption", "Profile", "Group", "Permission",
        "User", "ContentType", "Parameter", "ParameterUser", "Detail", "MessageTemplate",
        "ChannelCredentials", "Account", "Lane", "Heartbeat", "SendingPause",
    }  # fmt: skip
    of_people = {"Identity", "IdentityAlias"}  # who customers are is of the cadastro
    with_their_owner = {
        "EventTie": WebhookEvent, "Attempt": Delivery, "Message": Conversation,
        "MessageFact": Conversation, "ConversationEvent": Conversation,
        "ContactLink": Conversation,
    }  # fmt: skip
    now = timezone.now()
    chored = {chore.due(now).model.__name__ for chore in housekeeping.CHORES}
    names = {model.__name__ for model in apps.get_models()}
    grouped = [chored, by_hand, of_people, set(with_their_owner)]
    assert names == set().union(*grouped)
    assert sum(map(len, grouped)) == len(names)
