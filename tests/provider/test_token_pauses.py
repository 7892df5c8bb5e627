"""What the daily check waits for: an answer, other credentials, a person; and whose turn it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider import gateway
from provider.accounts import AccessKind, CheckKind, RefreshKind
from provider.models import Account, Incident
from tests.conftest import Provider
from tests.provider.tokens import (
    asked,
    check,
    date_is_fresh,
    open_kinds,
    renewals,
    rested,
    tokens_end_in,
    verified,
)


def test_an_unreachable_provider_is_asked_ever_less_often(provider: Provider) -> None:
    provider.switch(account="server_error")
    verified(hours_ago=25)
    waits = []
    for _ in range(7):
        Account.objects.update(next_check_at=None)
        assert not check().ok
        assert check().kind is CheckKind.NOT_DUE
        at = Account.objects.get().next_check_at
        assert at
        waits.append(round((at - timezone.now()).total_seconds()))
    assert waits == pytest.approx([30, 60, 120, 300, 900, 3600, 3600], abs=2)
    assert open_kinds() == ["unreachable"]
    assert Incident.objects.count() == 1
    assert renewals(provider) == 0
    provider.switch(account="ok")
    rested()
    assert check().ok
    assert open_kinds() == []


def test_a_provider_that_asks_to_wait_is_not_asked_before(provider: Provider) -> None:
    provider.switch(account="rate_limited", retry_after=1800)
    verified(hours_ago=25)
    check()
    at = Account.objects.get().next_check_at
    assert at
    assert at - timezone.now() > timedelta(minutes=29)
    rested()
    Account.objects.update(paused_until=timezone.now() + timedelta(minutes=5))
    assert check().kind is CheckKind.NOT_DUE


def test_no_answer_at_all_is_an_incident_and_not_a_refused_token(
    provider: Provider, settings: Any
) -> None:
    settings.BOTMAKER_V2_URL = "http://127.0.0.1:9/v2.0"
    verified(hours_ago=25)
    result = check()
    assert result.access
    assert result.access.kind is AccessKind.UNREACHABLE
    assert open_kinds() == ["unreachable"]
    assert Account.objects.get().dead_token == ""


def test_only_401_proves_a_token_refused(provider: Provider) -> None:
    provider.switch(account="forbidden")
    verified(hours_ago=25)
    result = check()
    assert result.access
    assert result.access.kind is AccessKind.NO_ACCESS
    assert open_kinds() == ["no_access"]
    assert renewals(provider) == 0


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_each_version_is_asked_its_own_way_and_falls_back(provider: Provider, api: str) -> None:
    store.write(ISOCHATBOT.PROVEDOR_API, answer=api)
    verified(hours_ago=25)
    assert check().ok
    v1 = "/api/v1.0/customer/checkWhatsAppContact"
    assert (asked(provider, v1), asked(provider)) == ((1, 0) if api == "v1" else (0, 1))
    provider.switch(account="absent")
    verified(hours_ago=25)
    assert check().ok
    assert asked(provider, "/v2.0/auth/credentials") == 1


def test_v1_without_a_line_asks_v2(provider: Provider) -> None:
    store.write(ISOCHATBOT.PROVEDOR_API, answer="v1")
    store.write(ISOCHATBOT.PROVEDOR_PHONE, answer="")
    verified(hours_ago=25)
    assert check().ok
    assert asked(provider) == 1


def test_a_refused_renewal_waits_for_other_credentials_or_a_person(provider: Provider) -> None:
    provider.switch(token="expired", refresh="refused")
    verified(hours_ago=25)
    for _ in range(4):
        assert not check().ok
        rested()
    assert renewals(provider) == 1
    (incident,) = Incident.objects.filter(closed_at=None)
    assert incident.kind == "renewal_refused"
    assert "PROVEDOR_REFRESHTOKEN" in incident.next_step
    provider.switch(refresh="ok")
    # The same value typed again is the same credential; another spelling of it is not.
    assert not check().ok
    secret = store.read(ISOCHATBOT.PROVEDOR_SECRET_ID)
    store.write(ISOCHATBOT.PROVEDOR_SECRET_ID, answer="WRONGWRONGWRONG")
    check()
    assert renewals(provider) == 2
    store.write(ISOCHATBOT.PROVEDOR_SECRET_ID, answer=secret)
    rested()
    assert check().ok
    assert renewals(provider) == 3
    assert open_kinds() == []


def test_new_credentials_end_the_pause_of_the_check(provider: Provider) -> None:
    provider.switch(token="expired", refresh="refused")
    verified(hours_ago=25)
    check()
    assert check().kind is CheckKind.NOT_DUE
    store.write(ISOCHATBOT.PROVEDOR_SECRET_ID, answer="ANOTHER-SECRET-1")
    assert check().kind is CheckKind.DONE


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_no_change_is_not_asked_for_again_for_a_day(provider: Provider, api: str) -> None:
    store.write(ISOCHATBOT.PROVEDOR_API, answer=api)
    tokens_end_in(provider, 3600)
    before = renewals(provider)
    provider.switch(refresh="unchanged")
    result = check()
    assert result.renewal
    assert result.renewal.kind is RefreshKind.UNCHANGED
    for _ in range(3):
        Account.objects.update(next_check_at=None)
        check()
    assert renewals(provider) == before + 1
    assert open_kinds() == ["renewal_unchanged"]
    after = Account.objects.get().renew_after
    assert after
    assert timedelta(hours=23, minutes=59) < after - timezone.now() <= timedelta(hours=24)


def test_without_renewal_credentials_the_token_is_verified_only(provider: Provider) -> None:
    store.write(ISOCHATBOT.PROVEDOR_REFRESHTOKEN, answer="", note="")
    verified(hours_ago=25)
    assert check().ok
    assert open_kinds() == []
    provider.switch(token="expired")
    verified(hours_ago=25)
    result = check()
    assert result.renewal
    assert result.renewal.missing == ("PROVEDOR_REFRESHTOKEN",)
    (incident,) = Incident.objects.filter(closed_at=None)
    assert incident.kind == "missing_keys"
    assert "PROVEDOR_REFRESHTOKEN" in incident.happened
    assert renewals(provider) == 0


def test_a_token_still_taken_does_not_hide_that_it_ends_and_cannot_be_renewed(
    provider: Provider,
) -> None:
    tokens_end_in(provider, 3600)
    store.write(ISOCHATBOT.PROVEDOR_SECRET_ID, answer="", note="")
    check()
    assert open_kinds() == ["missing_keys"]
    assert gateway.check_access().ok
    assert open_kinds() == ["missing_keys"]


def test_a_clock_that_jumps_does_not_renew(provider: Provider) -> None:
    verified(hours_ago=25)
    check()
    with time_machine.travel(timezone.now() + timedelta(days=40), tick=True):
        assert check().ok
        provider.switch(account="server_error")
        with time_machine.travel(timezone.now() + timedelta(days=40), tick=True):
            check()
    provider.switch(account="ok")
    # Back in time: date and pause lie in the future, and mean nothing.
    assert check().ok
    assert date_is_fresh()
    assert renewals(provider) == 0


def test_a_lease_that_only_the_clock_ended_is_not_taken_over(provider: Provider) -> None:
    provider.switch(token="expired")
    verified(hours_ago=25)
    state = Account.objects.get_or_create(adapter="botmaker")[0]
    past = timezone.now() - timedelta(hours=1)
    Account.objects.filter(pk=state.pk).update(renewer="somebody", renewal_lease_until=past)
    assert not check().ok
    assert renewals(provider) == 0
    assert open_kinds() == ["token_refused"]


def test_a_check_whose_process_died_is_made_by_the_next(provider: Provider) -> None:
    verified(hours_ago=25)
    state = Account.objects.get_or_create(adapter="botmaker")[0]
    Account.objects.filter(pk=state.pk).update(
        check_lease_until=timezone.now() + timedelta(minutes=2)
    )
    assert check().kind is CheckKind.RUNNING
    Account.objects.update(check_lease_until=timezone.now() - timedelta(seconds=1))
    assert check().ok


def test_what_is_known_of_the_account_is_told_without_a_call(provider: Provider) -> None:
    verified(hours_ago=1)
    state = gateway.account_state()
    assert state.has_token
    assert not state.is_renewing
    assert state.missing == ()
    assert state.expires_at
    assert state.checked_at
    assert state.next_check_at
    assert state.expires_at - timezone.now() > timedelta(days=4 * 365)
    assert state.next_check_at - state.checked_at == timedelta(hours=24)
    store.write(ISOCHATBOT.PROVEDOR_TOKEN, answer="", note="not-a-jwt-but-a-token")
    assert gateway.account_state().expires_at is None
    assert provider.get("counters")["calls"] == 0
