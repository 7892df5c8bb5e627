"""LG: signing in, staying signed in, and everything that ends it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import hashers
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from chat.models import AuditEntry
from isobot import housekeeping, signin
from isobot.models import Tries
from tests import together
from tests.chat.conftest import person
from tests.conftest import FULL, PASSWORD
from tests.security.signed import WRONG, sign_in
from tests.stack import PROFILES, why_not

DOOR = "/entrar/"
REST = "/api/v1/auth/token/"


def by_page(name: str, password: str = WRONG, place: str = "198.51.100.1", **more: Any) -> int:
    client = more.pop("client", None) or Client()
    return int(sign_in(client, name, password, REMOTE_ADDR=place).status_code)


def by_rest(name: str, password: str = WRONG, place: str = "198.51.100.1") -> int:
    body = {"username": name, "password": password}
    answer = Client().post(REST, body, content_type="application/json", REMOTE_ADDR=place)
    return int(answer.status_code)


def told(what: str) -> list[str]:
    return list(AuditEntry.objects.filter(what=what).order_by("id").values_list("about", flat=True))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer tries for all, so that what follows them takes no time; FULL=1 has all of them."""
    if not FULL:
        monkeypatch.setattr(signin, "PER_PLACE", 12)
        monkeypatch.setattr(signin, "PER_NAME", 10)


DOORS = pytest.mark.parametrize("door", [by_page, by_rest])


@DOORS
def test_LG1_twenty_wrong_passwords_of_one_user(house: None, door: Callable[..., int]) -> None:
    answers = [door("atendente") for _ in range(20)]
    assert set(answers[:8]) <= {200, 401}
    assert set(answers[8:]) == {429}
    assert door("atendente", PASSWORD) == 429, "a right one is not looked at either"
    assert door("supervisor", PASSWORD) in (200, 302)


@DOORS
def test_LG1_one_password_for_two_hundred_users(
    house: None, few: None, door: Callable[..., int]
) -> None:
    answers = [door(f"user{number}") for number in range(200 if FULL else 16)]
    assert set(answers[: signin.PER_PLACE]) <= {200, 401}
    assert set(answers[signin.PER_PLACE :]) == {429}
    assert door("atendente", PASSWORD) == 429
    assert door("atendente", PASSWORD, place="198.51.100.2") in (200, 302)


def test_LG1_one_user_from_everywhere_is_kept_in_their_own_browser(house: None, few: None) -> None:
    mine = Client()
    assert by_page("atendente", PASSWORD, place="192.0.2.7", client=mine) == 302
    mine.post("/sair/")
    answers = [by_page("atendente", place=f"203.0.113.{n}") for n in range(signin.PER_NAME + 5)]
    assert answers[-5:] == [429] * 5
    assert by_page("atendente", PASSWORD, place="192.0.2.7") == 429
    assert by_page("atendente", PASSWORD, place="192.0.2.7", client=mine) == 302
    assert by_page("supervisor", PASSWORD, place="203.0.113.250") == 302


def test_LG1_a_known_browser_guesses_no_more_than_another(house: None) -> None:
    mine = Client()
    by_page("atendente", PASSWORD, client=mine)
    mine.post("/sair/")
    answers = [by_page("atendente", place=f"203.0.113.{n}", client=mine) for n in range(10)]
    assert answers == [200] * 8 + [429] * 2
    assert by_page("supervisor", client=mine) == 200


@pytest.mark.parametrize("cookie", ["", "x", "atendente:x:y", "ação"])
def test_LG1_a_made_up_browser_is_not_known(house: None, cookie: str) -> None:
    client = Client()
    client.cookies["known"] = cookie
    answers = [by_page("atendente", client=client) for _ in range(9)]
    assert answers[-1] == 429
    assert Tries.objects.count() == 3


@pytest.mark.flow
@pytest.mark.parametrize("scene", ["guess", "guess_the_old_one"])
@pytest.mark.parametrize("profile", PROFILES)
def test_LG1_fifty_at_one_moment_are_counted_one_by_one(profile: str, scene: str) -> None:
    if why_not(profile):
        pytest.skip(why_not(profile))
    together.run(profile, scene)


