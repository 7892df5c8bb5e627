"""Who may do what, whole: every address × every kind of person × every method.

Each cell runs in a transaction that is undone. An address that is missing in the table of
permissions.py fails the test, and so does a line of it whose address is gone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from chat.models import (
    Channel,
    Contact,
    Conversation,
    EContactType,
    Membership,
    Menu,
    Message,
    PhoneType,
)
from chat.services import access, contacts, messages
from isobot import health
from parameters.models import Detail
from provider.models import MessageTemplate
from tests.api.permissions import MATRIX, METHODS, PEOPLE, SAY, Line
from tests.chat.conftest import attached, colleague, human, person, served, waiting
from tests.conftest import FULL, Customer
from tests.furnish import Rows


def addresses(patterns: list[Any], before: str = "") -> Iterator[str]:
    """Every address of the installation, as its route is written."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        else:
            assert isinstance(pattern, URLPattern)
            yield route


def test_AZ1_every_address_is_in_the_matrix_and_no_other() -> None:
    # Django's own administration is behind one gate, tested below.
    found = {route for route in addresses(get_resolver().url_patterns) if "admin/" not in route}
    assert found == set(MATRIX)


_rows, _things = Rows(), dict[str, Any]()


@pytest.fixture
def things(customer: Customer) -> dict[str, Any]:
    """What the examples name, and the people of the columns: made for the first, then put back."""
    for part in (health.WORKER, health.SCHEDULE):
        health.beat(part)
    if _rows:
        _rows.put_back()
    else:
        _rows.begin()
        _things.update(made(customer))
        _rows.keep()
    # A file lies in this test's own folder.
    waits = Conversation.objects.get(pk=_things["waiting"])
    files = {
        "file": attached(waits).key,
        "unfetched": attached(waits, state="failed", file="").key,
    }
    return {**_things, **files}


def made(customer: Customer) -> dict[str, Any]:
    colleague("stranger")
    User.objects.create_user("gone", password=None, is_active=False)
    colleague("marked", marked=True, of=human())
    event = customer.event(b"not json")
    detail = Detail.objects.select_related("user__parameter").get(question="NomeBot")
    owned = served("atendente2", who="5541977776666")
    phone_type = PhoneType.objects.all()[0].pk
    Message.objects.filter(conversation=owned, author="system").update(status="failed")
    return {
        "waiting": waiting().pk,
        "owned": owned.pk,
        "failed": Message.objects.get(conversation=owned, author="system").pk,
        "contact": contacts.save(Contact(), name="Cliente", phones=[(phone_type, "4130001")]).pk,
        "classification": human().pk,
        "event": event.pk,
        "human": human().pk,
        "channel": Channel.objects.get(key="telegram").pk,
        "phone_type": PhoneType.objects.all()[1].pk,
        "econtact_type": EContactType.objects.all()[1].pk,
        "user": person("stranger").pk,
        "parameter": detail.user.parameter.pk,
        "owner": detail.user.pk,
        "detail": detail.pk,
        "member": Membership.objects.get(user=person("marked")).pk,
        "menu": Menu.objects.get(default=True).pk,
        "template": MessageTemplate.objects.create(
            adapter="botmaker",
            name="boas_vindas",
            language="pt_BR",
            body="Olá",
            state="approved",
            seen_at=event.received_at,
        ).pk,
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


def ask(line: Line, address: str, signed_in: Client, method: str) -> int:
    """The status of one cell, whose effects are undone."""
    client = Client()  # one of its own: what the answer does to the cookies ends with it
    client.defaults, client.cookies = dict(signed_in.defaults), signed_in.cookies.copy()
    is_json = not address.startswith(("/omnichannel/", "/supervisor/"))
    body = json.dumps(line.body) if is_json else urlencode(line.body)
    kind = "application/json" if is_json else "application/x-www-form-urlencoded"
    with transaction.atomic():
        answer = client.generic(method, address, body, content_type=kind)
        transaction.set_rollback(True)
    return int(answer.status_code)


@pytest.mark.parametrize("route", MATRIX)
def test_AZ1_each_answer_is_the_one_of_the_matrix(things: dict[str, Any], route: str) -> None:
    line = MATRIX[route]
    body = {k: v.format(**things) if isinstance(v, str) else v for k, v in line.body.items()}
    line = replace(line, body=body)
    address = "/" + line.example.format(**things)
    clients = {who: client_of(who, address) for who in PEOPLE}
    for method in METHODS:
        expected = dict(zip(PEOPLE, line.answers.get(method, line.otherwise).split(), strict=True))
        # What a method nobody declared would let in lets in the strongest or everybody.
        asked = PEOPLE if FULL or method in line.answers else (PEOPLE[0], PEOPLE[-1])
        found = {who: str(ask(line, address, clients[who], method)) for who in asked}
        assert found == {who: expected[who] for who in asked}, method
        if method in line.answers:  # who was disabled with a session and a token is nobody
            gone = client_of("gone", address)
            assert str(ask(line, address, gone, method)) == expected[None], method


@pytest.mark.parametrize("username", [None, "atendente", "supervisor"])
def test_AZ1_the_administration_is_for_administrators_only(
    house: None, username: str | None
) -> None:
    for address in ("/admin/", "/admin/auth/user/", "/admin/auth/user/add/"):
        assert client_of(username, address).get(address).status_code == 302
        assert client_of("admin", address).get(address).status_code == 200


def test_CS1_a_session_does_not_open_rest_and_a_token_opens_no_page(house: None) -> None:
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
        "/omnichannel/{owned}/transferir/",
        "/omnichannel/{owned}/esperar/",
        "/omnichannel/{owned}/retomar/",
        "/omnichannel/{owned}/vincular/",
        "/omnichannel/{owned}/desvincular/",
        "/omnichannel/{owned}/mensagens/{failed}/reenviar/",
        "/omnichannel/arquivos/{unfetched}/baixar/",
        "/sair/",
        "/entrar/",
        "/entrar/esqueci/",
        "/idioma/",
        "/perfil/",
        "/perfil/senha/",
        "/simulador/mensagens/",
    ],
)
def test_CS1_a_form_without_its_csrf_token_changes_nothing(
    things: dict[str, Any], address: str
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("admin"))
    before = Message.objects.count()
    address = address.format(**things)
    assert client.post(address, SAY).status_code == 403
    assert client.post(address, SAY, headers={"X-CSRFToken": "x" * 32}).status_code == 403
    assert client.get("/omnichannel/lista/").status_code == 200, "still signed in"
    assert Message.objects.count() == before


def test_AZ5_who_was_disabled_is_out_at_once(house: None) -> None:
    ana = person("atendente")
    page, program = client_of("atendente", "/omnichannel/"), client_of("atendente", "/api/")
    conversation = messages.assume(waiting().pk, by=ana)
    type(ana).objects.filter(pk=ana.pk).update(is_active=False)
    assert page.get("/omnichannel/lista/").status_code == 401
    assert page.post(f"/omnichannel/{conversation.pk}/responder/", SAY).status_code == 401
    assert program.get("/api/v1/conversations/").status_code == 401


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "GET"])
def test_AZ6_a_method_named_in_a_header_is_not_the_method(house: None, method: str) -> None:
    address = "/api/v1/parameters/ISOCHATBOT/users/ISOPADRAO/details/NomeBot/"
    client = client_of("supervisor", address)
    answer = client.post(address, headers={"X-HTTP-Method-Override": method})
    assert answer.status_code == 405
    assert client.get(address).json()["answer"] == "isocrmsandbox"
