"""Usuários: administrators write them, supervisors read them, and one administrator is left."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from django.contrib.auth.models import User

from chat import permissions
from chat.errors import NotAllowed
from chat.models import ApiToken, AuditEntry
from chat.services import access, people
from tests.chat.conftest import person, served
from tests.conftest import PASSWORD
from tests.console.conftest import At

LIST = "/supervisor/usuarios/"
ADD = f"{LIST}incluir/"
NEW_PASSWORD = "um-segredo-novo-7"


def row(username: str) -> str:
    return f"{LIST}ver,{person(username).pk}"


def filled(username: str, **fields: Any) -> dict[str, Any]:
    found = {"username": username, "role": "agent", "active": "on"}
    return {**found, **fields}


def role(username: str) -> str:
    return str(people.with_roles().get(username=username).role)


@pytest.mark.parametrize("given", ["agent", "supervisor", "admin"])
def test_an_administrator_makes_a_user_of_each_role_once(desk: At, given: str) -> None:
    admin = desk("admin")
    token = admin.get(ADD).submission
    fields = filled("carla", first_name="Carla", role=given, password=NEW_PASSWORD)
    first, second = (admin.post(ADD, submission=token, **fields) for _ in range(2))
    assert first.location == second.location == row("carla")
    carla = person("carla")
    assert carla.check_password(NEW_PASSWORD) and role("carla") == given
    assert carla.is_staff is carla.is_superuser is (given == "admin")
    assert permissions.is_supervisor(carla) is (given != "agent")
    entry = AuditEntry.objects.get()
    assert entry.what == "added" and NEW_PASSWORD not in str(entry.data)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"username": ""}, "username"),
        ({"username": "ATENDENTE"}, "username"),
        ({"username": "com espaço"}, "username"),
        ({"username": "x" * 151}, "username"),
        ({"email": "isto não é"}, "email"),
        ({"role": "dono"}, "role"),
        ({"password": ""}, "password"),
        ({"password": "123"}, "password"),
        ({"password": "carla-carla"}, "password"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(desk: At, fields: dict[str, Any], wrong: str) -> None:
    sent = {**filled("carla-carla", password=NEW_PASSWORD), **fields}
    page = desk("admin").add(ADD, **sent)
    assert page.status == 400
    assert len(page.errors) == 1 and f'href="#id_{wrong}"' in page.text
    assert NEW_PASSWORD not in page.text, "what was typed as a secret is not sent back"
    assert User.objects.count() == 4


def test_everything_that_is_wrong_is_said_at_once(desk: At) -> None:
    fields = filled("com espaço", email="isto não é", role="dono", password="123")
    page = desk("admin").add(ADD, **fields)
    assert page.status == 400 and len(page.errors) == 4
    assert page.errors[0] == "O login tem só letras, números e @ . + - _, sem espaços."
    for wrong in ("username", "email", "role", "password"):
        assert f'href="#id_{wrong}"' in page.text


def test_a_change_is_audited_by_what_changed_and_a_blank_password_stays(desk: At) -> None:
    answer = desk("admin").post(
        row("atendente"), **filled("atendente", first_name="Ana", last_name="Lima", email="a@b.co")
    )
    assert answer.status == 302
    assert person("atendente").check_password(PASSWORD)
    assert list(AuditEntry.objects.get().data["changes"].values()) == [["", "a@b.co"]]


def test_the_list_shows_role_classifications_and_state(desk: At) -> None:
    User.objects.filter(username="atendente2").update(is_active=False)
    page = desk("supervisor").get(LIST).text
    for words in ("Ana Lima", "Atendente", "Supervisor", "Administrador", "WhatsApp", "Inativo"):
        assert words in page
    assert f'href="{ADD}"' not in page, "a supervisor adds nobody"
    assert f'href="{ADD}"' in desk("admin").get(LIST).text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "ana"}, {"atendente"}),
        ({"papel": "agent"}, {"atendente", "atendente2"}),
        ({"papel": "supervisor"}, {"supervisor"}),
        ({"papel": "admin"}, {"admin"}),
        ({"ativo": "0"}, set()),
    ],
)
def test_the_filter_leaves_what_was_asked_for(
    desk: At, query: dict[str, str], found: set[str]
) -> None:
    page = desk("supervisor").get(LIST, **query).text
    everybody = User.objects.values_list("username", flat=True)
    assert {one for one in everybody if f'data-copy="{one}"' in page} == found


def test_the_list_asks_no_query_for_each_row(desk: At, django_assert_max_num_queries: Any) -> None:
    for number in range(10):
        User.objects.create_user(f"pessoa{number}", password=None)
    supervisor = desk("supervisor")
    with django_assert_max_num_queries(12):
        supervisor.get(LIST)


def test_a_supervisor_reads_and_changes_nothing(desk: At) -> None:
    supervisor = desk("supervisor")
    page = supervisor.get(row("atendente")).text
    assert "disabled" in page and 'name="password"' not in page
    assert 'type="submit" class="btn btn-primary"' not in page
    assert supervisor.post(row("atendente"), **filled("atendente", role="admin")).status == 403
    assert supervisor.get(ADD).status == 403
    assert supervisor.post(ADD, **filled("carla", password=NEW_PASSWORD)).status == 403
    assert role("atendente") == "agent" and User.objects.count() == 4


@pytest.mark.parametrize("by", ["supervisor", "atendente"])
def test_the_rule_holds_whoever_calls(house: None, by: str) -> None:
    with pytest.raises(NotAllowed):
        people.save(
            person(by),
            by=person(by),
            username=by,
            first_name="",
            last_name="",
            email="",
            role="admin",
            active=True,
        )
    assert role(by) != "admin"


@pytest.mark.parametrize("change", [{"active": ""}, {"role": "supervisor"}, {"role": "agent"}])
def test_nobody_takes_their_own_rights_away(desk: At, change: dict[str, str]) -> None:
    page = desk("admin").post(row("admin"), **filled("admin", **{"role": "admin", **change}))
    assert page.status == 400 and page.errors
    assert role("admin") == "admin" and person("admin").is_active


def test_an_administrator_who_was_demoted_meanwhile_changes_nobody(desk: At) -> None:
    other = User.objects.create_superuser("outra", password=None)
    stale = person("admin")
    desk("outra").post(row("admin"), **filled("admin", role="agent"))
    with pytest.raises(NotAllowed):
        people.save(
            other,
            by=stale,
            username="outra",
            first_name="",
            last_name="",
            email="",
            role="agent",
            active=True,
        )
    assert role("outra") == "admin", "one is always left"


def test_who_was_disabled_is_out_at_once_and_does_not_come_back_with_a_session(desk: At) -> None:
    ana = desk("atendente")
    access.issue(person("atendente"))
    assert ana.get("/omnichannel/").status == 200
    admin = desk("admin")
    admin.post(row("atendente"), **filled("atendente", active=""))
    assert ana.get("/omnichannel/").status == 302
    assert not ApiToken.objects.exists()
    admin.post(row("atendente"), **filled("atendente"))
    assert person("atendente").is_active
    assert ana.get("/omnichannel/").status == 302, "signs in again"
    assert admin.get(LIST).status == 200, "and nobody else is out"


def test_a_new_password_ends_what_was_open(desk: At) -> None:
    ana = desk("atendente")
    access.issue(person("atendente"))
    desk("admin").post(row("atendente"), **filled("atendente", password=NEW_PASSWORD))
    assert ana.get("/omnichannel/").status == 302
    assert not ApiToken.objects.exists()
    assert NEW_PASSWORD not in str(AuditEntry.objects.get().data)


def test_who_was_demoted_has_no_console_any_more(desk: At) -> None:
    supervisor = desk("supervisor")
    assert supervisor.get(LIST).status == 200
    desk("admin").post(row("supervisor"), **filled("supervisor", role="agent"))
    assert supervisor.get(LIST).status == 302, "signs in again"
    assert desk("supervisor").get(LIST).status == 403


def test_another_name_ends_nothing_and_another_role_does(desk: At) -> None:
    ana = desk("atendente")
    admin = desk("admin")
    admin.post(row("atendente"), **filled("atendente", first_name="Ana Maria"))
    assert ana.get(LIST).status == 403
    admin.post(row("atendente"), **filled("atendente", role="supervisor"))
    assert ana.get(LIST).status == 302
    assert desk("atendente").get(LIST).status == 200


def test_disabling_says_how_many_conversations_are_still_theirs(desk: At) -> None:
    served("atendente")
    served("atendente", who="5541977776666")
    admin = desk("admin")
    assert "Conversas abertas com esta pessoa: 2." in admin.get(row("atendente")).text
    saved = admin.post(row("atendente"), **filled("atendente", active=""))
    page = admin.get(saved.location).text
    assert "continuam com esta pessoa: 2" in page
    assert "que não pode responder: 2." in page


def test_an_agent_has_no_business_here(desk: At) -> None:
    for address in (LIST, ADD, row("atendente")):
        assert desk("atendente").get(address).status == 403
        assert desk("atendente").post(address, **filled("atendente", role="admin")).status == 403
        assert unquote(desk(None).get(address).location) == f"/entrar/?next={address}"
