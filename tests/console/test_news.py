"""What stands above every page of a supervisor, and what the provider's buttons answer."""

from __future__ import annotations

import html
import re

import pytest
from django.utils import timezone

from chat.models import AuditEntry, Classification, Conversation
from parameters.models import Detail
from provider import gateway, http
from provider.models import Delivery, SendingPause
from tests.chat.conftest import person
from tests.conftest import Api, Customer, Provider
from tests.console.conftest import At
from tests.console.reading import card, marks, words_of
from tests.provider.tokens import check, pair, renewals, verified

SETUP = "/supervisor/chat/setup/"
NEWS = "/supervisor/avisos/"
LIST = "/supervisor/parametros/"


class TestAccess:
    @pytest.mark.parametrize(
        ("switches", "sentence", "state"),
        [
            ({}, "O provedor aceita o token.", "ready"),
            ({"token": "expired"}, "O provedor recusa o token.", "missing"),
            ({"account": "server_error"}, "O provedor não responde.", "missing"),
        ],
    )
    def test_it_says_what_the_provider_answered(
        self, desk: At, provider: Provider, switches: dict[str, str], sentence: str, state: str
    ) -> None:
        provider.switch(**switches)
        supervisor = desk("supervisor")
        pressed = supervisor.post(f"{SETUP}testar-acesso/")
        assert (pressed.status, pressed.location) == (302, SETUP)
        page = supervisor.get(SETUP)
        assert sentence in words_of(page)
        assert marks(page)["access"] == state
        assert (AuditEntry.objects.get().what) == "access_tested"

    def test_nobody_there(self, desk: At, house: None) -> None:
        supervisor = desk("supervisor")
        supervisor.post(f"{SETUP}testar-acesso/")
        assert "O provedor não responde." in words_of(supervisor.get(SETUP))

    def test_without_a_token_it_says_which_key(self, desk: At, provider: Provider) -> None:
        Detail.objects.filter(question="PROVEDOR_TOKEN").delete()
        supervisor = desk("supervisor")
        supervisor.post(f"{SETUP}testar-acesso/")
        assert "o PROVEDOR_TOKEN não está preenchido" in words_of(supervisor.get(SETUP))