def test_LG1_the_end_of_it_is_not_put_off_by_more_tries(house: None) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        for minute in range(15):
            clock.move_to(start + timedelta(minutes=minute))
            by_page("atendente")
        clock.move_to(start + timedelta(minutes=15, seconds=1))
        assert by_page("atendente", PASSWORD) == 302


def test_LG1_other_spellings_and_networks_are_the_same(house: None) -> None:
    for number, name in enumerate(["atendente", "ATENDENTE", "ａtendente", "atendente\x00"] * 3):
        by_page(name, place=f"2001:db8:1:2::{number:x}")
    assert by_page("atendente", PASSWORD, place="2001:db8:1:2:ffff::1") == 429
    assert by_page("atendente", PASSWORD, place="2001:db8:1:3::1") == 302


def test_LG1_a_right_password_leaves_no_try_behind(house: None) -> None:
    for _ in range(signin.PER_NAME_AT_PLACE + 1):
        assert by_rest("atendente", PASSWORD) == 200
    for _ in range(7):
        by_page("atendente")
    assert by_page("atendente", PASSWORD) == 302
    assert by_page("atendente") == 200
    counts = sorted(Tries.objects.values_list("count", flat=True))
    assert counts == [1, 8, 8], "of both; of the place; of the name"


def test_LG1_an_administrator_lets_everybody_try_again(house: None, capsys: Any) -> None:
    for _ in range(9):
        by_page("atendente")
    call_command("forget_tries")
    assert by_page("atendente", PASSWORD) == 302


def test_LG1_counts_that_ended_are_forgotten(house: None) -> None:
    by_page("atendente")
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        housekeeping.tidy()
    assert not Tries.objects.exists()


def test_LG1_what_is_counted_names_nobody(house: None) -> None:
    by_page("atendente")
    kept = repr(list(Tries.objects.values_list("key", flat=True)))
    assert "atendente" not in kept and "198.51" not in kept


def test_LG1_an_office_may_mistype_and_a_machine_may_not_guess() -> None:
    assert 40 <= signin.PER_PLACE <= 100
    assert 20 <= signin.PER_NAME <= signin.PER_PLACE


def test_LG1_the_audit_tells_who_came_in_and_who_did_not(house: None) -> None:
    by_page("atendente")
    by_page("atendente")
    by_page("atendente", PASSWORD)
    for _ in range(20):
        by_rest("supervisor")
    entry = AuditEntry.objects.get(what="signed_in")
    assert (entry.by, entry.about) == (person("atendente"), "198.51.100.1")
    assert told("sign_in_failed") == ["atendente (198.51.100.1)", "supervisor (198.51.100.1)"]
    assert told("sign_in_refused") == ["supervisor (198.51.100.1)"]


def test_LG1_nobody_fills_the_audit_and_a_password_typed_as_a_name_is_not_kept(
    house: None, few: None
) -> None:
    for number in range(200 if FULL else 16):
        by_page(f"my-own-password-{number}")
    entries = [entry.about for entry in AuditEntry.objects.all()]
    assert len(entries) <= signin.PER_PLACE + 1
    assert set(entries) == {"? (198.51.100.1)"}


@pytest.mark.parametrize("password", [WRONG, "", "ação\x00", "x" * 5000])
def test_LG2_a_user_who_is_not_there_reads_the_same(house: None, password: str) -> None:
    gone = person("atendente2")
    gone.is_active = False
    gone.save()
    User.objects.create_user("sem", password=None)
    names = ("atendente", "nobody", "atendente2", "sem")
    pages = [sign_in(Client(), name, password) for name in names]
    told = {
        (page.status_code, _without(page.content.decode(), name))
        for page, name in zip(pages, names, strict=True)
    }
    assert len(told) == 1
    body = {"username": "", "password": password or "-"}
    answers = [
        Client().post(REST, {**body, "username": name}, content_type="application/json")
        for name in names
    ]
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1


def _without(page: str, name: str) -> str:
    import re  # noqa: PLC0415

    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page).replace(name, "NAME")


