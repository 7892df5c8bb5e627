"""“Atualizar token”: what a person is told, what is stored, and what is put back."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider import gateway, http
from provider.accounts import RefreshKind
from provider.models import Account, Incident
from provider.services import pairs, renewals
from tests.conftest import Provider
from tests.provider.tokens import (
    asked,
    botmaker,
    check,
    date_is_fresh,
    open_kinds,
    pair,
    rested,
    tokens_end_in,
    verified,
)
from tests.provider.tokens import renewals as renewals_of
from tests.stack import PROFILES, Stack, why_not


def empty(question: str) -> None:
    store.write(ISOCHATBOT.keys[question], answer="", note="")


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_08_atualizar_token_200_stores_both_and_counts_as_verification(
    provider: Provider, api: str
) -> None:
    store.write(ISOCHATBOT.PROVEDOR_API, answer=api)
    verified(hours_ago=5)
    old = pair()
    result = gateway.refresh_token()
    assert (result.kind, result.ok) == (RefreshKind.RENEWED, True)
    held = provider.get("credentials")
    assert pair() == (held["accessToken"], held["refreshToken"])
    assert not set(pair()) & set(old)
    assert date_is_fresh()
    assert renewals_of(provider) == 1
    assert gateway.account_state().renewed_at


@pytest.mark.parametrize(
    ("questions", "named"),
    [
        (["PROVEDOR_ID", "PROVEDOR_ACCOUNT"], ["PROVEDOR_ID"]),
        (["PROVEDOR_SECRET_ID"], ["PROVEDOR_SECRET_ID"]),
        (["PROVEDOR_REFRESHTOKEN"], ["PROVEDOR_REFRESHTOKEN"]),
        (
            ["PROVEDOR_ID", "PROVEDOR_ACCOUNT", "PROVEDOR_SECRET_ID", "PROVEDOR_REFRESHTOKEN"],
            ["PROVEDOR_ID", "PROVEDOR_SECRET_ID", "PROVEDOR_REFRESHTOKEN"],
        ),
    ],
)
def test_08_atualizar_token_names_each_missing_key(
    provider: Provider, questions: list[str], named: list[str]
) -> None:
    for question in questions:
        empty(question)
    result = gateway.refresh_token()
    assert (result.kind, list(result.missing)) == (RefreshKind.MISSING, named)
    assert renewals_of(provider) == 0
    assert open_kinds() == []  # the token itself is well
    assert list(gateway.account_state().missing) == named
    with pytest.raises(CommandError) as caught:
        call_command("refresh_token")
    assert all(name in str(caught.value) for name in named)


@pytest.mark.parametrize("question", ["PROVEDOR_ID", "PROVEDOR_ACCOUNT"])
def test_08_atualizar_token_takes_either_name_of_the_client_id(
    provider: Provider, question: str
) -> None:
    empty(question)
    assert gateway.refresh_token().ok


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_08_atualizar_token_204_is_no_change(provider: Provider, api: str) -> None:
    store.write(ISOCHATBOT.PROVEDOR_API, answer=api)
    provider.switch(refresh="unchanged")
    old = pair()
    result = gateway.refresh_token()
    assert (result.kind, result.ok) == (RefreshKind.UNCHANGED, True)
    assert pair() == old
    assert open_kinds() == []
    # Nobody had to have a new one, so the machine is not told to wait either.
    assert Account.objects.get().renew_after is None


def test_08_atualizar_token_401_is_refused_in_the_providers_words(provider: Provider) -> None:
    provider.switch(refresh="refused")
    old = pair()
    result = gateway.refresh_token()
    assert (result.kind, result.detail) == (RefreshKind.REFUSED, "The refresh was refused")
    assert pair() == old
    assert open_kinds() == ["renewal_refused"]
    # A person may ask again as often as they like.
    provider.switch(refresh="ok")
    assert gateway.refresh_token().kind is RefreshKind.RENEWED
    assert open_kinds() == []


def test_08_atualizar_token_timeout_says_the_provider_does_not_answer(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "READ_SECONDS", 0.2)
    provider.switch(refresh="slow", slow_seconds=1)
    old = pair()
    result = gateway.refresh_token()
    assert result.kind is RefreshKind.UNREACHABLE
    assert pair() == old
    assert open_kinds() == ["unreachable"]
    # The provider had rotated the pair before it was too slow: the next try tells.
    provider.switch(refresh="ok")
    assert gateway.refresh_token().kind is RefreshKind.REFUSED
    assert open_kinds() == ["renewal_refused"]


def test_08_atualizar_token_500_says_the_provider_does_not_answer(provider: Provider) -> None:
    provider.switch(refresh="server_error")
    assert gateway.refresh_token().kind is RefreshKind.UNREACHABLE
    provider.switch(refresh="ok")
    # The pause of the machine does not hold a person back.
    assert gateway.refresh_token().kind is RefreshKind.RENEWED


def test_what_the_provider_says_is_told_without_secrets(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = store.read(ISOCHATBOT.PROVEDOR_REFRESHTOKEN)

    def telltale(_self: object, credentials: Any) -> None:
        raise renewals.RenewalRefused(f"{credentials['refresh_token']} is bad", code=secret)

    monkeypatch.setattr("provider.adapters.botmaker.Botmaker.refresh", telltale)
    result = gateway.refresh_token()
    assert result.detail == "••• is bad"
    (incident,) = Incident.objects.all()
    assert secret not in f"{incident.detail}{incident.cause}"


def test_without_any_token_a_renewal_may_bring_one(provider: Provider) -> None:
    empty("PROVEDOR_TOKEN")
    assert gateway.refresh_token().kind is RefreshKind.RENEWED
    assert gateway.check_access().ok


# Rotation


def test_08_atualizar_token_rotation_is_atomic_where_storing_fails(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, saved = pair(), []
    write = store.write

    def breaks_at_the_second(key: Any, **texts: Any) -> Any:
        saved.append(key.name)
        if len(saved) == 2:
            raise SystemExit("the process dies here")
        return write(key, **texts)

    monkeypatch.setattr(store, "write", breaks_at_the_second)
    with pytest.raises(SystemExit):
        gateway.refresh_token()
    assert len(saved) == 2
    assert pair() == old
    assert Account.objects.get().previous_pair == ""


def test_08_atualizar_token_crash_between_answer_and_store_is_told_at_the_next_try(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: Any) -> bool:
        raise SystemExit("the process dies here")

    old = pair()
    provider.switch(token="expired")
    verified(hours_ago=25)
    with monkeypatch.context() as patch:
        patch.setattr(pairs, "store", dies)
        with pytest.raises(SystemExit):
            check()
    assert pair() == old
    # The lease of the dead runs out, and its renewal is seen to be over.
    past = timezone.now() - timedelta(seconds=1)
    Account.objects.update(renewal_lease_until=past, check_lease_until=None)
    monkeypatch.setattr(renewals, "GRACE_SECONDS", -1.0)
    for _ in range(2):
        rested()
        check()
    assert asked(provider, "/v2.0/auth/credentials") == 2
    assert open_kinds() == ["renewal_refused"]


def test_the_pair_before_is_kept_encrypted_until_the_new_one_is_proven(
    provider: Provider,
) -> None:
    old = pair()
    provider.switch(account="server_error")
    assert gateway.refresh_token().kind is RefreshKind.RENEWED
    assert pair() != old
    kept = Account.objects.get().previous_pair
    assert sorted(json.loads(kept).values()) == sorted(old)
    with connection.cursor() as cursor:
        cursor.execute("SELECT previous_pair FROM provider_account")
        (stored,) = cursor.fetchone()
    assert stored
    assert not any(secret in stored for secret in (*old, "access_token"))
    provider.switch(account="ok")
    gateway.refresh_token()
    assert Account.objects.get().previous_pair == ""


def test_08_atualizar_token_rotation_puts_the_old_pair_back_where_the_new_one_is_refused(
    provider: Provider,
) -> None:
    provider.switch(refresh="worthless")
    old = pair()
    result = gateway.refresh_token()
    assert result.kind is RefreshKind.REFUSED
    assert pair() == old
    state = Account.objects.get()
    assert (state.previous_pair, state.dead_token, state.renewer) == ("", "", "")
    assert open_kinds() == ["renewal_refused"]
    assert gateway.check_access().ok
    # The machine asks for no further one by itself.
    verified(hours_ago=25)
    check()
    assert renewals_of(provider) == 1


def test_08_atualizar_token_rotation_keeps_the_new_pair_where_the_old_one_is_dead_too(
    provider: Provider,
) -> None:
    provider.switch(refresh="worthless", token="expired")
    old = pair()
    result = gateway.refresh_token()
    assert result.kind is RefreshKind.REFUSED
    assert pair() != old
    assert open_kinds() == ["token_refused"]
    assert Account.objects.get().dead_token


def test_08_atualizar_token_rotation_keeps_the_new_pair_where_nothing_is_known(
    provider: Provider,
) -> None:
    for switch in ("server_error", "forbidden"):
        provider.switch(account=switch)
        old = pair()
        assert gateway.refresh_token().kind is RefreshKind.RENEWED
        assert pair() != old


def test_what_was_typed_during_a_renewal_counts(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = type(botmaker()).refresh

    def typing(self: Any, credentials: Any) -> Any:
        store.write(ISOCHATBOT.PROVEDOR_REFRESHTOKEN, note="typed-by-a-person")
        return real(self, credentials)

    monkeypatch.setattr(type(botmaker()), "refresh", typing)
    gateway.refresh_token()
    assert pair()[1] == "typed-by-a-person"
    assert Account.objects.get().renewer == ""


def test_a_new_refresh_token_for_the_same_access_token_is_stored(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = pair()[0]
    values = {"access_token": access, "refresh_token": "the-next-one"}
    monkeypatch.setattr(type(botmaker()), "refresh", lambda *_: values)
    gateway.refresh_token()
    assert pair() == (access, "the-next-one")


# One at a time


def test_a_person_joins_the_renewal_under_way(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    Account.objects.get_or_create(adapter="botmaker")
    until = timezone.now() + timedelta(seconds=45)
    Account.objects.update(renewer="a-worker", renewal_lease_until=until)
    naps = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            pairs.give_back(
                Account.objects.get(), "a-worker", outcome=RefreshKind.REFUSED, renewal_detail="no"
            )

    monkeypatch.setattr(renewals.time, "sleep", nap)
    result = gateway.refresh_token()
    assert (result.kind, result.detail, len(naps)) == (RefreshKind.REFUSED, "no", 3)
    assert renewals_of(provider) == 0


def test_a_person_is_not_kept_waiting_for_ever(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    Account.objects.get_or_create(adapter="botmaker")
    until = timezone.now() + timedelta(seconds=45)
    Account.objects.update(renewer="a-worker", renewal_lease_until=until)
    monkeypatch.setattr(renewals, "JOIN_SECONDS", 0.2)
    assert gateway.refresh_token().kind is RefreshKind.RUNNING
    assert renewals_of(provider) == 0


@pytest.mark.full
@pytest.mark.parametrize("profile", PROFILES)
def test_08_atualizar_token_pressed_by_many_is_one_renewal(profile: str) -> None:
    if why_not(profile):
        pytest.skip(why_not(profile))
    with Stack(profile, runs=False) as stack:
        stack.run("scene", "-m", "tests.provider.schedulers", "people", seconds=180)


def test_the_command_renews_and_says_so(
    provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("refresh_token")
    assert capsys.readouterr().out.strip()
    assert renewals_of(provider) == 1
    provider.switch(refresh="refused")
    with pytest.raises(CommandError, match="The refresh was refused"):
        call_command("refresh_token")


def test_a_token_about_to_end_is_renewed_by_one_press(provider: Provider) -> None:
    tokens_end_in(provider, 3600)
    provider.switch(access_seconds=5 * 365 * 24 * 3600)
    assert gateway.refresh_token().kind is RefreshKind.RENEWED
    rested()
    assert check().kind.value == "not_due"
