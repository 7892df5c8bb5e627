"""Leases and due times go by one clock for all processes: that of the database server, if any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, models
from django.utils import timezone

from chat.models import Attachment, Conversation, Identity
from chat.services import media, names
from provider import credentials
from provider.contracts import Content, Media
from provider.models import Account, Delivery, Lane
from provider.services import checks, deliveries, lanes, renewals, tokens, webhooks
from tests.conftest import Customer, Provider, user_text
from tests.provider.sends import queue
from tests.provider.tokens import botmaker

OFF = timedelta(seconds=90)
AHEAD, BEHIND = OFF, -OFF


@pytest.fixture(autouse=True)
def _a_server_with_a_clock(house: None) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("processes on SQLite share the clock of their one machine")


def real() -> datetime:
    """What the clock of the database server says."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


@pytest.fixture
def off_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """The clock of this process from now on."""

    def turn(by: timedelta) -> None:
        monkeypatch.setattr(timezone, "now", lambda: datetime.now(UTC) + by)

    return turn


@dataclass(frozen=True)
class Lease:
    """One kind of lease: how a process takes it, and where it is written."""

    model: type[models.Model]
    field: str
    lasts: timedelta
    take: Callable[[], bool]


def _take_lane() -> bool:
    return lanes.Drive("events").take()


def _take_send() -> bool:
    """Claimed, or taken from the one who was sending it."""
    deliveries.recover()
    doubted = Delivery.objects.filter(state="unconfirmed").exists()
    return doubted or deliveries._claim(botmaker(), "") is not None


def _take_check() -> bool:
    return checks._claim(tokens.account(botmaker()), "of-these-credentials")


def _take_renewal() -> bool:
    adapter = botmaker()
    held = credentials.load(adapter)
    state = tokens.account(adapter)
    return any(renewals._take(adapter, state, held, "me", by_hand=True) for _ in range(2))


def _take_name() -> bool:
    return names._claimed() is not None


def _take_file() -> bool:
    return media._claimed(is_for_untried=False) is not None


LEASES = {
    "the lane of events": Lease(Lane, "lease_until", lanes.LEASE, _take_lane),
    "a send": Lease(Delivery, "lease_until", deliveries.LEASE, _take_send),
    "the daily check": Lease(Account, "check_lease_until", checks.LEASE, _take_check),
    "a renewal": Lease(Account, "renewal_lease_until", renewals.LEASE, _take_renewal),
    "a file": Lease(Attachment, "lease_until", media.LEASE, _take_file),
    "a name to ask for": Lease(Identity, "ask_name_at", names.WAITS[0], _take_name),
}


@pytest.fixture(params=LEASES)
def lease(
    request: pytest.FixtureRequest, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> Lease:
    """Each kind of lease, with something to take."""
    monkeypatch.setattr(renewals, "GRACE_SECONDS", -1.0)  # of a clock that does not jump
    message = queue(conversation, "Olá")
    media.expect(message, [Media(Content.IMAGE, "http://127.0.0.1:9/a.png", "a.png")])
    Identity.objects.update(ask_name_at=real())
    return LEASES[request.param]


def until(lease: Lease) -> Any:
    found = lease.model.objects.exclude(**{lease.field: None})  # type: ignore[attr-defined]
    return found.values_list(lease.field, flat=True).get()


def is_held_for(lease: Lease, seconds: float) -> None:
    """Somebody else took it, and it is over `seconds` from now."""
    assert lease.take()
    held = lease.model.objects.exclude(**{lease.field: None})  # type: ignore[attr-defined]
    held.update(**{lease.field: real() + timedelta(seconds=seconds)})


@pytest.mark.parametrize("by", [AHEAD, BEHIND], ids=["ahead", "behind"])
def test_a_lease_lasts_as_long_whatever_the_clock_of_who_takes_it(
    lease: Lease, off_by: Callable[[timedelta], None], by: timedelta
) -> None:
    off_by(by)
    assert lease.take()
    assert timedelta() < lease.lasts - (until(lease) - real()) < timedelta(seconds=5)


def test_a_clock_that_is_ahead_takes_no_lease_that_lasts(
    lease: Lease, off_by: Callable[[timedelta], None]
) -> None:
    is_held_for(lease, 10)
    off_by(AHEAD)
    assert not lease.take()


def test_a_clock_that_is_behind_sees_that_a_lease_is_over(
    lease: Lease, off_by: Callable[[timedelta], None]
) -> None:
    is_held_for(lease, -1)
    off_by(BEHIND)
    assert lease.take()


def test_a_driver_that_goes_on_has_its_lane_no_longer_than_others(
    off_by: Callable[[timedelta], None],
) -> None:
    drive = lanes.Drive("events")
    assert drive.take()
    off_by(AHEAD)
    assert drive.keep()
    assert Lane.objects.get().lease_until - real() <= lanes.LEASE


def test_what_a_clock_that_is_ahead_stores_is_due_at_once_for_the_others(
    conversation: Conversation, customer: Customer, provider: Provider,
    off_by: Callable[[timedelta], None],
) -> None:  # fmt: skip
    off_by(AHEAD)
    queue(conversation, "logo")
    customer.post(user_text("Oi"))
    off_by(timedelta())
    deliveries.drain()
    assert "logo" in provider.texts
    assert webhooks.drain() == 1


@pytest.mark.parametrize("by", [AHEAD, BEHIND], ids=["ahead", "behind"])
def test_a_lost_answer_holds_back_what_follows_as_long_whatever_the_clock(
    conversation: Conversation, provider: Provider, off_by: Callable[[timedelta], None],
    by: timedelta,
) -> None:  # fmt: skip
    provider.switch(send="drop", send_times=1)
    lost = queue(conversation, "perdida")
    queue(conversation, "depois")
    off_by(by)
    deliveries.drain()
    assert "depois" not in provider.texts
    Delivery.objects.filter(reference=lost.reference).update(
        settled_at=real() - deliveries.UNCONFIRMED_HOLDS_BACK
    )
    deliveries.drain()
    assert "depois" in provider.texts


@pytest.mark.parametrize("by", [AHEAD, BEHIND], ids=["ahead", "behind"])
def test_a_pause_lasts_as_long_as_the_provider_asked_whatever_the_clock(
    conversation: Conversation, provider: Provider, off_by: Callable[[timedelta], None],
    by: timedelta,
) -> None:  # fmt: skip
    provider.switch(send="rate_limited", retry_after=60)
    queue(conversation, "depois")
    off_by(by)
    deliveries.drain()
    provider.switch(send="ok")
    paused = Account.objects.get().paused_until
    assert paused is not None
    assert timedelta(seconds=50) < paused - real() <= timedelta(seconds=60)
    Delivery.objects.update(next_attempt_at=real())
    deliveries.drain()
    assert "depois" not in provider.texts, "it is the account that is on pause"
    Account.objects.update(paused_until=real())
    deliveries.drain()
    assert "depois" in provider.texts
