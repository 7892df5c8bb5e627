"""Incidents: opened by the first failure of any kind, closed by the next success."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from chat.models import Conversation, Message
from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider import gateway
from provider.accounts import IncidentKind
from provider.incident_words import WORDS
from provider.models import Account, Incident
from provider.services import deliveries, incidents, pairs, tokens
from provider.services import renewals as renewals_under_way
from tests.conftest import Provider
from tests.provider.sends import due_now, queue, state_of
from tests.provider.tokens import asked, botmaker, check, open_kinds, renewals, rested, verified

Drain = Callable[[], None]


@pytest.mark.parametrize(
    ("refresh", "kind"),
    [
        ("refused", "renewal_refused"),
        ("server_error", "unreachable"),
        ("unchanged", "renewal_unchanged"),
        ("worthless", "token_refused"),
    ],
)
def test_a_send_that_finds_the_token_dead_opens_an_incident_at_once(
    conversation: Conversation, provider: Provider, drain: Drain, refresh: str, kind: str
) -> None:
    provider.switch(token="expired", refresh=refresh)
    message = queue(conversation, "Olá")
    for _ in range(4):
        drain()
        due_now()
    assert open_kinds() == [kind]
    assert state_of(message) == ("queued", "authentication")
    assert not Message.objects.filter(author="bot", text="Olá", status="sent").exists()
    assert renewals(provider) == 1


def test_a_send_refused_for_credit_is_an_incident_until_one_is_accepted(
    conversation: Conversation, provider: Provider, drain: Drain
) -> None:
    provider.switch(send="no_credit")
    message = queue(conversation, "Olá")
    drain()
    assert state_of(message) == ("failed", "service_access")
    (incident,) = gateway.open_incidents()
    assert (incident.kind, incident.cause) == ("no_credit", "101")
    assert "sem crédito" in incident.happened
    gateway.check_access()
    assert open_kinds() == ["no_credit"], "that the token is good says nothing of credit"
    provider.switch(send="ok")
    queue(conversation, "Olá de novo")
    drain()
    assert open_kinds() == []


def test_a_send_without_the_keys_of_a_renewal_names_them(
    conversation: Conversation, provider: Provider, drain: Drain
) -> None:
    store.write(ISOCHATBOT.PROVEDOR_SECRET_ID, answer="", note="")
    provider.switch(token="expired")
    queue(conversation, "Olá")
    drain()
    (incident,) = gateway.open_incidents()
    assert (incident.kind, incident.keys) == ("missing_keys", "PROVEDOR_SECRET_ID")
    assert "PROVEDOR_SECRET_ID" in incident.happened
    assert "PROVEDOR_SECRET_ID" in incident.next_step


def test_a_renewal_that_works_is_no_incident(
    conversation: Conversation, provider: Provider, drain: Drain
) -> None:
    provider.switch(token="expired")
    queue(conversation, "Olá")
    drain()
    assert not Incident.objects.exists()
    assert provider.texts[-1] == "Olá"


def test_an_accepted_send_closes_the_incident(
    conversation: Conversation, provider: Provider, drain: Drain
) -> None:
    provider.switch(token="expired", refresh="refused")
    message = queue(conversation, "Olá")
    drain()
    assert open_kinds() == ["renewal_refused"]
    provider.switch(token="ok")
    due_now()
    Account.objects.update(probe_after=timezone.now())
    drain()
    assert state_of(message) == ("sent", "")
    assert open_kinds() == []
    (incident,) = Incident.objects.all()
    assert incident.closed_at


def test_the_backlog_leaves_after_new_credentials_and_nothing_is_lost(
    conversation: Conversation, provider: Provider, drain: Drain
) -> None:
    good = store.read(ISOCHATBOT.PROVEDOR_SECRET_ID)
    store.write(ISOCHATBOT.PROVEDOR_SECRET_ID, answer="WRONGWRONGWRONG")
    provider.switch(token="expired")
    sent = [queue(conversation, f"mensagem {number}") for number in range(4)]
    drain()
    assert open_kinds() == ["renewal_refused"]
    store.write(ISOCHATBOT.PROVEDOR_SECRET_ID, answer=good)
    due_now()
    drain()
    assert [state_of(message)[0] for message in sent] == ["sent"] * 4
    assert open_kinds() == []


def test_a_renewal_whose_process_died_is_told_within_a_minute(
    conversation: Conversation,
    provider: Provider,
    drain: Drain,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def dies(*_: Any) -> bool:
        raise SystemExit("the process dies between the answer and writing it down")

    provider.switch(token="expired")
    message = queue(conversation, "Olá")
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(pairs, "store", dies)
        drain()
    told: dict[str, int] = {}
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for seconds in range(0, 80, 2):
            monkeypatch.setattr(
                renewals_under_way.time, "monotonic", lambda now=seconds: float(now)
            )
            clock.shift(2)
            deliveries.drain()
            for kind in open_kinds():
                told.setdefault(kind, seconds)
    # That the token is refused, and once the one who died is surely gone, that no other comes.
    assert list(told) == ["token_refused", "renewal_refused"]
    assert min(told.values()) < 60
    assert asked(provider, "/v2.0/auth/credentials") == 2
    assert state_of(message) == ("queued", "authentication")


def test_the_cause_may_change_and_one_incident_is_open(provider: Provider) -> None:
    provider.switch(account="server_error")
    verified(hours_ago=25)
    check()
    provider.switch(account="ok", token="expired", refresh="refused")
    rested()
    check()
    assert open_kinds() == ["renewal_refused"]
    assert Incident.objects.count() == 2


def test_the_same_trouble_within_an_hour_is_the_same_incident(provider: Provider) -> None:
    state = tokens.account(botmaker())
    for _ in range(3):
        incidents.report(state, IncidentKind.UNREACHABLE, cause="500")
        incidents.close(state)
    assert Incident.objects.count() == 1
    assert open_kinds() == []
    incidents.report(state, IncidentKind.UNREACHABLE, cause="503")
    assert Incident.objects.count() == 2
    Incident.objects.update(closed_at=timezone.now() - timedelta(minutes=61))
    incidents.report(state, IncidentKind.UNREACHABLE, cause="503")
    assert Incident.objects.count() == 3


def test_an_incident_that_comes_back_says_since_when_it_is_back(provider: Provider) -> None:
    state = tokens.account(botmaker())
    incidents.report(state, IncidentKind.UNREACHABLE, cause="500")
    incidents.close(state)
    earlier = timezone.now() - timedelta(minutes=20)
    Incident.objects.update(opened_at=earlier)
    incidents.report(state, IncidentKind.UNREACHABLE, cause="500")
    assert timezone.now() - Incident.objects.get().opened_at < timedelta(minutes=1)


def test_an_incident_that_goes_on_says_when_it_was_last_seen(provider: Provider) -> None:
    state = tokens.account(botmaker())
    incidents.report(state, IncidentKind.NO_ACCESS, cause="403", detail="first")
    begun = timezone.now() - timedelta(hours=3)
    Incident.objects.update(opened_at=begun, last_seen_at=begun)
    incidents.report(state, IncidentKind.NO_ACCESS, cause="403", detail="again")
    incident = Incident.objects.get()
    assert incident.opened_at == begun
    assert timezone.now() - incident.last_seen_at < timedelta(minutes=1)
    assert incident.detail == "again"


def test_the_database_keeps_one_open_incident_of_a_kind(provider: Provider) -> None:
    now = timezone.now()
    row = {"adapter": "botmaker", "kind": "unreachable", "opened_at": now, "last_seen_at": now}
    Incident.objects.create(**row)
    with pytest.raises(IntegrityError), transaction.atomic():
        Incident.objects.create(**row)
    Incident.objects.create(**{**row, "adapter": "acme"})
    Incident.objects.create(**row, closed_at=now)


@pytest.mark.parametrize("kind", list(IncidentKind))
def test_every_kind_says_what_happened_and_what_to_do(kind: IncidentKind) -> None:
    assert kind in WORDS
    incident = Incident(kind=kind, keys="PROVEDOR_ID")
    for sentence in (incident.title, incident.happened, incident.next_step):
        assert sentence
        assert "%" not in sentence


def test_what_is_about_one_channel_names_it() -> None:
    incident = Incident(kind=IncidentKind.UNREACHABLE, adapter="telegram", channel_key="loja")
    assert incident.happened.startswith("Canal loja: O provedor não responde")
    shared = Incident(kind=IncidentKind.UNREACHABLE, adapter="botmaker")
    assert shared.happened.startswith("O provedor não responde")
    ours = Incident(kind=IncidentKind.EVENTS_WAIT, adapter="isobot", channel_key="events_wait")
    assert "events_wait" not in ours.happened
