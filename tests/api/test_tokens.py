"""REST tokens: how they are had, and everything that ends them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from chat.models import ApiToken
from tests.chat.conftest import person
from tests.conftest import PASSWORD

TOKEN = "/api/v1/auth/token/"
SOMETHING = "/api/v1/conversations/"


def ask(client: APIClient, username: Any = "atendente", password: Any = PASSWORD) -> Any:
    return client.post(TOKEN, {"username": username, "password": password}, format="json")


@pytest.fixture
def signed_in(house: None) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {ask(client).json()['token']}")
    return client


def status(client: APIClient) -> int:
    code: int = client.get(SOMETHING).status_code
    return code


def test_a_password_gets_a_token_that_opens_the_interface(signed_in: APIClient) -> None:
    assert status(signed_in) == 200


def test_only_a_digest_of_the_token_is_kept(house: None) -> None:
    answer = ask(APIClient())
    assert list(answer.json()) == ["token"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM chat_apitoken")
        assert answer.json()["token"] not in repr(cursor.fetchall())


def test_two_tokens_of_one_user_are_different_and_both_good(house: None) -> None:
    tokens = {ask(APIClient()).json()["token"] for _ in range(2)}
    assert len(tokens) == 2
    for token in tokens:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
        assert status(client) == 200


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("atendente", "wrong"),
        ("nobody", PASSWORD),
        ("atendente", PASSWORD + " "),
        ("atendente", " " + PASSWORD),
        ("ATENDENTE ", PASSWORD),
    ],
)
def test_LG2_a_wrong_login_is_401_with_one_and_the_same_answer(
    house: None, username: str, password: str
) -> None:
    answer = ask(APIClient(), username, password)
    assert answer.status_code == 401
    assert answer.json() == ask(APIClient(), "nobody at all", "x").json()
    assert answer.headers["WWW-Authenticate"] == "Token"
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "atendente"},
        {"username": "", "password": PASSWORD},
        {"username": "a\x00", "password": PASSWORD},
        {"username": "a\ud800", "password": PASSWORD},
        {"username": "a" * 151, "password": PASSWORD},
        {"username": "atendente", "password": "x" * 4097},
        {"username": ["atendente"], "password": PASSWORD},
        {"username": None, "password": PASSWORD},
        [],
        "text",
    ],
)
def test_bad_input_is_400(house: None, body: Any) -> None:
    raw = json.dumps(body).encode()
    answer = APIClient().generic("POST", TOKEN, raw, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "body",
    [b"{", b"[" * 100_000, b'{"username": NaN}', b"\xff\xfe", b"1" * 5000],
    ids=["cut off", "nested", "not a number", "no text", "a long number"],
)
def test_what_is_not_json_is_400(house: None, body: bytes) -> None:
    client = APIClient()
    answer = client.generic("POST", TOKEN, body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "header", ["Token", "Token ", "Token a b", "Token não", "Token x\x7f", "Basic eA=="]
)
def test_a_header_that_is_no_good_token_is_401(house: None, header: str) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header)
    assert status(client) == 401


def change_password(user: User) -> None:
    user.set_password("another-password-2")
    user.save()


def disable(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def promote(user: User) -> None:
    user.groups.add(Group.objects.get(name="Supervisores"))


def make_admin(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_superuser=True)


@pytest.mark.parametrize("change", [change_password, disable, promote, make_admin])
def test_LG4_a_change_of_password_or_rights_ends_the_token_for_good(
    signed_in: APIClient, change: Any
) -> None:
    change(person("atendente"))
    assert status(signed_in) == 401
    User.objects.filter(username="atendente").update(is_active=True, is_superuser=False)
    person("atendente").groups.clear()
    assert status(signed_in) == 401


def test_losing_a_group_ends_the_token_too(house: None) -> None:
    client = APIClient()
    token = ask(client, "supervisor").json()["token"]
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    assert status(client) == 200
    person("supervisor").groups.clear()
    assert status(client) == 401


def test_a_change_of_somebody_else_ends_nothing(signed_in: APIClient) -> None:
    change_password(person("atendente2"))
    assert status(signed_in) == 200


def test_delete_ends_this_token_and_no_other(signed_in: APIClient) -> None:
    other = APIClient()
    other.credentials(HTTP_AUTHORIZATION=f"Token {ask(other).json()['token']}")
    assert signed_in.delete(TOKEN).status_code == 204
    assert (status(signed_in), status(other)) == (401, 200)
    assert signed_in.delete(TOKEN).status_code == 401


def test_a_dead_token_in_the_header_does_not_keep_its_holder_out(signed_in: APIClient) -> None:
    assert signed_in.delete(TOKEN).status_code == 204
    assert ask(signed_in).status_code == 200


def test_ninety_days_without_use_end_the_token_and_use_keeps_it(signed_in: APIClient) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        for day in (89, 178):
            clock.move_to(start + timedelta(days=day))
            assert status(signed_in) == 200
        clock.move_to(start + timedelta(days=178 + 90))
        assert status(signed_in) == 401
    assert not ApiToken.objects.exists()


def test_LG1_repeated_wrong_passwords_are_throttled_in_portuguese(house: None) -> None:
    client = APIClient()
    codes = [ask(client, password="wrong").status_code for _ in range(12)]
    assert codes[0] == 401
    assert codes[-1] == 429
    right = ask(client)
    assert right.status_code == 429
    assert "15 minutos" in right.json()["detail"]
    assert ask(client, "supervisor").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert ask(client).status_code == 200


def test_rights_that_change_back_do_not_bring_a_token_back(api: Callable[[str], Any]) -> None:
    client = api("atendente")
    user = User.objects.get(username="atendente")
    user.is_active = False
    user.save()
    user.is_active = True
    user.save()
    assert client.get("/api/v1/conversations/").status_code == 401


def test_a_role_that_came_and_went_ends_the_token(api: Callable[[str], Any]) -> None:
    client = api("atendente")
    user = User.objects.get(username="atendente")
    group, _made = Group.objects.get_or_create(name="Supervisores")
    user.groups.add(group)
    user.groups.remove(group)
    assert client.get("/api/v1/conversations/").status_code == 401