class TestAtualizarToken:
    def test_renewed(self, desk: At, provider: Provider) -> None:
        supervisor, old = desk("supervisor"), pair()
        assert ">Atualizar token</button>" in re.sub(r"</svg>\s*", "", supervisor.get(SETUP).text)
        supervisor.post(f"{SETUP}atualizar-token/")
        page = supervisor.get(SETUP)
        assert "Token renovado." in words_of(page)
        assert not set(pair()) & set(old)
        assert AuditEntry.objects.get().what == "token_refreshed"
        for secret in (*old, *pair()):
            assert secret not in page.text

    @pytest.mark.parametrize(
        ("refresh", "sentence"),
        [
            ("unchanged", "Sem mudança: o provedor manteve o mesmo token."),
            (
                "refused",
                "O provedor recusou a renovação do token. "
                "Resposta do provedor: “The refresh was refused”",
            ),
            ("server_error", "O token não foi renovado: o provedor não responde."),
        ],
    )
    def test_what_else_may_come_of_it(
        self, desk: At, provider: Provider, refresh: str, sentence: str
    ) -> None:
        provider.switch(refresh=refresh)
        supervisor, old = desk("supervisor"), pair()
        supervisor.post(f"{SETUP}atualizar-token/")
        assert sentence in words_of(supervisor.get(SETUP))
        assert pair() == old

    def test_a_provider_that_takes_too_long(
        self, desk: At, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(http, "READ_SECONDS", 0.2)
        provider.switch(refresh="slow", slow_seconds=1)
        supervisor = desk("supervisor")
        supervisor.post(f"{SETUP}atualizar-token/")
        assert "o provedor não responde" in words_of(supervisor.get(SETUP))

    def test_each_missing_key_is_named_and_leads_to_its_form(
        self, desk: At, provider: Provider
    ) -> None:
        keys = ["PROVEDOR_ID", "PROVEDOR_SECRET_ID", "PROVEDOR_REFRESHTOKEN"]
        Detail.objects.filter(question__in=[*keys, "PROVEDOR_ACCOUNT"]).delete()
        supervisor = desk("supervisor")
        supervisor.post(f"{SETUP}atualizar-token/")
        page = supervisor.get(SETUP)
        assert f"Preencha antes: {', '.join(keys)}." in words_of(page)
        assert renewals(provider) == 0
        links = dict(re.findall(r'<a href="([^"]+)">(PROVEDOR_\w+)</a>', card(page, "renewal")))
        assert list(links.values()) == keys
        for address, key in links.items():
            form = supervisor.get(supervisor.get(html.unescape(address)).location)
            assert f'value="{key}"' in form.text and form.submission


EVERYWHERE = (
    "/supervisor/",
    SETUP,
    LIST,
    "/supervisor/chat/classificacao/",
    "/supervisor/chat/eventos/",
    "/supervisor/cadastros/contatos/",
    "/supervisor/auditoria/",
    "/omnichannel/",
    "/perfil/",
)


class TestNews:
    def test_an_incident_is_above_every_page_of_a_supervisor_until_it_is_over(
        self, desk: At, provider: Provider
    ) -> None:
        supervisor, agent = desk("supervisor"), desk("atendente")
        provider.switch(token="expired", refresh="refused")
        verified(hours_ago=25)
        check()
        sentence = str(gateway.open_incidents()[0].happened)
        assert sentence
        for address in (*EVERYWHERE, NEWS):
            assert sentence in html.unescape(supervisor.get(address).text), address
        assert f'href="{SETUP}#card-access"' in supervisor.get(NEWS).text
        for address in ("/omnichannel/", "/perfil/"):
            page = agent.get(address)
            assert page.status == 200
            assert sentence not in html.unescape(page.text) and "data-news" not in page.text
        assert agent.get(NEWS).status == 403
        provider.switch(token="ok", refresh="ok")
        supervisor.post(f"{SETUP}atualizar-token/")
        assert not gateway.open_incidents().exists()
        for address in (*EVERYWHERE, NEWS):
            assert sentence not in html.unescape(supervisor.get(address).text), address

    def test_open_pages_fetch_it_again(self, desk: At) -> None:
        assert f'id="news" data-news="{NEWS}"' in desk("supervisor").get("/omnichannel/").text

    def test_conversations_without_a_classification_are_told(
        self, desk: At, customer: Customer
    ) -> None:
        supervisor = desk("supervisor")
        customer.says("Oi")
        customer.says("2")
        assert "Conversas sem classificação" not in words_of(supervisor.get(NEWS))
        Detail.objects.filter(question="CLASS_CHAT_ATENDIMENTO").delete()
        customer.says("Oi", contactId="5541977776666", customerId="X")
        customer.says("2", contactId="5541977776666", customerId="X")
        lost = Conversation.objects.latest("id")
        assert (lost.status, lost.classification) == ("waiting", None)
        for address in ("/supervisor/", "/omnichannel/", NEWS):
            assert "Conversas sem classificação ativa: 1." in words_of(supervisor.get(address))
        assert "sem classificação" not in words_of(desk("atendente").get("/omnichannel/"))
        supervisor_api = Api().login_as("supervisor")
        moved = supervisor_api.post(
            f"/api/v1/conversations/{lost.pk}/transfer/",
            {"classification": Classification.objects.get(description="WhatsApp").pk},
            format="json",
        )
        assert moved.status_code == 200
        assert "Conversas sem classificação" not in words_of(supervisor.get(NEWS))


class TestPause:
    @pytest.fixture
    def restored(self, customer: Customer) -> Delivery:
        """An installation whose one send came with a backup."""
        customer.says("Oi")
        SendingPause.objects.create(
            since=timezone.now(), last_restored=Delivery.objects.latest("id").pk
        )
        Delivery.objects.update(state=Delivery.State.QUEUED)
        return Delivery.objects.get()

    def test_it_is_above_every_page_of_a_supervisor_with_what_waits(
        self, desk: At, restored: Delivery
    ) -> None:
        supervisor, agent = desk("supervisor"), desk("atendente")
        for address in (*EVERYWHERE, NEWS):
            page = words_of(supervisor.get(address))
            assert "Envios pausados desde" in page, address
            assert "cópia de segurança restaurada. Esperando: 1." in page, address
        assert f'href="{SETUP}#sending"' in supervisor.get(NEWS).text
        for address in ("/omnichannel/", "/perfil/"):
            assert "Envios pausados" not in words_of(agent.get(address))

    @pytest.mark.parametrize(
        ("form", "what", "state", "doubtful"),
        [
            ({}, "sending_resumed", "unconfirmed", 1),
            ({"send_waiting": "1"}, "waiting_sent", "queued", 0),
        ],
    )
    def test_a_supervisor_ends_it_one_way_or_the_other(
        self,
        desk: At,
        restored: Delivery,
        form: dict[str, str],
        what: str,
        state: str,
        doubtful: int,
    ) -> None:
        supervisor = desk("supervisor")
        page = words_of(supervisor.get(SETUP))
        assert "Retomar: o que esperava não é enviado de novo" in page
        assert "Retomar e enviar o que esperava" in page
        pressed = supervisor.post(f"{SETUP}retomar-envios/", **form)
        assert (pressed.status, pressed.location) == (302, SETUP)
        restored.refresh_from_db()
        assert restored.state == state
        entry = AuditEntry.objects.get()
        assert (entry.what, entry.by) == (what, person("supervisor"))
        assert entry.data == {"doubtful": doubtful}
        after = words_of(supervisor.get(SETUP))
        assert f"Não confirmados agora, para reenviar à mão: {doubtful}." in after
        assert "Envios pausados" not in after and "Retomar e enviar" not in after
        supervisor.post(f"{SETUP}retomar-envios/")
        assert "Os envios não estão pausados." in words_of(supervisor.get(SETUP))
        assert AuditEntry.objects.count() == 1

    def test_an_agent_does_not_end_it(self, desk: At, restored: Delivery) -> None:
        assert desk("atendente").post(f"{SETUP}retomar-envios/").status == 403
        assert SendingPause.objects.exists()
