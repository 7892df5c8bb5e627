"""LG1: a password is guessed no faster at a session that is open than at the door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client

from chat.models import AuditEntry
from isobot import signin
from isobot.models import Tries
from tests.chat.conftest import person
from tests.conftest import PASSWORD
from tests.security.signed import WRONG, sign_in

OWN = "/perfil/senha/"
NEW = "outra-senha-bem-longa-7"
PLACE = "198.51.100.1"


def by_page(password: str = WRONG, place: str = PLACE) -> int:
    return int(sign_in(Client(), "atendente", password, REMOTE_ADDR=place).status_code)


def at_an_open_session(name: str = "atendente", place: str = PLACE) -> Callable[..., Any]:
    """Hands at a session somebody left open: they change the password, if they know the old one."""
    client = Client()
    client.force_login(person(name))

    def change(old: str = WRONG, new: str = NEW) -> Any:
        form = {"old_password": old, "new_password1": new, "new_password2": new}
        return client.post(OWN, form, REMOTE_ADDR=place)

    return change


def test_LG1_the_old_password_is_not_guessed_at_an_open_session(house: None) -> None:
    change = at_an_open_session()
    answers = [change() for _ in range(20)]
    assert [answer.status_code for answer in answers] == [200] * 8 + [429] * 12
    page = answers[-1].content.decode()
    assert "15 minutos" in page
    assert 'href="/perfil/"' in page
    assert "/entrar/" not in page, "they are signed in"
    assert change(PASSWORD).status_code == 429, "a right one is not looked at either"
    assert person("atendente").check_password(PASSWORD)
    assert at_an_open_session("atendente2")(PASSWORD).status_code == 302, "nobody else waits"


def test_LG1_guesses_at_an_open_session_and_at_the_door_are_counted_together(house: None) -> None:
    change = at_an_open_session()
    for _ in range(4):
        change()
        by_page()
    assert change().status_code == 429
    assert by_page(PASSWORD) == 429
    assert by_page(PASSWORD, place="192.0.2.7") == 302, "elsewhere they come in"


def test_LG1_a_right_old_password_leaves_no_try_behind(house: None) -> None:
    change = at_an_open_session()
    for _ in range(signin.PER_NAME_AT_PLACE + 1):
        assert change(PASSWORD, "123").status_code == 200, "the new one is too short"
    assert change(PASSWORD).status_code == 302
    assert set(Tries.objects.values_list("count", flat=True)) == {0}
    assert not AuditEntry.objects.filter(what__startswith="password_").exists()


def test_LG1_the_audit_tells_of_guesses_at_an_open_session(house: None) -> None:
    change = at_an_open_session()
    for _ in range(20):
        change()
    for what in ("password_failed", "password_refused"):
        entry = AuditEntry.objects.get(what=what)
        assert (entry.by, entry.about) == (person("atendente"), "atendente (198.51.100.1)")


def test_LG1_the_administration_has_no_other_page_to_guess_at(house: None) -> None:
    admin = Client()
    admin.force_login(person("admin"))
    form = {"old_password": WRONG, "new_password1": NEW, "new_password2": NEW}
    for answer in (
        admin.get("/admin/password_change/"),
        admin.post("/admin/password_change/", form),
    ):
        assert (answer.status_code, answer.headers["Location"]) == (302, OWN)
