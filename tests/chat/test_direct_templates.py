"""Templates of a channel with an account of its own: its list, its screens, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chat.models import AuditEntry, Channel, Conversation
from provider import tasks
from provider.models import ChannelCredentials, MessageTemplate
from tests.chat.conftest import person
from tests.console.conftest import Desk
from tests.console.reading import refusal, words_of
from tests.provider.direct import WORDS, meta_posts, says, value
from tests.provider.vendor import Vendor

LIST = "/supervisor/chat/templates/"
WABA = "102290000000001"
ITEM = {
    "name": "pedido_pronto", "language": "pt_BR", "status": "APPROVED", "category": "UTILITY",
    "components": [{"type": "BODY", "text": "Olá {{1}}, o pedido {{2}} chegou."}],
}  # fmt: skip
DRAFT = {
    "account": "whatsapp:vendas", "name": "oi", "language": "pt_BR", "category": "UTILITY",
    "body": "Olá ${nome}", "header": "", "footer": "", "buttons": "",
}  # fmt: skip


@pytest.fixture
def graph(house: None, settings: Any) -> Iterator[Vendor]:
    with Vendor({"messages": [{"id": "wamid.OUT.NUMBER"}]}) as vendor:
        settings.META_GRAPH_URL = vendor.url
        yield vendor


def lists(graph: Vendor, *items: dict[str, Any]) -> None:
    graph.answers["limit=100"] = (200, {"data": list(items)})


def add(api: Any, key: str = "vendas", line: str = "5541999991111", **credentials: str) -> Channel:
    body = {
        "kind": "whatsapp", "adapter": "whatsapp", "key": key, "line": line,
        "credentials": {**WORDS["whatsapp"], "business_account_id": WABA, **credentials},
    }  # fmt: skip
    answer = api("supervisor").post("/api/v1/channels/", body, format="json")
    assert answer.status_code == 201, answer.content
    assert WABA not in answer.content.decode()
    return Channel.objects.get(key=key)


def conversation_on(drain: Callable[[], None]) -> Conversation:
    for number, text in enumerate(("Oi", "2")):
        assert meta_posts("vendas", value(messages=[says(text, f"wamid.{number}")])) == 200
        drain()
    return Conversation.objects.get(identity__channel__key="vendas")


def kept(name: str, adapter: str = "botmaker", key: str = "", **fields: Any) -> MessageTemplate:
    row = {"language": "pt_BR", "body": "Olá", "state": "approved", "seen_at": timezone.now()}
    return MessageTemplate.objects.create(
        adapter=adapter, channel_key=key, name=name, **{**row, **fields}
    )


class TestCredentials:
    def test_the_account_is_asked_for_and_can_be_left_out(self, house: None, api: Any) -> None:
        add(api, business_account_id="")
        form = Desk("supervisor").get("/supervisor/chat/canais/incluir/").text
        assert 'name="whatsapp-business_account_id"' in form
        assert "Opcional: com ele, os templates desta conta" in form

    def test_the_four_are_needed_as_before(self, house: None, api: Any) -> None:
        body = {"kind": "whatsapp", "adapter": "whatsapp", "line": "5541999991111"}
        half = {**WORDS["whatsapp"], "business_account_id": WABA, "app_secret": ""}
        answer = api("supervisor").post(
            "/api/v1/channels/", {**body, "credentials": half}, format="json"
        )
        assert answer.status_code == 400
        assert "app_secret" in str(answer.json()) and "business_account" not in str(answer.json())

    def test_it_can_be_added_alone_in_the_console(self, house: None, api: Any) -> None:
        row = add(api, business_account_id="")
        fields = {
            "kind": "whatsapp", "adapter": "whatsapp", "line": row.line, "menu": row.menu_id,
            "active": "on", "key": "vendas", "whatsapp-business_account_id": WABA,
        }  # fmt: skip
        assert Desk("supervisor").post(f"/supervisor/chat/canais/ver,{row.pk}", **fields).location
        assert WABA in ChannelCredentials.objects.get().values
        assert "EAAinvented" in ChannelCredentials.objects.get().values

    def test_another_account_forgets_the_list_of_the_one_before(
        self, house: None, api: Any
    ) -> None:
        row = add(api)
        mine, theirs = kept("meu", "whatsapp", "vendas"), kept("outro")
        address = f"/api/v1/channels/{row.pk}/"
        api("supervisor").patch(address, {"credentials": {"app_secret": "new"}}, format="json")
        assert MessageTemplate.objects.filter(pk=mine.pk).exists()
        change = {"credentials": {"business_account_id": ""}}
        assert api("supervisor").patch(address, change, format="json").status_code == 200
        assert list(MessageTemplate.objects.all()) == [theirs]


class TestList:
    def test_it_is_read_with_the_channels_own_token_and_kept_apart(
        self, graph: Vendor, api: Any
    ) -> None:
        add(api)
        lists(graph, ITEM, {**ITEM, "name": "com_foto", "status": "PAUSED"})
        supervisor = Desk("supervisor")
        supervisor.post(f"{LIST}atualizar/")
        path, headers, _body = graph.asked[-1]
        assert f"/{WABA}/message_templates?" in path
        assert headers["authorization"] == "Bearer EAAinvented"
        page = words_of(supervisor.get(LIST))
        assert "WhatsApp Cloud API · vendas" in page and "Não pode ser enviado" in page
        row = MessageTemplate.objects.get(name="pedido_pronto")
        assert (row.adapter, row.channel_key) == ("whatsapp", "vendas")
        assert "${1}" in row.body and "Olá" in words_of(supervisor.get(f"{LIST}ver,{row.pk}"))

    def test_what_one_account_answers_does_not_touch_anothers(
        self, graph: Vendor, api: Any
    ) -> None:
        add(api)
        other = kept("de_outra_conta")
        lists(graph, ITEM)
        Desk("supervisor").post(f"{LIST}atualizar/")
        other.refresh_from_db()
        lists(graph)
        Desk("supervisor").post(f"{LIST}atualizar/")
        assert list(MessageTemplate.objects.all()) == [other]

    def test_an_account_that_refuses_is_named(self, graph: Vendor, api: Any) -> None:
        add(api)
        error = {"error": {"code": 100, "message": "Object does not exist"}}
        graph.answers["limit=100"] = (400, error)
        supervisor = Desk("supervisor")
        supervisor.post(f"{LIST}atualizar/")
        said = words_of(supervisor.get(LIST))
        assert "WhatsApp Cloud API · vendas: O provedor não aceitou." in said
        assert "Object does not exist" in said

    def test_one_that_waits_is_asked_about_again_by_itself(self, graph: Vendor, api: Any) -> None:
        add(api)
        long_ago = timezone.now() - timedelta(minutes=11)
        kept("pedido_pronto", "whatsapp", "vendas", state="pending", seen_at=long_ago)
        lists(graph, ITEM)
        tasks.sync_templates()
        assert MessageTemplate.objects.get().state == "approved"


class TestRegistering:
    def test_the_account_is_chosen_where_there_are_several(self, graph: Vendor, api: Any) -> None:
        supervisor = Desk("supervisor")
        assert 'name="account"' not in supervisor.get(f"{LIST}incluir/").text
        add(api)
        assert 'value="whatsapp:vendas"' in supervisor.get(f"{LIST}incluir/").text
        graph.answers["/message_templates"] = (200, {"id": "7", "status": "PENDING"})
        assert supervisor.post(f"{LIST}incluir/", **DRAFT).status == 302
        row = MessageTemplate.objects.get()
        assert (row.adapter, row.channel_key, row.state) == ("whatsapp", "vendas", "pending")
        assert (row.body, graph.asked[-1][2]["components"][0]["text"]) == (
            "Olá ${nome}",
            "Olá {{nome}}",
        )
        assert AuditEntry.objects.filter(what="added", about__contains="oi").exists()

    def test_the_same_name_may_be_in_two_accounts_and_not_twice_in_one(
        self, graph: Vendor, api: Any
    ) -> None:
        add(api)
        kept("oi")
        graph.answers["/message_templates"] = (200, {"id": "7", "status": "PENDING"})
        supervisor = Desk("supervisor")
        assert supervisor.post(f"{LIST}incluir/", **DRAFT).status == 302
        again = supervisor.post(f"{LIST}incluir/", **DRAFT)
        assert (again.status, "Já existe um template" in refusal(again, "name")) == (400, True)

    def test_an_account_that_is_not_there_is_refused(self, house: None, api: Any) -> None:
        add(api)
        answer = Desk("supervisor").post(
            f"{LIST}incluir/", **{**DRAFT, "account": "whatsapp:outro"}
        )
        assert answer.status == 400 and refusal(answer, "account")

    def test_it_is_removed_there_and_here(self, graph: Vendor, api: Any) -> None:
        add(api)
        row, other = kept("oi", "whatsapp", "vendas"), kept("oi")
        graph.answers["name=oi"] = (200, {"success": True})
        assert Desk("supervisor").post(f"{LIST}excluir,{row.pk}").location == LIST
        assert graph.methods[-1] == "DELETE" and WABA in graph.paths[-1]
        assert list(MessageTemplate.objects.all()) == [other]


class TestSending:
    def test_a_conversation_is_offered_its_channels_own_and_sends_what_was_listed(
        self, graph: Vendor, api: Any, drain: Callable[[], None]
    ) -> None:
        add(api)
        kept("da_botmaker")
        kept("de_outro_canal", "whatsapp", "outro")
        lists(graph, ITEM, {**ITEM, "language": "en_US"})
        Desk("supervisor").post(f"{LIST}atualizar/")
        conversation = conversation_on(drain)
        agent = Desk("atendente")
        assert agent.client.post(f"/omnichannel/{conversation.pk}/assumir/").status_code == 200
        address = f"/omnichannel/{conversation.pk}/modelo/"
        panel = agent.get(address).text
        assert 'value="pedido_pronto:pt_BR"' in panel and 'value="pedido_pronto:en_US"' in panel
        assert "da_botmaker" not in panel and "de_outro_canal" not in panel
        chosen = "pedido_pronto:pt_BR"
        values = {f"{chosen}:1": "Ana", f"{chosen}:2": "42"}
        assert agent.post(address, template=chosen, **values).status == 200
        drain()
        assert graph.asked[-1][2]["template"] == {
            "name": "pedido_pronto",
            "language": {"code": "pt_BR"},
            "components": [
                {
                    "type": "body",
                    "parameters": [{"type": "text", "text": "Ana"}, {"type": "text", "text": "42"}],
                }
            ],
        }

    def test_another_accounts_template_is_not_taken(
        self, graph: Vendor, api: Any, drain: Callable[[], None]
    ) -> None:
        add(api)
        kept("da_botmaker")
        conversation = conversation_on(drain)
        body = {"template": {"name": "da_botmaker", "params": {}}, "client_id": "one"}
        answer = api("atendente").post(
            f"/api/v1/conversations/{conversation.pk}/messages/", body, format="json"
        )
        assert answer.status_code == 400
        assert not conversation.messages.filter(agent=person("atendente")).exists()
