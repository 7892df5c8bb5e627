"""What people and programs are told when something goes wrong, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connections
from django.test import Client

from chat.models import Profile
from chat.services import access
from isobot import views
from tests.chat.conftest import person
from tests.conftest import Customer

TOO_LARGE = 4 * 1024 * 1024 + 100
WORDS = {
    "csrf": ("Esta página perdeu a validade", "This page is no longer valid"),
    "400": ("Não entendemos o pedido", "We could not understand the request"),
    "403": ("Você não tem acesso a esta página", "You do not have access here"),
    "404": ("Página não encontrada", "Page not found"),
    "413": ("O que foi enviado é grande demais", "What was sent is too large"),
    "429": ("Muitas tentativas", "Too many attempts"),
    "500": ("Algo falhou do nosso lado", "Something failed on our side"),
    "503": ("Voltamos já", "Back in a moment"),
}


def broken(error: Exception) -> Callable[..., Any]:
    def view(*_: Any, **__: Any) -> Any:
        raise error

    return view


def csrf(client: Client, _: Any) -> Any:
    return client.post("/perfil/", {"language": "en"})


def bad(client: Client, _: Any) -> Any:
    many = {f"f{number}": "x" for number in range(1100)}
    return client.post("/idioma/", {"csrfmiddlewaretoken": token(client), **many})


def forbidden(client: Client, _: Any) -> Any:
    client.force_login(person("admin"))
    client.cookies["isobot_language"] = "x"
    return client.post("/admin/chat/message/add/", headers={"X-CSRFToken": token(client)})


def missing(client: Client, _: Any) -> Any:
    return client.get("/nao-existe/")


def too_large(client: Client, _: Any) -> Any:
    token(client)  # what a browser has: the cookie
    return client.post("/perfil/", {"language": "x" * TOO_LARGE})


def too_often(client: Client, _: Any) -> Any:
    headers = {"X-CSRFToken": token(client)}
    for _number in range(5):
        answer = client.post("/entrar/esqueci/", {"email": "a@example.com"}, headers=headers)
    return answer


def failed(client: Client, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("chat.views.profile.render", broken(RuntimeError("/srv/secret/path")))
    return client.get("/perfil/")


def away(client: Client, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("chat.views.profile.render", broken(OperationalError("/srv/secret/path")))
    return client.get("/perfil/")


def token(client: Client) -> str:
    page = client.get("/perfil/").content.decode()
    found = re.search(r'name="csrf-token" content="(\w+)"', page)
    assert found
    return found[1]


ASK: dict[str, tuple[Callable[[Client, Any], Any], int]] = {
    "csrf": (csrf, 403),
    "400": (bad, 400),
    "403": (forbidden, 403),
    "404": (missing, 404),
    "413": (too_large, 413),
    "429": (too_often, 429),
    "500": (failed, 500),
    "503": (away, 503),
}


@pytest.mark.parametrize("language", [0, 1], ids=["pt-br", "en"])
@pytest.mark.parametrize("case", ASK)
def test_each_page_says_what_happened_and_the_way_back(
    house: None, monkeypatch: pytest.MonkeyPatch, case: str, language: int
) -> None:
    code = ("pt-br", "en")[language]
    for username in ("atendente", "admin"):
        Profile.objects.create(user=person(username), language=code)
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.force_login(person("atendente"))
    ask, status = ASK[case]
    answer = ask(client, monkeypatch)
    page = answer.content.decode()
    assert answer.status_code == status
    assert f"<h1>{WORDS[case][language]}</h1>" in page
    assert f'<html lang="{code}"' in page
    assert answer.headers["Content-Language"] == code
    assert f"<code>{answer.headers['X-Request-ID']}</code>" in page
    assert re.search(r'<a class="btn btn-primary" href="/', page)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "/srv/" not in page
    assert "Traceback" not in page
    assert str(Path(views.__file__).parent) not in page
    assert ("Retry-After" in answer.headers) == (status == 503)


def holder(language: str) -> Client:
    ana = person("atendente")
    Profile.objects.create(user=ana, language=language)
    return Client(
        raise_request_exception=False, headers={"Authorization": f"Token {access.issue(ana)}"}
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [("pt-br", "Não encontrado"), ("en", "Not found")],
)
def test_programs_get_the_same_as_json(
    house: None, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    client = holder(language)
    assert words in client.get("/api/v1/conversations/0/").json()["detail"]
    large = client.post("/api/v1/contacts/", "x" * TOO_LARGE, content_type="application/json")
    assert (large.status_code, list(large.json())) == (413, ["detail"])
    for error, status in (
        (RuntimeError("/srv/path"), 500),
        (OperationalError("/srv/path"), 503),
        (InterfaceError("/srv/path"), 503),
    ):
        monkeypatch.setattr("chat.api.conversations._seen", broken(error))
        answer = client.get("/api/v1/conversations/0/")
        assert answer.status_code == status
        assert list(answer.json()) == ["detail"]
        assert "/srv/" not in answer.content.decode()
        assert answer.headers["Content-Language"] == language
        assert answer.headers["X-Request-ID"]
    assert client.get("/api/nothing/").json() == {"detail": "Não encontrado."}


def test_webhooks_keep_their_own_answer_to_what_is_too_large(customer: Customer) -> None:
    answer = customer.post(b"x" * TOO_LARGE)
    assert (answer.status_code, answer.content) == (413, b"")


@pytest.mark.parametrize("language", ["pt-br", "en"])
@pytest.mark.parametrize("address", ["/", "/perfil/", "/admin/", "/entrar/", "/omnichannel/"])
def test_a_database_that_is_away_is_a_503_that_needs_none(
    house: None, monkeypatch: pytest.MonkeyPatch, address: str, language: str
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(person("admin"))
    client.cookies["isobot_language"] = language
    gone = broken(OperationalError("could not connect to 10.0.0.9"))
    with monkeypatch.context() as patch:
        patch.setattr(type(connections["default"]), "cursor", gone)
        answer = client.get(address)
        alive = client.get("/health/live/")
        program = client.get("/api/v1/conversations/", headers={"Authorization": "Token x"})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    page = answer.content.decode()
    assert WORDS["503"][language == "en"] in page
    assert f"<code>{answer.headers['X-Request-ID']}</code>" in page
    assert "10.0.0.9" not in page
    assert answer.headers["Content-Security-Policy"]
    assert alive.status_code == 200
    assert (program.status_code, list(program.json())) == (503, ["detail"])
    assert program.headers["Retry-After"]


def test_a_wrong_password_too_often_is_a_page_with_an_id(house: None) -> None:
    client = Client()
    for _ in range(9):
        answer = client.post("/entrar/", {"username": "atendente", "password": "x"})
    assert answer.status_code == 429
    assert f"<code>{answer.headers['X-Request-ID']}</code>" in answer.content.decode()


FORM = '--x\r\nContent-Disposition: form-data; name="{0}"\r\n\r\n\\ud800\r\n--x--\r\n'
CHARSETS = ("unicode_escape", "utf-7", "latin-1", "nonsense")


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/entrar/", "username"),
        ("/idioma/", "next"),
        ("/supervisor/chat/classificacoes/incluir/", "description"),
    ],
)
def test_a_form_in_another_charset_is_not_understood(
    house: None, client: Client, path: str, field: str, charset: str
) -> None:
    if path.startswith("/supervisor/"):
        client.force_login(person("supervisor"))
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    answer = client.generic("POST", path, FORM.format(field).encode(), content_type=kind)
    assert answer.status_code == 400
    assert WORDS["400"][0] in answer.content.decode()


def test_rest_in_another_charset_is_answered_as_json(house: None, client: Client) -> None:
    kind = "application/json; charset=unicode_escape"
    answer = client.post("/api/v1/token/", "{}", content_type=kind)
    assert (answer.status_code, list(answer.json())) == (400, ["detail"])


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", "us-ascii"])
def test_a_form_in_utf8_is_understood(house: None, client: Client, charset: str) -> None:
    body = FORM.format("next")
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    assert client.post("/idioma/", body, content_type=kind).status_code == 302


def test_a_webhook_may_name_any_charset(customer: Customer, client: Client) -> None:
    answer = client.post(
        "/webhooks/botmaker/", "{}", content_type="application/json; charset=latin-1"
    )
    assert answer.status_code != 400
