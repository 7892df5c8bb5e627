"""Who may do what, whole: every address × every kind of person × every method.

Each cell runs in a transaction that is undone. An address that is missing here fails the test,
and so does a line here whose address is gone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from chat.models import Contact, Message
from chat.services import access, messages
from chat.views import events
from isobot import health
from tests.chat.conftest import colleague, human, person, served, waiting
from tests.conftest import PASSWORD, Customer

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# The columns of every line below. `atendente` and `marked` are agents of the classification the
# conversations are in, `stranger` of another; {owned} belongs to a further agent.
PEOPLE = (None, "atendente", "stranger", "marked", "supervisor", "admin")
LOGIN = {"username": "atendente", "password": PASSWORD}
SAY = {"text": "Oi", "client_id": "matrix"}

ALL_405 = "405 405 405 405 405 405"
REST_405 = "401 405 405 405 405 405"
CONFIG_405 = "401 403 403 403 405 405"
EVERYBODY = "200 200 200 200 200 200"
SIGNED_IN = "401 200 200 200 200 200"
WHO_SEES = "401 200 404 200 200 200"
SUPERVISORS = "401 403 403 403 200 200"


@dataclass
class Line:
    """One address: an example of it, what is sent to it, and the answers by method."""

    example: str
    body: dict[str, Any]
    answers: dict[str, str]
    otherwise: str


def rest(example: str, body: dict[str, Any] | None = None, **answers: str) -> Line:
    return Line(f"api/v1/{example}", body or {}, answers, REST_405)


def config(example: str, body: dict[str, Any] | None = None, **answers: str) -> Line:
    return Line(f"api/v1/{example}", body or {}, answers, CONFIG_405)


def page(example: str, body: dict[str, Any] | None = None, **answers: str) -> Line:
    return Line(example, body or {}, answers, ALL_405)


OMNI, CONV = "omnichannel/<int:conversation_id>/", "conversations/<int:conversation_id>/"
DETAIL = "parameters/<str:name>/users/<str:user>/details/<str:question>/"
MATRIX = {
    "": page("", GET="302 302 302 302 302 302"),
    "entrar/": Line(
        "entrar/",
        {},
        {
            "GET": "200 302 302 302 302 302",
            "POST": "200 302 302 302 302 302",
            "PUT": "200 302 302 302 302 302",
        },
        "405 302 302 302 302 302",
    ),
    "sair/": page("sair/", POST="302 302 302 302 302 302"),
    "omnichannel/": page("omnichannel/", GET="302 200 200 200 200 200"),
    "omnichannel/lista/": page("omnichannel/lista/", GET=SIGNED_IN),
    "omnichannel/eventos/": page("omnichannel/eventos/", GET=SIGNED_IN),
    OMNI: page("omnichannel/{waiting}/", GET=WHO_SEES),
    f"{OMNI}mensagens/": page("omnichannel/{waiting}/mensagens/", GET=WHO_SEES),
    f"{OMNI}assumir/": page("omnichannel/{waiting}/assumir/", POST="401 200 404 200 409 409"),
    f"{OMNI}responder/": page(
        "omnichannel/{waiting}/responder/", SAY, POST="401 200 404 200 409 409"
    ),
    f"{OMNI}encerrar/": page("omnichannel/{owned}/encerrar/", POST="401 404 404 200 200 200"),
    f"{OMNI}mensagens/<int:message_id>/reenviar/": page(
        "omnichannel/{owned}/mensagens/{failed}/reenviar/", POST="401 404 404 409 409 409"
    ),
    "webhooks/<slug:adapter>/": page("webhooks/botmaker/", POST="403 403 403 403 403 403"),
    "webhooks/<slug:adapter>/<slug:channel_key>/": page(
        "webhooks/botmaker/whatsapp/", POST="404 404 404 404 404 404"
    ),
    "health/live/": page("health/live/", GET=EVERYBODY),
    "health/ready/": page("health/ready/", GET=EVERYBODY),
    "api/schema/": page("api/schema/", GET=EVERYBODY),
    "api/docs/": page("api/docs/", GET=EVERYBODY),
    "simulador/": page("simulador/", GET=EVERYBODY),
    "simulador/estado/": page("simulador/estado/", GET="400 400 400 400 400 400"),
    "simulador/mensagens/": page("simulador/mensagens/", POST="400 400 400 400 400 400"),
    "simulador/ajustes/": page("simulador/ajustes/", POST="503 503 503 503 503 503"),
    "api/v1/auth/token/": rest(
        "auth/token/", LOGIN, POST=EVERYBODY, DELETE="401 204 204 204 204 204"
    ),
    "api/v1/conversations/": rest("conversations/", GET=SIGNED_IN),
    f"api/v1/{CONV}": rest("conversations/{waiting}/", GET=WHO_SEES),
    f"api/v1/{CONV}messages/": rest(
        "conversations/{waiting}/messages/", SAY, GET=WHO_SEES, POST="401 201 404 201 403 403"
    ),
    f"api/v1/{CONV}assume/": rest(
        "conversations/{waiting}/assume/", POST="401 200 404 200 403 403"
    ),
    f"api/v1/{CONV}close/": rest("conversations/{owned}/close/", POST="401 404 404 200 200 200"),
    "api/v1/contacts/": rest(
        "contacts/", {"name": "Nova"}, GET=SIGNED_IN, POST="401 201 201 201 201 201"
    ),
    "api/v1/contacts/<int:contact_id>/": rest(
        "contacts/{contact}/", {"name": "Outro"}, GET=SIGNED_IN, PATCH=SIGNED_IN
    ),
    f"api/v1/{DETAIL}": config(
        "parameters/ISOCHATBOT/users/ISOPADRAO/details/NomeBot/",
        {"answer": "outro"},
        GET=SUPERVISORS,
        PUT=SUPERVISORS,
        DELETE="401 403 403 403 204 204",
    ),
    "api/v1/events/": config("events/", GET=SUPERVISORS),
    "api/v1/events/<int:event_id>/replay/": config("events/{event}/replay/", POST=SUPERVISORS),
}


def addresses(patterns: list[Any], before: str = "") -> Iterator[str]:
    """Every address of the installation, as its route is written."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        else:
            assert isinstance(pattern, URLPattern)
            yield route


