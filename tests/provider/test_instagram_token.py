"""The token of an Instagram account lives 60 days and does not say so: it is renewed by its age."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from provider import credentials, registry
from provider.models import Account, Incident
from provider.services import checks
from tests.conftest import Api
from tests.provider.vendor import Vendor

OWN, PAGE = "IGAA-invented-token-one", "EAAinvented-token-of-a-page"
NEWER = "IGAA-invented-token-two"
REFUSED = {"error": {"code": 190, "message": f"Session has expired for {OWN}"}}
DAY = timedelta(days=1)


@pytest.fixture
def graph(house: None, settings: Any) -> Iterator[Vendor]:
    with Vendor({"username": "loja"}) as vendor:
        settings.META_GRAPH_URL = vendor.url
        yield vendor


@pytest.fixture
def instagram(graph: Vendor, api: Callable[[str], Api]) -> Callable[[str], Any]:
    """Add the channel with this token; what answers is its patch by program."""

    def add(token: str) -> Any:
        held = {"account_id": "178414", "app_secret": "s", "verify_token": "v"}
        body = {
            "kind": "instagram", "adapter": "instagram", "key": "loja",
            "credentials": {**held, "access_token": token},
        }  # fmt: skip
        supervisor = api("supervisor")
        made = supervisor.post("/api/v1/channels/", body, format="json")
        assert made.status_code == 201
        one = f"/api/v1/channels/{made.json()['id']}/"
        return lambda **changed: supervisor.patch(one, {"credentials": changed}, format="json")

    return add


def checked() -> None:
    checks.run(registry.get("instagram"), "loja")


def after(days: float) -> Any:
    return time_machine.travel(timezone.now() + days * DAY, tick=True)


def renewals(graph: Vendor) -> list[str]:
    return [path for path in graph.paths if path.startswith("/refresh_access_token")]


def token() -> str:
    return credentials.load(registry.get("instagram"), "loja")["access_token"]


def answers(graph: Vendor, of: str, status: int, body: dict[str, Any]) -> None:
    graph.answers[f"?grant_type=ig_refresh_token&access_token={of}"] = (status, body)


def test_it_is_renewed_once_a_week_and_kept_encrypted(
    instagram: Callable[[str], Any], graph: Vendor
) -> None:
    instagram(OWN)
    answers(graph, OWN, 200, {"access_token": NEWER, "expires_in": 5184000})
    checked()
    with after(6):
        checked()
    assert (renewals(graph), token()) == ([], OWN)
    with after(8):
        checked()
        assert (len(renewals(graph)), token()) == (1, NEWER)
        checked()
    with after(14):
        checked()
    assert len(renewals(graph)) == 1
    assert not Incident.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM provider_channelcredentials")
        kept = str(cursor.fetchall())
        cursor.execute("SELECT * FROM provider_account")
        kept += str(cursor.fetchall())
    assert OWN not in kept and NEWER not in kept


def test_the_same_token_with_a_longer_life_counts_as_renewed(
    instagram: Callable[[str], Any], graph: Vendor
) -> None:
    instagram(OWN)
    answers(graph, OWN, 200, {"access_token": OWN, "expires_in": 5184000})
    checked()
    for days in (8, 9, 10):
        with after(days):
            checked()
    assert (len(renewals(graph)), token()) == (1, OWN)
    assert not Incident.objects.exists()


def test_a_refusal_is_an_incident_until_there_is_another_token(
    instagram: Callable[[str], Any], graph: Vendor
) -> None:
    change = instagram(OWN)
    answers(graph, OWN, 400, REFUSED)
    checked()
    for days in (8, 9, 10):
        with after(days):
            checked()
            incident = Incident.objects.get(closed_at=None)
            assert (incident.kind, incident.channel_key) == ("renewal_refused", "loja")
            assert OWN not in json.dumps(incident.detail)
    assert (len(renewals(graph)), token()) == (1, OWN)
    with after(11):
        assert change(access_token=NEWER).status_code == 200
        checked()
        assert not Incident.objects.filter(closed_at=None).exists()
    assert len(renewals(graph)) == 1  # a young token is not renewed


def test_a_renewal_without_an_answer_is_tried_again(
    instagram: Callable[[str], Any], graph: Vendor
) -> None:
    instagram(OWN)
    answers(graph, OWN, 500, {"error": {"code": 2, "message": "later"}})
    checked()
    with after(8):
        checked()
        assert Incident.objects.get(closed_at=None).kind == "unreachable"
    answers(graph, OWN, 200, {"access_token": NEWER})
    with after(9):
        checked()
        assert token() == NEWER
        assert not Incident.objects.filter(closed_at=None).exists()


def test_the_token_of_a_page_has_no_age(instagram: Callable[[str], Any], graph: Vendor) -> None:
    instagram(PAGE)
    for days in (0, 8, 70):
        with after(days):
            checked()
    assert renewals(graph) == []
    assert not Incident.objects.exists()
    assert Account.objects.get(channel_key="loja").renewed_at is None
