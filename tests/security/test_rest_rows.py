"""AZ, ID, MA, IN, RL: what callers ask for that is not theirs, and in ways nobody meant."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chat.bot import engine, menu
from chat.models import (
    Classification,
    Contact,
    Conversation,
    Membership,
    Menu,
    Message,
)
from chat.services import access, bots
from parameters.models import Detail
from provider.models import Delivery, WebhookEvent
from tests.api.permissions import CONFIG_405, MATRIX, METHODS
from tests.chat.conftest import attached, colleague, human, person, served, waiting
from tests.conftest import Api, Customer
from tests.furnish import tables

CONVERSATIONS = "/api/v1/conversations/"
Login = Callable[[str], Api]
# What a request leaves behind of itself.
MARKS = {"ApiToken", "Session"}


def page(username: str) -> Client:
    client = Client()
    client.force_login(person(username))
    return client


def program(username: str) -> Client:
    return Client(HTTP_AUTHORIZATION=f"Token {access.issue(person(username))}")


def everything() -> dict[str, Any]:
    return {model.__name__: rows for model, rows in tables().items()} | dict.fromkeys(MARKS)


def test_AZ2_no_address_of_the_configuration_lets_an_agent_write() -> None:
    lines = {
        route: line
        for route, line in MATRIX.items()
        if route.startswith("supervisor/") or line.otherwise == CONFIG_405
    }
    assert len(lines) > 60
    for route, line in lines.items():
        for method in METHODS:
            answers = line.answers.get(method, line.otherwise).split()
            is_read = method == "GET" and line.otherwise == CONFIG_405
            assert is_read or set(answers[1:4]) in ({"403"}, {"405"}), (route, method)


def test_AZ2_an_agent_changes_nothing_of_it(house: None, customer: Customer) -> None:
    event = customer.event(b"not json")
    other = Classification.objects.create(description="Outra", kind="human")
    detail = "parameters/ISOCHATBOT/users/ISOPADRAO/details/PROVEDOR_TOKEN/"
    asks: list[tuple[str, str, dict[str, Any]]] = [
        ("put", detail, {"answer": "x", "note": "y"}),
        ("delete", detail, {}),
        ("post", "classifications/", {"description": "Nova", "kind": "human"}),
        ("patch", f"classifications/{human().pk}/", {"active": False}),
        ("post", f"classifications/{other.pk}/agents/", {"agent": "atendente"}),
        ("post", "channels/", {"kind": "telegram", "adapter": "botmaker", "line": "1"}),
        ("post", f"events/{event.pk}/replay/", {}),
    ]
    desk, rest = page("atendente"), program("atendente")
    before = everything()
    for method, path, body in asks:
        answer = getattr(rest, method)(
            f"/api/v1/{path}", json.dumps(body), content_type="application/json"
        )
        assert answer.status_code == 403, path
    for path in ("chat/setup/atualizar-token/", f"chat/eventos/reprocessar,{event.pk}"):
        assert desk.post(f"/supervisor/{path}").status_code == 403, path
    assert everything() == before


@pytest.mark.parametrize("username", ["atendente", "marcada"])
def test_AZ3_nobody_gives_themselves_a_right(house: None, username: str) -> None:
    colleague("marcada", marked=True, of=human())
    other = Classification.objects.create(description="Outra", kind="human")
    me = person(username)
    desk, rest = page(username), program(username)
    before = everything()
    mine = f"/supervisor/chat/classificacao/{human().pk}/atendentes/"
    membership = Membership.objects.get(user=me, classification=human())
    answers = [
        rest.post(
            f"/api/v1/classifications/{other.pk}/agents/",
            {"agent": username, "supervisor": True},
            content_type="application/json",
        ),
        desk.post(
            f"/supervisor/chat/classificacao/{other.pk}/atendentes/incluir/", {"user": me.pk}
        ),
        desk.post(f"{mine}ver,{membership.pk}", {"supervisor": "on"}),
        desk.post(f"/supervisor/usuarios/ver,{me.pk}", {"role": "admin", "active": "on"}),
        desk.post("/supervisor/usuarios/incluir/", {"username": "outra", "role": "admin"}),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    admin = desk.post(f"/admin/auth/user/{me.pk}/change/", {"is_superuser": "on"}, follow=True)
    assert admin.status_code == 403
    extra = {"language": "en", "is_superuser": "on", "groups": "1", "role": "admin"}
    desk.post("/perfil/", extra)
    after = everything()
    for name in ("User", "User_groups", "Group", "Membership", "Classification"):
        assert after[name] == before[name], name


def test_AZ3_a_supervisor_makes_nobody_one(house: None) -> None:
    me = person("supervisor")
    form = {"username": "supervisor", "role": "admin", "active": "on"}
    assert page("supervisor").post(f"/supervisor/usuarios/ver,{me.pk}", form).status_code == 403
    assert page("supervisor").get("/admin/", follow=True).status_code == 403
    assert not person("supervisor").is_superuser


def test_AZ4_who_supervises_one_classification_has_no_say_in_another(house: None) -> None:
    other = Classification.objects.create(description="Outra", kind="human")
    colleague("marcada", marked=True, of=other)
    conversation = served("atendente")
    rest, desk = program("marcada"), page("marcada")
    before = everything()
    for verb, body in (
        ("transfer", {"classification": other.pk}), ("hold", {}), ("close", {}), ("assume", {}),
        ("link", {"contact": 1}), ("messages", {"text": "Oi"}),
    ):  # fmt: skip
        answer = rest.post(
            f"{CONVERSATIONS}{conversation.pk}/{verb}/", body, content_type="application/json"
        )
        assert answer.status_code == 404, verb
    assert desk.post(f"/omnichannel/{conversation.pk}/encerrar/").status_code == 404
    body = {"active": False}
    answer = rest.patch(
        f"/api/v1/classifications/{human().pk}/", body, content_type="application/json"
    )
    assert answer.status_code == 403
    assert everything() == before


def test_AZ5_who_left_the_classification_neither_reads_nor_answers(house: None) -> None:
    conversation = waiting()
    desk, rest = page("atendente"), program("atendente")
    assert desk.get(f"/omnichannel/{conversation.pk}/").status_code == 200
    Membership.objects.filter(user=person("atendente")).delete()
    before = Message.objects.count()
    assert desk.get(f"/omnichannel/{conversation.pk}/").status_code == 404
    say = {"text": "Oi", "client_id": "x"}
    assert desk.post(f"/omnichannel/{conversation.pk}/responder/", say).status_code == 404
    answer = rest.post(
        f"{CONVERSATIONS}{conversation.pk}/messages/", say, content_type="application/json"
    )
    assert answer.status_code == 404
    assert rest.get(CONVERSATIONS).json()["results"] == []
    assert Message.objects.count() == before


WAYS = [
    "/supervisor/chat/setup", "//supervisor/chat/setup/", "/supervisor//chat/setup/",
    "/SUPERVISOR/chat/setup/", "/supervisor/./chat/setup/", "/omnichannel/../supervisor/",
    "/omnichannel/%2e%2e/supervisor/chat/setup/", "/supervisor%2fchat%2fsetup/",
    "/supervisor/chat/setup/%00", "/supervisor/chat/setup/;a=b", "/supervisor/chat/setup/.json",
    "/supervisor/chat/%73etup/", "/supervisor/chat/setup/%20", "/%2fsupervisor/chat/setup/",
    "/api/v1/../../supervisor/chat/setup/", "/static/../supervisor/chat/setup/",
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("who", [None, "atendente"])
def test_AZ6_another_spelling_of_an_address_opens_nothing(
    house: None, way: str, who: str | None
) -> None:
    client = page(who) if who else Client()
    answer = client.get(way, follow=True)
    assert answer.status_code in (200, 403, 404)
    if answer.status_code == 200:
        assert answer.redirect_chain[-1][0].startswith("/entrar/")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "CONNECT", "XYZ"])
def test_AZ6_another_method_opens_nothing(house: None, method: str) -> None:
    desk, rest = page("atendente"), program("atendente")
    conversation = served("atendente2")
    before = everything()
    for client, path in (
        (desk, "/supervisor/chat/setup/"), (desk, "/supervisor/usuarios/"),
        (desk, f"/omnichannel/{conversation.pk}/"), (rest, f"{CONVERSATIONS}{conversation.pk}/"),
        (rest, f"{CONVERSATIONS}{conversation.pk}/close/"), (rest, "/api/v1/channels/"),
        (Client(), "/omnichannel/"), (Client(), CONVERSATIONS),
    ):  # fmt: skip
        answer = client.generic(method, path)
        assert answer.status_code in (302, 401, 403, 404, 405), (path, answer.status_code)
    assert everything() == before


# ID: of others


@pytest.fixture
def mine(house: None) -> Conversation:
    """A conversation of "atendente", of which "estranha" has no part."""
    colleague("estranha")
    return served("atendente")


def test_ID1_nothing_of_it_is_found_counted_or_read(mine: Conversation) -> None:
    file = attached(mine)
    desk, rest = page("estranha"), program("estranha")
    for query in (
        {}, {"q": "Maria"}, {"q": mine.identity.external_id}, {"status": "active"},
        {"agent": "atendente"}, {"classification": human().pk}, {"page_size": "200"},
    ):  # fmt: skip
        assert rest.get(CONVERSATIONS, query).json()["results"] == [], query
    for path in (
        f"{CONVERSATIONS}{mine.pk}/", f"{CONVERSATIONS}{mine.pk}/messages/",
        f"/api/v1/attachments/{file.key}/",
    ):  # fmt: skip
        assert rest.get(path).status_code == 404, path
    for path in ("", "mensagens/", "transferir/", "vincular/", "modelo/"):
        assert desk.get(f"/omnichannel/{mine.pk}/{path}").status_code == 404, path
    assert desk.get(f"/omnichannel/arquivos/{file.key}/").status_code == 404
    listed = desk.get("/omnichannel/lista/", {"q": "Maria"}).content.decode()
    assert "Maria Souza" not in listed
    whole = desk.get("/omnichannel/", {"c": mine.pk}).content.decode()
    assert "Maria Souza" not in whole


def test_ID2_nothing_is_written_to_it_and_nothing_of_it_is_taken(mine: Conversation) -> None:
    file = attached(mine)
    theirs = served("atendente2", who="5541977776666")
    Conversation.objects.filter(pk=theirs.pk).update(agent=person("estranha"))
    rest = program("estranha")
    messages, sends = Message.objects.count(), Delivery.objects.count()
    answer = rest.post(
        f"{CONVERSATIONS}{mine.pk}/messages/",
        {"text": "Oi", "client_id": "x"},
        content_type="application/json",
    )
    assert answer.status_code == 404
    for body in ({"attachment": file.key}, {"file": file.key}, {"attachments": [file.key]}):
        answer = rest.post(
            f"{CONVERSATIONS}{theirs.pk}/messages/", body, content_type="application/json"
        )
        assert answer.status_code == 400, body
    assert (Message.objects.count(), Delivery.objects.count()) == (messages, sends)
    file.refresh_from_db()
    assert file.message.conversation_id == mine.pk


def test_ID3_a_row_is_found_below_its_own_parent_only(house: None) -> None:
    other = Classification.objects.create(description="Outra", kind="human")
    member = Membership.objects.filter(classification=human())[0]
    detail = Detail.objects.select_related("user").get(question="NomeBot")
    supervisor = page("supervisor")
    before = everything()
    for path in (
        f"chat/classificacao/{other.pk}/atendentes/ver,{member.pk}",
        f"chat/classificacao/{other.pk}/atendentes/excluir,{member.pk}",
        f"parametros/usuarios/{detail.user_id + 1000}/detalhes/ver,{detail.pk}",
        f"parametros/{detail.user.parameter_id + 1000}/usuarios/ver,{detail.user_id}",
    ):
        assert supervisor.get(f"/supervisor/{path}").status_code == 404, path
        assert supervisor.post(f"/supervisor/{path}", {"answer": "x"}).status_code == 404, path
    assert everything() == before


def test_ID4_nobody_names_a_person_of_a_channel_from_outside(mine: Conversation) -> None:
    """Conversations and their people come from providers: no call makes one, or takes its id."""
    rest = program("atendente")
    body = {"source_id": "1", "external_id": mine.identity.external_id, "channel": 1}
    assert rest.post(CONVERSATIONS, body, content_type="application/json").status_code == 405
    made = rest.post(
        "/api/v1/contacts/",
        {"name": "Nova", "identity": 1, **body},
        content_type="application/json",
    )
    assert made.status_code == 201
    mine.identity.refresh_from_db()
    assert mine.identity.contact_id != made.json()["id"]


# MA: more than was asked for

HIDDEN = {
    "id": 999, "code": 999, "pk": 999, "owner": "supervisor", "state": "closed", "status": "closed",
    "agent": "supervisor", "agent_id": 1, "classification": 1, "is_staff": True,
    "is_superuser": True, "external_id": "x", "created_at": "2001-01-01T00:00:00Z", "version": 0,
    "anonymous": True, "discovered": True, "password": "x", "groups": [1], "last_preview": "x",
    "memberships": [{"user": 1}], "contact": {"id": 1}, "identity": {"external_id": "x"},
}  # fmt: skip


def without(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def test_MA1_what_a_call_does_not_name_is_not_written(house: None, api: Login) -> None:
    contact = Contact.objects.create(name="Antes")
    contact_before = Contact.objects.values().get(pk=contact.pk)
    supervisor = api("supervisor")
    answer = supervisor.patch(
        f"/api/v1/contacts/{contact.pk}/", {**HIDDEN, "name": "Depois"}, format="json"
    )
    assert answer.status_code in (200, 400)
    after = Contact.objects.values().get(pk=contact.pk)
    assert without(after, "name") == without(contact_before, "name")
    row = human()
    before = Classification.objects.values().get(pk=row.pk)
    members = list(Membership.objects.values())
    answer = supervisor.patch(
        f"/api/v1/classifications/{row.pk}/", {**HIDDEN, "active": True}, format="json"
    )
    assert answer.status_code in (200, 400)
    assert Classification.objects.values().get(pk=row.pk) == before
    assert list(Membership.objects.values()) == members


@pytest.mark.parametrize("verb", ["messages", "assume", "close", "hold", "transfer"])
def test_MA1_an_act_takes_nothing_else_along(house: None, api: Login, verb: str) -> None:
    conversation = waiting() if verb == "assume" else served()
    before = Conversation.objects.values().get(pk=conversation.pk)
    users = list(User.objects.order_by("pk").values_list("pk", "is_staff", "is_superuser"))
    body = {**HIDDEN, "text": "Oi", "client_id": "x", "agent": "atendente2"}
    if verb == "transfer":
        del body["classification"]
    answer = api("atendente").post(f"{CONVERSATIONS}{conversation.pk}/{verb}/", body, format="json")
    assert answer.status_code < 500
    after = Conversation.objects.values().get(pk=conversation.pk)
    for name in ("id", "identity_id", "contact_id", "opened_at", "previous_id"):
        assert after[name] == before[name], name
    assert after["version"] >= before["version"]
    if verb != "transfer":
        assert after["agent_id"] in (before["agent_id"], person("atendente").pk)
    assert not Message.objects.filter(external_id="x").exists()
    assert list(User.objects.order_by("pk").values_list("pk", "is_staff", "is_superuser")) == users


@pytest.mark.parametrize(
    "body",
    [[], [{"name": "a"}], "text", 7, None, {"name": {"first": "a"}}, {"name": ["a"]},
     {"name": "a", "phones": {"type": 1}}, {"name": "a", "phones": [[1]]},
     {"name": "a", "phones": [{"type": {"code": 1}, "number": "1"}]}, {"name": True}],
)  # fmt: skip
def test_MA2_a_body_of_another_shape_is_400(house: None, api: Login, body: Any) -> None:
    before = Contact.objects.count()
    answer = api("atendente").post("/api/v1/contacts/", body, format="json")
    assert answer.status_code == 400
    assert Contact.objects.count() == before


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("conversations/", "status=active&status=closed"),
        ("conversations/", "classification=1&classification=2"),
        ("conversations/", "q=a&q=b"),
        ("conversations/{}/messages/", "after=1&after=2"),
    ],
)
def test_MA2_what_is_asked_twice_is_400(house: None, api: Login, path: str, query: str) -> None:
    path = path.format(served().pk)
    answer = api("atendente").get(f"/api/v1/{path}?{query}")
    assert answer.status_code == 400
    assert list(answer.json()) == [query.partition("=")[0]]


# IN: texts that are more than text

LOOKUPS = [
    "order_by=password", "ordering=-agent__password", "ordering=-a.b", "status__in=active",
    "agent__password__regex=.*", "_connector=OR", "_negated=1", "classification__isnull=1",
    "filter[status]=x", "fields=password", "expand=agent", "include=all",
]  # fmt: skip


@pytest.mark.parametrize("query", LOOKUPS)
def test_IN1_no_field_is_named_from_outside(house: None, api: Login, query: str) -> None:
    conversation = waiting()
    waiting(who="5541977776666", name="Outra")
    agent = api("atendente")
    for path in ("conversations/", f"conversations/{conversation.pk}/messages/", "contacts/"):
        plain = agent.get(f"/api/v1/{path}").json()
        answer = agent.get(f"/api/v1/{path}?{query}")
        assert answer.status_code == 400 or answer.json()["results"] == plain["results"], path
        assert "password" not in answer.content.decode()


@pytest.mark.parametrize(
    "text",
    ["' OR 1=1--", "%", "_", "\\", "\x00", "a\x00b", "x" * 10_000, "%' AND (SELECT 1)=1--",
     "\ud800", "😀" * 3000, "(a+)+$", "*", "{}", "$where"],
    ids=ascii,
)  # fmt: skip
def test_IN1_no_search_is_an_error_or_finds_what_it_does_not_name(
    house: None, api: Login, text: str
) -> None:
    waiting()
    query = {"q": text.encode("utf-8", "surrogatepass")}
    answer = api("supervisor").get(CONVERSATIONS, query)
    assert answer.status_code == 400 or answer.json()["results"] == []
    desk = page("supervisor")
    for path in ("usuarios", "auditoria", "cadastros/contatos", "chat/eventos", "chat/canais"):
        assert desk.get(f"/supervisor/{path}/", query).status_code == 200, path


@pytest.mark.parametrize(
    "text",
    ["a" * 30 + "!", "a" * 64_000, "1" * 64_000, " " * 64_000, "\n" * 64_000, "eyJ" * 20_000,
     "atendente " * 6_000, "https://" * 8_000, "{" * 64_000],
    ids=lambda text: f"{text[:6]!r}×{len(text)}",
)  # fmt: skip
def test_IN2_no_text_holds_up_the_menu_or_the_lines_of_the_log(house: None, text: str) -> None:
    from isobot import logs  # noqa: PLC0415

    values = bots.as_values(Menu.objects.get(default=True))
    before = time.process_time()
    engine.advance(values, menu.State(), text, "")
    engine.advance(values, menu.State(path=(1,), misses=1, greeted=True), text, text)
    assert time.process_time() - before < 0.1
    before = time.process_time()
    logs.redact(None, "", {"event": text})
    assert time.process_time() - before < 0.5


def test_IN3_a_name_breaks_no_header_and_no_line(house: None) -> None:
    conversation = served(name="Maria\r\nSet-Cookie: a=b\x1b[31m")
    file = attached(conversation, name="a\r\nX-Evil: 1\x1b[31m.pdf")
    answer = page("atendente").get(f"/omnichannel/arquivos/{file.key}/")
    assert answer.status_code == 200
    assert not set(answer.headers["Content-Disposition"]) & set("\r\n\x1b")
    assert "X-Evil" not in answer.headers and "Set-Cookie" not in answer.headers
    conversation.identity.refresh_from_db()
    assert not set(conversation.identity.name) & set("\r\n\x1b")


def test_RL1_a_provider_is_never_told_to_wait(customer: Customer) -> None:
    answers = [customer.post({"type": "hello", "n": n}).status_code for n in range(150)]
    assert set(answers) == {200}
    assert WebhookEvent.objects.count() == 150
