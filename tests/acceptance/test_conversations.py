"""The product's acceptance list, by number: what concerns conversations."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from chat import live
from chat.models import Channel, Contact, Conversation, EContactType, Identity, Menu, PhoneType
from chat.views import events
from tests.chat.conftest import colleague, human, person, setting
from tests.conftest import CUSTOMER, LINE, Api, Customer

Login = Any
REST = "/api/v1/"


def waiting(customer: Customer, **fields: Any) -> Conversation:
    """A customer who asked for a person, by webhooks."""
    customer.says("Oi", **fields)
    customer.says("2", **fields)
    return Conversation.objects.latest("id")


def post(api: Api, conversation: Conversation, verb: str, body: Any = None) -> Any:
    return api.post(f"{REST}conversations/{conversation.pk}/{verb}/", body, format="json")


def texts(conversation: Conversation) -> list[str]:
    rows = conversation.messages.filter(direction="out").order_by("id")
    return list(rows.values_list("text", flat=True))


@pytest.mark.parametrize(
    ("fields", "external_id"),
    [
        ({}, CUSTOMER),
        ({"chatPlatform": "telegram", "contactId": "700123456"}, "700123456"),
    ],
)
def test_13_vincular_writes_typed_phone_or_econtact_and_undo_removes_it(
    customer: Customer, api: Login, fields: dict[str, str], external_id: str
) -> None:
    setting("TIPO_TELEFONE", str(PhoneType.objects.create(description="WhatsApp").pk))
    setting("TIPO_ECONTACT", str(EContactType.objects.create(description="Mensageiro").pk))
    agent = api("atendente")
    conversation = waiting(customer, **fields)
    made = agent.post(f"{REST}contacts/", {"name": "Maria de Souza"}, format="json").json()
    post(agent, conversation, "assume")

    linked = post(agent, conversation, "link", {"contact": made["id"]})
    assert linked.json()["contact"]["name"] == "Maria de Souza"
    found = agent.get(f"{REST}contacts/{made['id']}/").json()
    if fields:
        code = EContactType.objects.get(description="Mensageiro").pk
        assert (found["phones"], found["econtacts"]) == (
            [],
            [{"type": code, "address": external_id}],
        )
    else:
        code = PhoneType.objects.get(description="WhatsApp").pk
        assert (found["phones"], found["econtacts"]) == (
            [{"type": code, "number": external_id}],
            [],
        )

    undone = agent.delete(f"{REST}conversations/{conversation.pk}/link/")
    assert undone.json()["contact"]["anonymous"] is True
    assert agent.get(f"{REST}contacts/{made['id']}/").json() == made


class _Now:
    """A loop that runs at once what it is given."""

    def call_soon_threadsafe(self, act: Any, *arguments: Any) -> None:
        act(*arguments)


def test_14_an_agent_without_membership_sees_nothing_anywhere(
    customer: Customer,
    api: Login,
    settings: Any,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.ISOBOT_REDIS_URL = ""  # news goes straight to the ears of this process
    stranger, member = colleague("estranha"), person("atendente")
    ears = {
        user: live.Listener(events._topics(user), _Now())  # type: ignore[arg-type]
        for user in (stranger, member)
    }
    for listener in ears.values():
        live.hub.add(listener)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            conversation = waiting(customer)
    finally:
        for listener in ears.values():
            live.hub.remove(listener)
    heard = {user: listener.queue.qsize() > 0 for user, listener in ears.items()}
    assert heard == {stranger: False, member: True}

    one = f"conversations/{conversation.pk}/"
    for user, sees in ((stranger, False), (member, True)):
        screen, rest = Client(), Api()
        screen.force_login(user)
        rest.force_authenticate(user)
        for query in ({}, {"q": "Maria"}, {"q": CUSTOMER}):
            page = screen.get("/omnichannel/lista/", query).content.decode()
            assert ("Maria Souza" in page) == sees
            rows = rest.get(f"{REST}conversations/", query).json()["results"]
            assert [row["id"] for row in rows] == ([conversation.pk] if sees else [])
        status = 200 if sees else 404
        assert screen.get(f"/omnichannel/{conversation.pk}/").status_code == status
        assert screen.get(f"/omnichannel/{conversation.pk}/mensagens/").status_code == status
        assert rest.get(f"{REST}{one}").status_code == status
        assert rest.get(f"{REST}{one}messages/").status_code == status
    for verb in ("assume", "transfer", "hold", "resume", "close", "link"):
        assert rest_of(stranger).post(f"{REST}{one}{verb}/", {}, format="json").status_code == 404


def rest_of(user: Any) -> Api:
    rest = Api()
    rest.force_authenticate(user)
    return rest


def test_16_one_whatsapp_number_cannot_serve_two_menus(customer: Customer, api: Login) -> None:
    other = Menu.objects.create(name="Outro menu")
    body = {"kind": "whatsapp", "adapter": "botmaker", "menu": other.pk}
    supervisor = api("supervisor")
    for line in (LINE, "+55 (41) 99999-0000"):
        answer = supervisor.post(f"{REST}channels/", {**body, "line": line}, format="json")
        assert answer.status_code == 400
        assert Menu.objects.get(default=True).name in answer.json()["line"][0]
    made = supervisor.post(f"{REST}channels/", {**body, "line": "5541999990009"}, format="json")
    assert made.status_code == 201
    moved = supervisor.patch(f"{REST}channels/{made.json()['id']}/", {"line": LINE}, format="json")
    assert moved.status_code == 400
    assert Channel.objects.get(line=LINE).menu == Menu.objects.get(default=True)


@pytest.mark.parametrize("answer", ["S", "N"])
def test_18_transfer_and_hold_notices_go_once_and_n_is_silent(
    customer: Customer, api: Login, answer: str
) -> None:
    setting("AVISO_CONV_INCIADA", "N")
    setting("AVISO_TRANSFER", answer, "Agora com {atendente}")
    setting("AVISO_ESPERA", answer, "Um momento, {cliente}")
    ana, bruno = api("atendente"), api("atendente2")
    conversation = waiting(customer)
    post(ana, conversation, "assume")
    before = len(texts(conversation))

    assert post(ana, conversation, "hold").status_code == 200
    assert post(ana, conversation, "hold").status_code == 409
    assert post(ana, conversation, "resume").status_code == 200
    assert post(ana, conversation, "transfer", {"agent": "atendente2"}).status_code == 200
    body = {"classification": human().pk}
    assert post(bruno, conversation, "transfer", body).status_code == 200
    post(ana, conversation, "assume")

    expected = ["Um momento, Maria Souza", "Agora com Bruno Reis", "Agora com um atendente"]
    assert texts(conversation)[before:] == (expected if answer == "S" else [])


def test_19_a_message_with_no_phone_creates_one_conversation(customer: Customer) -> None:
    user = "BR.13491208655302741918"
    for text in ("Oi", "2"):
        customer.says(text, contactId=user)
    conversation = Conversation.objects.get()
    identity = Identity.objects.get()
    assert (conversation.status, identity.external_id) == ("waiting", user)
    assert Contact.objects.get(identities=identity).anonymous
