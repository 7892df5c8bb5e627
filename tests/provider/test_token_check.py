"""The daily check: when it is made, by whom, and what follows from each answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from parameters import store
from parameters.catalogue import ISOCHATBOT
from parameters.models import Parameter
from provider import tasks
from provider.accounts import AccessKind, CheckKind, RefreshKind
from provider.models import Account
from tests.conftest import Provider
from tests.provider.tokens import (
    asked,
    check,
    date_is_fresh,
    open_kinds,
    pair,
    renewals,
    rested,
    tokens_end_in,
    verified,
)
from tests.stack import PROFILES, Stack, why_not

YEAR = 365 * 24 * 3600


def test_09_daily_check_due_asks_once_and_writes_the_date(provider: Provider) -> None:
    verified(hours_ago=24.1)
    result = check()
    assert (result.kind, result.ok, result.renewal) == (CheckKind.DONE, True, None)
    assert asked(provider) == 1
    assert date_is_fresh()
    assert check().kind is CheckKind.NOT_DUE
    assert asked(provider) == 1
    assert renewals(provider) == 0


def test_09_daily_check_not_due_asks_nobody(provider: Provider) -> None:
    verified(hours_ago=23.9)
    tasks.check_token()
    assert asked(provider) == 0
    assert not date_is_fresh()


@pytest.mark.parametrize("date", ["", "ontem", "2026-11-20T10:00:00", "2999-01-01T00:00:00-03:00"])
def test_09_daily_check_without_a_sound_date_is_due_now(provider: Provider, date: str) -> None:
    store.write(ISOCHATBOT.PROVEDOR_DATE, answer=date)
    assert check().ok
    assert asked(provider) == 1
    assert date_is_fresh()


def test_09_daily_check_makes_a_missing_date(provider: Provider) -> None:
    row = store.find_detail("ISOCHATBOT", "ISOPADRAO", "PROVEDOR_DATE")
    assert row
    row.delete()
    tasks.check_token()
    row = store.find_detail("ISOCHATBOT", "ISOPADRAO", "PROVEDOR_DATE")
    assert row
    assert row.answer.endswith("-03:00")
    assert date_is_fresh()


def test_09_daily_check_of_nothing_is_no_incident(provider: Provider) -> None:
    Parameter.objects.filter(name="ISOCHATBOT").update(active=False)
    assert check().kind is CheckKind.NOTHING
    Parameter.objects.filter(name="ISOCHATBOT").update(active=True)
    store.write(ISOCHATBOT.PROVEDOR_TOKEN, answer="", note="")
    verified(hours_ago=100)
    assert check().kind is CheckKind.NOTHING
    assert (asked(provider), open_kinds()) == (0, [])


def test_09_daily_check_renews_a_token_that_ends_within_48_hours(provider: Provider) -> None:
    tokens_end_in(provider, 47 * 3600)
    old, before = pair(), renewals(provider)
    provider.switch(access_seconds=YEAR)
    result = check()
    assert result.renewal
    assert result.renewal.kind is RefreshKind.RENEWED
    assert renewals(provider) == before + 1
    assert pair()[0] != old[0]
    assert pair()[1] != old[1]
    rested()
    assert check().kind is CheckKind.NOT_DUE


def test_09_daily_check_leaves_a_token_that_ends_later(provider: Provider) -> None:
    tokens_end_in(provider, 49 * 3600)
    before = renewals(provider)
    verified(hours_ago=25)
    assert check().renewal is None
    assert renewals(provider) == before


def test_09_daily_check_renews_a_refused_token(provider: Provider) -> None:
    provider.switch(token="expired")
    verified(hours_ago=25)
    result = check()
    assert result.access
    assert result.access.kind is AccessKind.REFUSED
    assert result.ok
    assert renewals(provider) == 1
    assert date_is_fresh()
    assert open_kinds() == []
    assert Account.objects.get().previous_pair == ""


def test_tokens_that_always_end_soon_are_not_renewed_in_a_circle(provider: Provider) -> None:
    tokens_end_in(provider, 3600)
    before = renewals(provider)
    assert check().ok
    for _ in range(3):
        check()
    assert renewals(provider) == before + 1
    at = Account.objects.get().next_check_at
    assert at
    assert timedelta(minutes=5) < at - timezone.now() < timedelta(minutes=31)


@pytest.mark.full
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("scene", ["workers", "renewers", "schedulers"])
def test_09_daily_check_of_many_processes_is_one(profile: str, scene: str) -> None:
    if why_not(profile):
        pytest.skip(why_not(profile))
    with Stack(profile, runs=False) as stack:
        stack.run("scene", "-m", "tests.provider.schedulers", scene, seconds=180)
