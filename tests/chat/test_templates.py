"""Templates: listed, registered and removed at the provider, and sent when the window is closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
import responses
from django.test import Client
from django.utils import timezone

from chat.models import AuditEntry, Conversation, Message
from chat.services import templates
from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider import tasks
from provider.models import Delivery, MessageTemplate
from tests.chat.conftest import person, served
from tests.conftest import Api, Provider

# An address of the internet whose name nobody has to look up.
PICTURE = "https://9.9.9.9/logo.png"
PNG = b"\x89PNG\r\n\x1a\n and the rest"
DRAFT = {
    "name": "boas_vindas_1",
    "language": "pt_BR",
    "category": "UTILITY",
    "header": "",
    "body": "Olá ${nome}, seu pedido ${pedido} chegou.",
    "footer": "ACME",
    "buttons": "Falar\nObrigado",
}


@pytest.fixture
def console(provider: Provider) -> Client:
    client = Client()
    client.force_login(person("supervisor"))
    return client


@pytest.fixture
def approved(console: Client, provider: Provider) -> MessageTemplate:
    """A template registered in the console and approved at the provider."""
    assert console.post("/supervisor/chat/templates/incluir/", DRAFT).status_code == 302
    decide(provider, "APPROVED")
    console.post("/supervisor/chat/templates/atualizar/")
    return MessageTemplate.objects.get()


def decide(provider: Provider, state: str) -> None:
    address = f"{provider.base}/_sandbox/templates/{DRAFT['name']}"
    requests.put(address, json={"state": state}, timeout=5).raise_for_status()


def close_window(conversation: Conversation) -> None:
    long_ago = timezone.now() - timedelta(hours=25)
    type(conversation.identity).objects.update(last_inbound_at=long_ago)


def send(client: Api, conversation: Conversation, **template: Any) -> Any:
    return client.post(
        f"/api/v1/conversations/{conversation.pk}/messages/",
        {"template": template, "client_id": "one"},
        format="json",
    )


PARAMS = {"nome": "Maria", "pedido": "42"}
TEXT = "Olá Maria, seu pedido 42 chegou.\nACME"


class TestRegistering:
    def test_a_new_template_waits_for_approval_and_carries_nomebot_and_the_line(
        self, console: Client, provider: Provider, settings: Any
    ) -> None:
        settings.ISOBOT_PUBLIC_URL = "https://crm.example.com"
        answer = console.post("/supervisor/chat/templates/incluir/", DRAFT, follow=True)

        assert "Aguardando aprovação" in answer.content.decode()
        (kept,) = requests.get(
            f"{provider.base}/v2.0/whatsapp/templates",
            headers={"access-token": str(store.read(ISOCHATBOT.PROVEDOR_TOKEN))},
            timeout=5,
        ).json()["items"]
        assert kept["botName"] == "isocrmsandbox"
        assert kept["optInImage"] == "https://crm.example.com/static/isobot/logo.png"
        assert kept["phoneLinesNumbers"] == ["5541999990000"]
        assert [button["text"] for button in kept["buttons"]] == ["Falar", "Obrigado"]
        assert AuditEntry.objects.filter(what="added", about__contains="boas_vindas_1").exists()

    def test_our_own_logo_is_a_picture_as_reviewers_take_it(
        self, house: None, settings: Any
    ) -> None:
        settings.ISOBOT_PUBLIC_URL = "https://testserver"
        store.write(ISOCHATBOT.linkImage, answer="../k2bimages/logoisocrm.png")
        address = templates.image_address().removeprefix("https://testserver")
        answer = Client().get(address, secure=True)
        body = b"".join(answer.streaming_content)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
        assert body.startswith(b"\x89PNG\r\n") and 1000 < len(body) < 300 * 1024

    @pytest.mark.parametrize(
        ("host", "sentence"),
        [
            ({"body": PNG}, ""),
            ({"body": b"\xff\xd8\xff\xe0 and the rest"}, ""),
            ({"body": requests.ConnectionError("not now")}, ""),
            ({"status": 503}, ""),
            ({"status": 404}, "não pode ser lida"),
            ({"body": b"x" * (5 * 2**20 + 1)}, "não pode ser lida"),
            ({"body": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}, "nem PNG nem JPEG"),
            ({"body": b"<!doctype html>", "content_type": "image/png"}, "nem PNG nem JPEG"),
            ({"status": 302, "headers": {"Location": "https://127.0.0.1/a"}}, "não pode ser lida"),
        ],
    )
    def test_what_linkimage_leads_to_is_looked_at_first(
        self, console: Client, provider: Provider, host: dict[str, Any], sentence: str
    ) -> None:
        store.write(ISOCHATBOT.linkImage, answer=PICTURE)
        with responses.RequestsMock() as mock:
            mock.add_passthru("http://127.0.0.1")
            mock.get(PICTURE, **host)
            answer = console.post("/supervisor/chat/templates/incluir/", DRAFT)
        assert answer.status_code == (400 if sentence else 302)
        assert sentence in answer.content.decode()
        assert MessageTemplate.objects.exists() == (not sentence)

    @pytest.mark.parametrize(
        ("changed", "sentence"),
        [
            ({"name": "Boas Vindas"}, "letras minúsculas"),
            ({"body": " "}, "obrigatório"),
            ({"buttons": "a\nb\nc\nd"}, "Até 3 botões"),
            ({"buttons": "x" * 21}, "Até 3 botões"),
            ({"category": "OTHER"}, "escolha válida"),
            ({"body": "Olá ${primeiro nome}!"}, "não é uma variável"),
            ({"body": "Olá ${}!"}, "não é uma variável"),
            ({"body": "Olá {{1}}, sua consulta é amanhã"}, "“{{1}}” não é uma variável"),
            ({"body": "É ${data"}, "“${data” não é uma variável"),
            ({"header": "Olá {{1}}"}, "não é uma variável"),
        ],
    )
    def test_what_the_provider_would_refuse_is_refused_here_and_not_sent(
        self, console: Client, provider: Provider, changed: dict[str, str], sentence: str
    ) -> None:
        answer = console.post("/supervisor/chat/templates/incluir/", {**DRAFT, **changed})

        assert answer.status_code == 400
        assert sentence in answer.content.decode()
        assert not MessageTemplate.objects.exists()
        assert provider.get("counters")["calls"] == 0

    def test_a_provider_that_refuses_is_quoted_and_nothing_is_kept(
        self, console: Client, provider: Provider
    ) -> None:
        # Somebody registered it on the provider's own console.
        console.post("/supervisor/chat/templates/incluir/", DRAFT)
        MessageTemplate.objects.all().delete()
        answer = console.post("/supervisor/chat/templates/incluir/", DRAFT)

        assert answer.status_code == 400
        assert "O provedor não aceitou" in answer.content.decode()
        assert not MessageTemplate.objects.exists()

    def test_the_list_follows_the_provider(
        self, console: Client, provider: Provider, approved: MessageTemplate
    ) -> None:
        assert approved.state == "approved"
        decide(provider, "REJECTED")
        console.post("/supervisor/chat/templates/atualizar/")
        approved.refresh_from_db()
        assert approved.state == "rejected"

    def test_a_template_that_waits_is_asked_about_again_by_itself(
        self, console: Client, provider: Provider
    ) -> None:
        console.post("/supervisor/chat/templates/incluir/", DRAFT)
        decide(provider, "APPROVED")
        tasks.sync_templates()
        assert MessageTemplate.objects.get().state == "pending"  # it is too soon
        MessageTemplate.objects.update(seen_at=timezone.now() - timedelta(minutes=11))
        tasks.sync_templates()
        assert MessageTemplate.objects.get().state == "approved"

    def test_an_approved_one_is_asked_about_each_day(
        self, provider: Provider, approved: MessageTemplate
    ) -> None:
        decide(provider, "REJECTED")
        tasks.sync_templates()
        approved.refresh_from_db()
        assert approved.state == "approved"  # it is too soon
        MessageTemplate.objects.update(seen_at=timezone.now() - timedelta(hours=25))
        tasks.sync_templates()
        approved.refresh_from_db()
        assert approved.state == "rejected"

    def test_removing_asks_first_and_removes_it_at_the_provider_too(
        self, console: Client, provider: Provider, approved: MessageTemplate
    ) -> None:
        address = f"/supervisor/chat/templates/excluir,{approved.pk}"
        assert "em todos os idiomas" in console.get(address).content.decode()
        assert console.post(address).status_code == 302
        assert not MessageTemplate.objects.exists()
        console.post("/supervisor/chat/templates/atualizar/")
        assert not MessageTemplate.objects.exists()


class TestSending:
    @pytest.mark.parametrize("version", ["v1", "v2"])
    def test_a_closed_window_takes_a_template_and_nothing_else(
        self,
        api: Callable[[str], Api],
        provider: Provider,
        approved: MessageTemplate,
        drain: Callable[[], None],
        version: str,
    ) -> None:
        store.write(ISOCHATBOT.PROVEDOR_API, answer=version)
        conversation, client = served("atendente"), api("atendente")
        drain()
        close_window(conversation)

        refused = client.answer(conversation.pk, "Oi")
        assert (refused.status_code, refused.json()["cause"]) == (409, "window")
        sent = send(client, conversation, name=approved.name, params=PARAMS)
        drain()

        assert (sent.status_code, sent.json()["text"]) == (201, TEXT)
        assert provider.texts[-1] == TEXT
        message = Message.objects.get(pk=sent.json()["id"])
        assert message.status == "sent"
        assert Delivery.objects.get(reference=message.reference).extra["template"] == {
            "name": approved.name,
            "language": "pt_BR",
            "params": PARAMS,
        }

    def test_the_same_client_id_is_the_same_message(
        self, api: Callable[[str], Api], approved: MessageTemplate
    ) -> None:
        conversation, client = served("atendente"), api("atendente")
        first = send(client, conversation, name=approved.name, params=PARAMS)
        again = send(client, conversation, name=approved.name, params=PARAMS)
        other = send(client, conversation, name=approved.name, params={**PARAMS, "nome": "Ana"})

        assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
        assert first.json()["id"] == again.json()["id"]

    @pytest.mark.parametrize(
        ("template", "sentence"),
        [
            ({"name": "no_such", "params": {}}, "Não há template aprovado"),
            ({"name": DRAFT["name"], "params": {"nome": "Ana"}}, "pedido"),
            ({"name": DRAFT["name"], "params": {**PARAMS, "cpf": "1"}}, "cpf"),
            ({"name": DRAFT["name"], "params": {**PARAMS, "nome": "x" * 1025}}, "1024"),
        ],
    )
    def test_a_template_that_cannot_be_sent_is_400_and_does_not_assume(
        self,
        api: Callable[[str], Api],
        approved: MessageTemplate,
        template: dict[str, Any],
        sentence: str,
    ) -> None:
        conversation = served("atendente")
        before = conversation.messages.count()
        answer = send(api("atendente"), conversation, **template)
        assert answer.status_code == 400
        assert sentence in str(answer.json()["template"])
        assert conversation.messages.count() == before

    def test_a_rejected_template_is_not_offered(
        self, api: Callable[[str], Api], approved: MessageTemplate
    ) -> None:
        MessageTemplate.objects.update(state="rejected")
        conversation = served("atendente")
        answer = send(api("atendente"), conversation, name=approved.name, params=PARAMS)
        assert answer.status_code == 400
        assert not templates.usable(conversation.identity.channel).exists()

    def test_a_template_the_provider_refuses_fails_with_that_cause(
        self,
        api: Callable[[str], Api],
        provider: Provider,
        approved: MessageTemplate,
        drain: Callable[[], None],
    ) -> None:
        conversation = served("atendente")
        drain()
        provider.switch(send="bad_request")
        sent = send(api("atendente"), conversation, name=approved.name, params=PARAMS)
        drain()
        message = Message.objects.get(pk=sent.json()["id"])
        assert (message.status, message.failure_cause) == ("failed", "template")

    def test_text_and_template_together_are_refused(
        self, api: Callable[[str], Api], approved: MessageTemplate
    ) -> None:
        conversation = served("atendente")
        body = {"text": "Oi", "template": {"name": approved.name, "params": PARAMS}}
        address = f"/api/v1/conversations/{conversation.pk}/messages/"
        assert api("atendente").post(address, body, format="json").status_code == 400


def test_a_second_click_is_the_same_message_whatever_stands_around_a_value(
    approved: MessageTemplate, provider: Provider, drain: Callable[[], None]
) -> None:
    conversation = served("atendente")
    drain()
    agent = person("atendente")
    params = {"nome": " Maria\n\tSouza ", "pedido": "42    a\n"}
    sent = [
        templates.answer(conversation.pk, approved.name, params, client_id="one", by=agent)
        for _ in range(2)
    ]
    assert [is_new for _message, is_new in sent] == [True, False]
    assert sent[0][0].pk == sent[1][0].pk
    assert sent[0][0].text.startswith("Olá Maria Souza, seu pedido 42 a chegou.")


def test_the_agent_chooses_a_template_on_the_screen(
    approved: MessageTemplate, provider: Provider, drain: Callable[[], None]
) -> None:
    conversation = served("atendente")
    drain()
    close_window(conversation)
    client = Client()
    client.force_login(person("atendente"))
    thread = client.get(f"/omnichannel/{conversation.pk}/").content.decode()
    assert "Escolher um template" in thread
    assert "Escreva uma mensagem" not in thread

    panel = client.get(f"/omnichannel/{conversation.pk}/modelo/").content.decode()
    assert "boas_vindas_1:pt_BR:nome" in panel
    fields = {"template": "boas_vindas_1:pt_BR", "boas_vindas_1:pt_BR:nome": "Maria"}
    refused = client.post(f"/omnichannel/{conversation.pk}/modelo/", fields)
    assert refused.status_code == 400
    assert "pedido" in str(refused.json())
    fields["boas_vindas_1:pt_BR:pedido"] = "42"
    assert client.post(f"/omnichannel/{conversation.pk}/modelo/", fields).status_code == 200
    drain()
    assert provider.texts[-1] == TEXT
