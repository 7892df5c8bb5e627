"""People in Django's administration: whose rights are given and taken, and who sees it at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat.models import (
    ApiToken,
    AuditEntry,
)
from chat.services import access, people
from tests.chat.conftest import person
from tests.isobot.administration import CANARY, address, administrator


@pytest.fixture
def client(house: None) -> Client:
    return administrator()


def person_form(row: User, **values: Any) -> dict[str, Any]:
    joined = timezone.localtime(row.date_joined)
    data = {
        "username": row.username,
        "is_active": "on",
        "is_superuser": "on",
        "date_joined_0": joined.strftime("%Y-%m-%d"),
        "date_joined_1": joined.strftime("%H:%M:%S"),
        **values,
    }
    return {name: value for name, value in data.items() if value is not None}


def administrators() -> list[str]:
    active = User.objects.filter(is_active=True, is_superuser=True)
    return sorted(active.values_list("username", flat=True))


@pytest.mark.parametrize("right", ["is_active", "is_superuser"])
def test_nobody_takes_their_own_rights_away(client: Client, right: str) -> None:
    admin_user = person("admin")
    User.objects.create_superuser("outra", password=CANARY)
    change = address(User, "change", admin_user.pk)
    answer = client.post(change, person_form(admin_user, **{right: None}))
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [right]
    delete = address(User, "delete", admin_user.pk)
    assert client.post(delete, {"post": "yes"}).status_code == 403
    client.post(
        address(User, "changelist"),
        {"action": "delete_selected", "_selected_action": admin_user.pk, "post": "yes"},
    )
    assert administrators() == ["admin", "outra"]
    saved = client.post(change, person_form(admin_user, first_name="Nova"))
    assert saved.status_code == 302
    assert person("admin").first_name == "Nova"


def test_the_rights_of_others_are_given_and_taken(client: Client) -> None:
    other = User.objects.create_superuser("outra", password=CANARY)
    change = address(User, "change", other.pk)
    assert client.post(change, person_form(other, is_superuser=None)).status_code == 302
    assert administrators() == ["admin"]
    assert client.post(change, person_form(other)).status_code == 302
    assert administrators() == ["admin", "outra"]
    client.post(address(User, "delete", other.pk), {"post": "yes"})
    assert administrators() == ["admin"]


@pytest.mark.parametrize(
    ("username", "taken"),
    [
        ("atendente", {"is_active": ""}),
        ("supervisor", {"groups": []}),
        ("outra", {"is_superuser": ""}),
    ],
)
def test_who_loses_rights_is_out_at_once_in_browsers_and_programs(
    client: Client, username: str, taken: dict[str, Any]
) -> None:
    User.objects.create_superuser("outra", password=None)
    theirs, somebody = Client(), Client()
    theirs.force_login(person(username))
    somebody.force_login(person("atendente2"))
    access.issue(person(username))
    user = person(username)
    held = {"groups": list(user.groups.values_list("pk", flat=True)), "is_active": "on"}
    if user.is_superuser:
        held |= {"is_staff": "on", "is_superuser": "on"}
    where = address(User, "change", user.pk)
    assert theirs.get("/perfil/").status_code == 200
    client.post(where, person_form(user, **{**held, **taken}))
    assert theirs.get("/perfil/").status_code == 302
    assert not ApiToken.objects.exists()
    client.post(where, person_form(person(username), **held))
    assert theirs.get("/perfil/").status_code == 302, "signs in again"
    assert somebody.get("/perfil/").status_code == 200, "and nobody else is out"


def test_who_lost_the_rights_meanwhile_changes_nobody(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = User.objects.create_superuser("outra", password=CANARY)
    take_turn = people.take_turn

    def too_late(by: User) -> None:
        User.objects.filter(pk=by.pk).update(is_superuser=False)
        take_turn(by)

    monkeypatch.setattr(people, "take_turn", too_late)
    answer = client.post(address(User, "change", other.pk), person_form(other, is_superuser=None))
    assert answer.status_code == 200
    assert answer.context["adminform"].form.non_field_errors()
    assert administrators() == ["outra"]


def test_a_change_of_rights_is_audited_and_a_password_only_as_a_fact(client: Client) -> None:
    ana = person("atendente")
    data = {
        "username": "atendente",
        "is_active": "on",
        "is_superuser": "on",
        "date_joined_0": "2026-11-20",
        "date_joined_1": "10:00:00",
    }
    assert client.post(address(User, "change", ana.pk), data).status_code == 302
    entry = AuditEntry.objects.latest("id")
    assert "atendente" in entry.about
    assert ["False", "True"] in entry.data["changes"].values()
    password = reverse("admin:auth_user_password_change", args=[ana.pk])
    new = {"password1": CANARY, "password2": CANARY, "usable_password": "true"}
    assert client.post(password, new).status_code == 302
    assert person("atendente").check_password(CANARY)
    entry = AuditEntry.objects.latest("id")
    assert (entry.what, entry.by) == ("changed", person("admin"))
    assert CANARY not in json.dumps(entry.data)


def test_a_user_is_added(client: Client) -> None:
    data = {
        "username": "nova",
        "password1": CANARY,
        "password2": CANARY,
        "usable_password": "true",
    }
    assert client.post(address(User, "add"), data).status_code == 302
    assert User.objects.get(username="nova").check_password(CANARY)
    assert CANARY not in json.dumps(list(AuditEntry.objects.values_list("data", flat=True)))
