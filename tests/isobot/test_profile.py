"""Each person's language, zone and password; the switch in front of the sign-in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chat.models import ApiToken, Profile
from chat.services import access, profiles
from tests.chat.conftest import person, waiting
from tests.conftest import PASSWORD, Api

NEW = "outra-senha-bem-longa-7"


@pytest.fixture
def ana(house: None) -> User:
    return person("atendente")


@pytest.fixture
def client(ana: User) -> Client:
    client = Client()
    client.force_login(ana)
    return client


def text(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def chooses(client: Client, language: str = "en", time_zone: str = "") -> Any:
    return client.post("/perfil/", {"language": language, "time_zone": time_zone})


def test_pages_turn_english_when_somebody_chooses_it_and_for_nobody_else(client: Client) -> None:
    before = client.get("/omnichannel/", headers={"Accept-Language": "en"})
    assert before.headers["Content-Language"] == "pt-br"
    answer = chooses(client)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/perfil/")
    page = client.get("/omnichannel/", headers={"Accept-Language": "pt-BR"})
    assert page.headers["Content-Language"] == "en"
    assert '<html lang="en"' in page.content.decode()
    assert "Sign out" in page.content.decode()
    other = Client()
    other.force_login(person("atendente2"))
    assert other.get("/omnichannel/").headers["Content-Language"] == "pt-br"
    assert Client().get("/entrar/").headers["Content-Language"] == "pt-br"


def test_pages_show_the_zone_somebody_chose(client: Client, ana: User) -> None:
    conversation = waiting()
    Profile.objects.create(user=ana, time_zone="Asia/Tokyo")
    last = conversation.messages.latest("id").created_at
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    page = text(client, f"/omnichannel/{conversation.pk}/")
    assert f"{last.astimezone(ZoneInfo('Asia/Tokyo')):%H:%M}" in page
    Profile.objects.update(time_zone="")
    page = text(client, f"/omnichannel/{conversation.pk}/")
    assert f"{last.astimezone(ZoneInfo('America/Sao_Paulo')):%H:%M}" in page


def test_the_zones_of_brazil_come_first_by_their_cities(client: Client, ana: User) -> None:
    page = client.get("/perfil/").content.decode()
    groups = re.findall(r'<optgroup label="([^"]+)">', page)
    assert groups[0] == "Brasil" and "America" in groups and groups.count("Brazil") == 0
    assert "O da instalação: São Paulo, Brasília" in page
    assert '<option value="America/Cuiaba">Cuiabá</option>' in page
    assert page.count('value="America/Cuiaba"') == 1


def test_a_zone_this_machine_no_longer_knows_breaks_no_page(client: Client, ana: User) -> None:
    Profile.objects.create(user=ana, language="tlh", time_zone="Mars/Olympus")
    assert profiles.choice_of(person("atendente")) == profiles.DEFAULT
    for address in ("/omnichannel/", "/perfil/"):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    "sent", [{"language": "fr"}, {"language": "en", "time_zone": "Mars/Olympus"}, {}]
)
def test_a_choice_that_does_not_exist_is_refused(client: Client, sent: dict[str, str]) -> None:
    assert client.post("/perfil/", sent).status_code == 200
    assert not Profile.objects.exists()


def test_rest_refuses_in_the_language_of_the_tokens_holder_and_of_nobody_after(
    api: Callable[[str], Api],
) -> None:
    english, other = api("atendente"), api("atendente2")
    Profile.objects.create(user=english.user, language="en")
    path = "/api/v1/conversations/0/"
    for _ in range(2):
        refusal = english.get(path)
        assert refusal.headers["Content-Language"] == "en"
        assert refusal.json() == {"detail": "Not found."}
        assert other.get(path).json() == {"detail": "Não encontrado."}
        assert other.get(path).headers["Content-Language"] == "pt-br"
        assert "credenciais" in Client().get(path).json()["detail"]


def test_the_choice_costs_no_query_where_nobody_looks(client: Client, ana: User) -> None:
    Profile.objects.create(user=ana, language="en")
    with CaptureQueriesContext(connection) as seen:
        client.get("/health/live/")
        client.get("/static/isobot/app.css").close()
        client.get("/api/nothing/")
    assert len(seen) == 0


def test_the_choice_costs_one_query_a_page(client: Client, ana: User) -> None:
    Profile.objects.create(user=ana, language="en")
    with CaptureQueriesContext(connection) as seen:
        client.get("/nothing/")
    asked = [query["sql"] for query in seen if "chat_profile" in query["sql"]]
    assert len(asked) == 1
    assert len(seen) == 3  # session, user, profile


def test_the_switch_in_front_of_the_sign_in_is_kept_in_a_cookie(house: None) -> None:
    client = Client()
    answer = client.post("/idioma/", {"language": "en", "next": "/entrar/esqueci/"})
    assert answer.headers["Location"] == "/entrar/esqueci/"
    cookie = answer.cookies["isobot_language"]
    assert (cookie.value, cookie["samesite"], cookie["httponly"]) == ("en", "Lax", True)
    assert "Forgot the password?" in text(client, "/entrar/")
    client.force_login(person("atendente"))
    assert client.get("/omnichannel/").headers["Content-Language"] == "pt-br"


ELSEWHERE = ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
NO_PATHS = ["", "omnichannel", "-1", "[]", "1e999", "²"]


@pytest.mark.parametrize("elsewhere", [*ELSEWHERE, *NO_PATHS])
def test_CS4_the_switch_leads_nowhere_else(house: None, elsewhere: str) -> None:
    answer = Client().post("/idioma/", {"language": "xx", "next": elsewhere})
    assert answer.headers["Location"] == "/entrar/"
    assert answer.cookies["isobot_language"].value == "pt-br"


def test_a_saved_profile_is_the_language_of_the_sign_in_too(client: Client) -> None:
    assert chooses(client).cookies["isobot_language"].value == "en"
    client.post("/sair/")
    assert client.get("/entrar/").headers["Content-Language"] == "en"


def change(client: Client, old: str = PASSWORD, new: str = NEW) -> Any:
    sent = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post("/perfil/senha/", sent)


def test_LG4_a_new_password_ends_what_was_granted_under_the_old_one(
    client: Client, ana: User
) -> None:
    elsewhere = Client()
    elsewhere.force_login(ana)
    access.issue(ana)
    assert change(client).status_code == 302
    assert client.get("/perfil/").status_code == 200, "this session stays"
    assert elsewhere.get("/perfil/").status_code == 302
    assert not ApiToken.objects.filter(user=ana).exists()
    assert person("atendente").check_password(NEW)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("wrong", NEW, "senha antiga"),
        (PASSWORD, "abc", "muito curta"),
        (PASSWORD, "atendente1", "parecida"),
        (PASSWORD, "12345678901", "numérica"),
    ],
)
def test_a_password_is_refused_with_the_reason(
    client: Client, old: str, new: str, words: str
) -> None:
    answer = change(client, old, new)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert old not in answer.content.decode() or old == "wrong"
    assert person("atendente").check_password(PASSWORD)


def test_the_profile_says_who_one_is(client: Client, ana: User) -> None:
    User.objects.filter(pk=ana.pk).update(email="ana@example.com")
    page = text(client, "/perfil/")
    assert "Ana Lima" in page
    assert "ana@example.com" in page
    assert 'href="/perfil/"' in text(client, "/omnichannel/")


def test_who_configures_is_not_promised_a_link_by_mail(client: Client) -> None:
    assert "para esse e-mail que vai o link" in text(client, "/perfil/")
    client.force_login(person("supervisor"))
    assert "quem configura não recebe link por e-mail" in text(client, "/perfil/")