def test_every_address_is_in_the_matrix_and_no_other() -> None:
    # Django's own administration is behind one gate, tested below.
    found = {route for route in addresses(get_resolver().url_patterns) if "admin/" not in route}
    assert found == set(MATRIX)


@pytest.fixture
def things(customer: Customer, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """What the examples name, and the people of the columns."""
    colleague("stranger")
    colleague("marked", marked=True, of=human())
    event = customer.event(b"not json")
    owned = served("atendente2", who="5541977776666")
    Message.objects.filter(conversation=owned, author="system").update(status="failed")
    for part in (health.WORKER, health.SCHEDULE):
        health.beat(part)
    # The stream gives its connection back; here it is the one the test's transaction is in.
    monkeypatch.setattr(events.connections, "close_all", lambda: None)
    return {
        "waiting": waiting().pk,
        "owned": owned.pk,
        "failed": Message.objects.get(conversation=owned, author="system").pk,
        "contact": Contact.objects.create(name="Cliente").pk,
        "event": event.pk,
    }


def client_of(username: str | None, address: str) -> Client:
    """Signed in as programs are below /api/, as people are elsewhere."""
    client = Client()
    if username and address.startswith("/api/"):
        token = access.issue(person(username))
        client.defaults["HTTP_AUTHORIZATION"] = f"Token {token}"
    elif username:
        client.force_login(person(username))
    return client


def ask(line: Line, address: str, username: str | None, method: str) -> int:
    """The status of one cell, whose effects are undone."""
    is_json = not address.startswith("/omnichannel/")
    body = json.dumps(line.body) if is_json else urlencode(line.body)
    kind = "application/json" if is_json else "application/x-www-form-urlencoded"
    with transaction.atomic():
        answer = client_of(username, address).generic(method, address, body, content_type=kind)
        transaction.set_rollback(True)
    return int(answer.status_code)


@pytest.mark.parametrize("route", MATRIX)
def test_each_answer_is_the_one_of_the_matrix(things: dict[str, int], route: str) -> None:
    line = MATRIX[route]
    address = "/" + line.example.format(**things)
    expected = {method: line.answers.get(method, line.otherwise) for method in METHODS}
    found = {
        method: " ".join(str(ask(line, address, who, method)) for who in PEOPLE)
        for method in METHODS
    }
    assert found == expected


@pytest.mark.parametrize("username", [None, "atendente", "supervisor"])
def test_the_administration_is_for_administrators_only(house: None, username: str | None) -> None:
    for address in ("/admin/", "/admin/auth/user/", "/admin/auth/user/add/"):
        assert client_of(username, address).get(address).status_code == 302
        assert client_of("admin", address).get(address).status_code == 200


def test_a_session_does_not_open_rest_and_a_token_opens_no_page(house: None) -> None:
    session = Client()
    session.force_login(person("admin"))
    assert session.get("/api/v1/conversations/").status_code == 401
    token = Client(HTTP_AUTHORIZATION=f"Token {access.issue(person('admin'))}")
    assert token.get("/omnichannel/lista/").status_code == 401
    assert token.get("/omnichannel/").status_code == 302


@pytest.mark.parametrize(
    "address",
    [
        "/omnichannel/{waiting}/assumir/",
        "/omnichannel/{waiting}/responder/",
        "/omnichannel/{owned}/encerrar/",
        "/omnichannel/{owned}/mensagens/{failed}/reenviar/",
        "/sair/",
        "/entrar/",
        "/simulador/mensagens/",
    ],
)
def test_a_form_without_its_csrf_token_changes_nothing(
    things: dict[str, int], address: str
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("admin"))
    before = Message.objects.count()
    address = address.format(**things)
    assert client.post(address, SAY).status_code == 403
    assert client.post(address, SAY, headers={"X-CSRFToken": "x" * 32}).status_code == 403
    assert client.get("/omnichannel/lista/").status_code == 200, "still signed in"
    assert Message.objects.count() == before


def test_who_was_disabled_is_out_at_once(house: None) -> None:
    ana = person("atendente")
    page, program = client_of("atendente", "/omnichannel/"), client_of("atendente", "/api/")
    conversation = messages.assume(waiting().pk, by=ana)
    type(ana).objects.filter(pk=ana.pk).update(is_active=False)
    assert page.get("/omnichannel/lista/").status_code == 401
    assert page.post(f"/omnichannel/{conversation.pk}/responder/", SAY).status_code == 401
    assert program.get("/api/v1/conversations/").status_code == 401


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "GET"])
def test_a_method_named_in_a_header_is_not_the_method(house: None, method: str) -> None:
    address = "/api/v1/parameters/ISOCHATBOT/users/ISOPADRAO/details/NomeBot/"
    client = client_of("supervisor", address)
    answer = client.post(address, headers={"X-HTTP-Method-Override": method})
    assert answer.status_code == 405
    assert client.get(address).json()["answer"] == "isocrmsandbox"