def test_LG2_a_password_is_hashed_once_whoever_it_is_of(
    house: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.create_user("sem", password=None)
    User.objects.filter(username="atendente2").update(is_active=False)
    hashed: list[str] = []
    encode = hashers.MD5PasswordHasher.encode

    def counted(self: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return str(encode(self, password, salt))

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", counted)
    for number, name in enumerate(("atendente", "nobody", "atendente2", "sem"), 1):
        assert by_page(name) == 200
        assert len(hashed) == number, name


@pytest.mark.full
def test_LG2_no_clock_tells_who_exists(
    house: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The median of the differences, in time of this thread, below 20 ms.

    What else the machine does is not counted, and the hash is as dear as shows when it is left
    out, no dearer: a slow machine's unevenness grows with it.
    """
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    monkeypatch.setattr(hashers.PBKDF2PasswordHasher, "iterations", 300_000)
    user = person("atendente")
    user.set_password(PASSWORD)
    user.save()

    def takes(name: str, number: int) -> float:
        before = time.thread_time()
        by_page(name, place=f"198.51.100.{number}")
        return time.thread_time() - before

    apart = [takes("atendente", number) - takes("nobody", number) for number in range(15)]
    assert abs(statistics.median(apart)) < 0.020


def test_LG3_the_session_is_another_one_after_the_sign_in(house: None) -> None:
    client = Client()
    client.cookies["sessionid"] = "plantedplantedplantedplanted1234"
    sign_in(client, "atendente", PASSWORD)
    first = client.cookies["sessionid"].value
    assert first != "plantedplantedplantedplanted1234"
    assert client.get("/omnichannel/lista/").status_code == 200
    other = Client()
    other.cookies["sessionid"] = "plantedplantedplantedplanted1234"
    assert other.get("/omnichannel/lista/").status_code == 401
    client.post("/sair/")
    sign_in(client, "atendente", PASSWORD)
    assert client.cookies["sessionid"].value != first


def new_password(user: User) -> None:
    user.set_password("outra-senha-bem-longa-7")
    user.save()


def promoted(user: User) -> None:
    user.groups.add(Group.objects.get(name="Supervisores"))


def promoted_from_the_group(user: User) -> None:
    Group.objects.get(name="Supervisores").user_set.add(user)


def administers(user: User) -> None:
    user.is_superuser = user.is_staff = True
    user.save()


def disabled(user: User) -> None:
    user.is_active = False
    user.save()


def disabled_in_the_database(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def deleted(user: User) -> None:
    user.delete()


def changed_by_an_administrator(user: User) -> None:
    admin = Client()
    admin.force_login(person("admin"))
    form = {"username": user.username, "role": "supervisor", "active": "on"}
    assert admin.post(f"/supervisor/usuarios/ver,{user.pk}", form).status_code == 302


def disabled_by_an_administrator(user: User) -> None:
    admin = Client()
    admin.force_login(person("admin"))
    form = {"username": user.username, "role": "agent"}
    assert admin.post(f"/supervisor/usuarios/ver,{user.pk}", form).status_code == 302


def password_in_the_administration(user: User) -> None:
    admin = Client()
    admin.force_login(person("admin"))
    form = {"password1": "outra-senha-7", "password2": "outra-senha-7", "usable_password": "true"}
    page = f"/admin/auth/user/{user.pk}/password/"
    assert admin.post(page, form).status_code == 302


CHANGES = [
    new_password, promoted, promoted_from_the_group, administers, disabled,
    disabled_in_the_database, deleted, changed_by_an_administrator, disabled_by_an_administrator,
    password_in_the_administration,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_LG4_a_change_of_rights_ends_every_session_and_token(
    house: None, api: Any, change: Callable[[User], None]
) -> None:
    pages, program = [Client(), Client()], api("atendente")
    for page in pages:
        page.force_login(person("atendente"))
    change(person("atendente"))
    assert [page.get("/omnichannel/lista/").status_code for page in pages] == [401, 401]
    assert program.get("/api/v1/conversations/").status_code == 401


def taken_from_the_group(user: User) -> None:
    user.groups.clear()


def the_group_is_gone(_: User) -> None:
    Group.objects.get(name="Supervisores").delete()


@pytest.mark.parametrize("change", [taken_from_the_group, the_group_is_gone])
def test_LG4_who_supervised_is_out_and_stays_out(
    house: None, api: Any, change: Callable[[User], None]
) -> None:
    page, program, supervisor = Client(), api("supervisor"), person("supervisor")
    page.force_login(supervisor)
    change(supervisor)
    Group.objects.get_or_create(name="Supervisores")[0].user_set.add(supervisor)
    assert page.get("/omnichannel/lista/").status_code == 401
    assert program.get("/api/v1/conversations/").status_code == 401


def test_LG4_signing_out_ends_this_session_and_a_copy_of_its_cookie(house: None) -> None:
    client, copy, other = Client(), Client(), Client()
    for one in (client, other):
        one.force_login(person("atendente"))
    copy.cookies["sessionid"] = client.cookies["sessionid"].value
    client.post("/sair/")
    assert copy.get("/omnichannel/lista/").status_code == 401
    assert other.get("/omnichannel/lista/").status_code == 200


def test_LG4_a_new_password_of_ones_own_keeps_only_this_browser(house: None) -> None:
    here, elsewhere = Client(), Client()
    for one in (here, elsewhere):
        one.force_login(person("atendente"))
    new = "outra-senha-bem-longa-7"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post("/perfil/senha/", form).status_code == 302
    assert here.get("/omnichannel/lista/").status_code == 200
    assert elsewhere.get("/omnichannel/lista/").status_code == 401


def test_LG4_what_changes_no_right_ends_nothing(house: None, api: Any) -> None:
    page, program = Client(), api("atendente")
    page.force_login(person("atendente"))
    user = person("atendente")
    user.first_name = "Outra"
    user.save()
    user.groups.set(user.groups.all())
    person("atendente2").groups.add(Group.objects.get(name="Supervisores"))
    assert page.get("/omnichannel/lista/").status_code == 200
    assert program.get("/api/v1/conversations/").status_code == 200


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def ana(house: None, clock: Any) -> Client:
    """Signed in at the start of the clock."""
    client = Client()
    sign_in(client, "atendente", PASSWORD)
    return client


def later(clock: Any, **how_long: int) -> None:
    clock.move_to(timezone.now() + timedelta(**how_long))


def test_LG6_twelve_hours_without_a_person_sign_out(ana: Client, clock: Any) -> None:
    later(clock, hours=11, minutes=59)
    assert ana.get("/omnichannel/lista/").status_code == 200
    later(clock, minutes=2)
    assert ana.get("/omnichannel/lista/").status_code == 401


def test_LG6_what_a_screen_asks_by_itself_keeps_nobody_signed_in(ana: Client, clock: Any) -> None:
    for _ in range(12):
        assert ana.get("/omnichannel/lista/").status_code == 200
        later(clock, hours=1, seconds=1)
    assert ana.get("/omnichannel/lista/").status_code == 401


def test_LG6_who_works_stays_signed_in_and_signs_in_again_after_a_week(
    ana: Client, clock: Any
) -> None:
    for _ in range(7 * 24 // 8 - 1):
        later(clock, hours=8)
        assert ana.get("/omnichannel/").status_code == 200
    later(clock, hours=7, minutes=59)
    assert ana.get("/omnichannel/").status_code == 200
    later(clock, minutes=2)
    assert ana.get("/omnichannel/").status_code == 302


def test_LG6_sessions_that_ended_are_forgotten(ana: Client, clock: Any) -> None:
    assert Session.objects.count() == 1
    housekeeping.tidy()
    assert Session.objects.count() == 1
    later(clock, hours=13)
    housekeeping.tidy()
    assert not Session.objects.exists()


def test_LG6_cookies_are_for_this_server_alone(house: None, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client = Client()
    sign_in(client, "atendente", PASSWORD, secure=True)
    for name in ("sessionid", "csrftoken", "__Host-known"):
        cookie = client.cookies[name]
        assert (cookie["httponly"], cookie["secure"]) == (True, True), name
        assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", ""), name
