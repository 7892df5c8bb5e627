"""Setup chat: each step of the guide with its proof, the token, the webhook, the mail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chat.models import AuditEntry, Classification, Contact, Conversation
from chat.services import contacts
from isobot import first_start
from parameters import store
from parameters.catalogue import ISOCHATBOT
from parameters.models import Detail, Parameter, ParameterUser
from provider import gateway
from provider.sandbox import Sandbox
from provider.sandbox.credentials import Credentials, issue
from tests.conftest import PASSWORD, Api, Customer, Provider
from tests.console.conftest import At, Desk, Page
from tests.console.reading import card, marks, words_of
from tests.provider.tokens import renewals, verified
from tests.smtp import Sink

SETUP = "/supervisor/chat/setup/"
NEWS = "/supervisor/avisos/"
LIST = "/supervisor/parametros/"
# What a first start leaves to be done; the marks are those of the page.
AT_FIRST = {
    "anonymous": "ready",
    "mail": "attention",
    "access": "missing",
    "webhook": "missing",
    "human": "missing",
    "bot": "missing",
    "parameter": "missing",
    "CLASS_CHAT_ATENDIMENTO": "missing",
    "CLASS_CHAT_BOT": "missing",
    "PROVEDOR_TOKEN": "missing",
    "renewal": "attention",
    "PROVEDOR_PHONE": "missing",
    "PROVEDOR_ACCOUNT": "missing",
    "agents": "missing",
    "tried": "missing",
}


@pytest.fixture
def bare(db: None, settings: Any, tmp_path: Path) -> Iterator[Provider]:
    """An installation right after its first start, without the demo, and a provider."""
    settings.ISOBOT_DATA = tmp_path
    sandbox = Sandbox(tmp_path / "sandbox.json")
    sandbox.start()
    settings.BOTMAKER_V1_URL = f"{sandbox.url}api/v1.0"
    settings.BOTMAKER_V2_URL = f"{sandbox.url}v2.0"
    first_start.prepare(PASSWORD)
    try:
        yield Provider(sandbox)
    finally:
        sandbox.stop()


class Follower:
    """An administrator who follows the guide, and looks at Setup chat after each step."""

    def __init__(self) -> None:
        self.desk = Desk("admin")
        self.marks = dict(AT_FIRST)

    def turns(self, **changed: str) -> None:
        """What the last step changed of the page, and nothing else."""
        self.marks |= changed
        page = self.desk.get(SETUP)
        assert marks(page) == self.marks
        ready = list(self.marks.values()).count("ready")
        assert f"{ready} de 15 prontos." in words_of(page)

    def add(self, address: str, **fields: Any) -> Page:
        saved = self.desk.add(address, **fields)
        assert saved.status == 302, saved.errors
        return saved

    def detail(self, question: str, answer: str, note: str = "") -> None:
        user = ParameterUser.objects.get(name="ISOPADRAO", parameter__name="ISOCHATBOT")
        self.add(
            f"{LIST}usuarios/{user.pk}/detalhes/incluir/",
            question_text=question,
            answer=answer,
            note=note,
            order="1",
            active="on",
        )


def classifications(path: Follower) -> None:
    """Passo 1 and 2."""
    new = "/supervisor/chat/classificacao/incluir/"
    path.add(new, description="WhatsApp", kind="human", active="on")
    path.turns(human="ready")
    path.add(new, description="ISOCHAT BOT", kind="bot", active="on")
    path.turns(bot="ready")


def parameter(path: Follower) -> None:
    """Passo 3, down to the user whose details follow."""
    path.add(f"{LIST}incluir/", name="ISOCHATBOT", description="ISOCHATBOT", active="on")
    path.turns()
    users = f"{LIST}{Parameter.objects.get().pk}/usuarios/incluir/"
    path.add(users, name="ISOPADRAO", order="1", active="on")
    path.turns(parameter="ready")


def details(path: Follower, held: Credentials) -> None:
    """The rest of Passo 3."""
    human, bot = Classification.objects.order_by("pk")
    path.detail("CLASS_CHAT_ATENDIMENTO", str(human.pk))
    path.turns(CLASS_CHAT_ATENDIMENTO="ready")
    path.detail("CLASS_CHAT_BOT", str(bot.pk))
    path.turns(CLASS_CHAT_BOT="ready")
    path.detail("PROVEDOR_TOKEN", "um-token-que-o-provedor-nao-conhece")
    path.turns()
    path.desk.post(f"{SETUP}testar-acesso/")
    path.turns()
    Detail.objects.get(question="PROVEDOR_TOKEN").delete()
    path.detail("PROVEDOR_TOKEN", held.access_token, held.access_token)
    path.turns()
    path.desk.post(f"{SETUP}testar-acesso/")
    # The other networks' channels are made from the provider's list, so the number can wait.
    path.turns(access="ready", PROVEDOR_TOKEN="ready", PROVEDOR_PHONE="attention")
    path.detail("PROVEDOR_REFRESHTOKEN", "", held.refresh_token)
    path.detail("PROVEDOR_SECRET_ID", held.secret_id)
    path.turns()
    path.detail("PROVEDOR_PHONE", "+55 (41) 99999-0000")
    path.turns(PROVEDOR_PHONE="ready")
    path.detail("PROVEDOR_ACCOUNT", held.client_id)
    path.turns(PROVEDOR_ACCOUNT="ready", renewal="ready")


def attendants(path: Follower) -> None:
    """4º Passo."""
    human = Classification.objects.get(kind="human")
    User.objects.create_user("ana", password=PASSWORD, first_name="Ana")
    ana = User.objects.get(username="ana").pk
    path.add(f"/supervisor/chat/classificacao/{human.pk}/atendentes/incluir/", user=ana)
    path.turns(agents="ready")


def first_conversation(path: Follower, drain: Callable[[], None]) -> None:
    """A customer is heard with the right token only, and answered by a person."""
    customer = Customer(drain)
    customer.post({"oi": 1}, token="another-token")
    path.turns()
    from_here = store.read(ISOCHATBOT.PROVEDOR_WEBHOOK_TOKEN)
    for text in ("Oi", "1"):
        body = {**_flat(text), "WHATSAPP_NUMBER": "5541999990000"}
        assert customer.post(body, token=from_here).status_code == 200
        drain()
    path.turns(webhook="ready")
    conversation = Conversation.objects.get()
    assert Api().login_as("ana").answer(conversation.pk, "Bom dia!").status_code == 201
    path.turns()
    drain()
    path.turns(tried="ready")


def mail(path: Follower) -> None:
    """The line of the mail, proved by one that arrives."""
    with Sink() as sink:
        path.add(f"{LIST}incluir/", name="SMTPCONFIG", description="E-mail", active="on")
        path.turns()
        store.add_user("SMTPCONFIG", "ISOPADRAO")
        for question, answer in (("HOST", "127.0.0.1"), ("PORTA", str(sink.port))):
            store.put_detail("SMTPCONFIG", "ISOPADRAO", question, answer=answer)
        path.turns()
        store.put_detail("SMTPCONFIG", "ISOPADRAO", "REMETENTE", answer="isobot@example.com")
        path.turns()
        path.desk.post(f"{SETUP}testar-envio/", to="maria@example.com")
        path.turns(mail="ready")


def test_each_step_of_the_guide_turns_its_card_once_it_works(
    bare: Provider, drain: Callable[[], None], tmp_path: Path
) -> None:
    path, held = Follower(), issue(tmp_path / "sandbox.json")
    path.turns()
    classifications(path)
    parameter(path)
    details(path, held)
    attendants(path)
    first_conversation(path, drain)
    mail(path)
    assert "15 de 15 prontos. Não falta nada." in words_of(path.desk.get(SETUP))


def _flat(text: str) -> dict[str, Any]:
    return {
        "chatPlatform": "whatsapp",
        "contactId": "5541988887777",
        "customerId": "K3Q9TZ7XWB1LMD0VYH5R",
        "_id_": f"MSG-{text}",
        "date": "2026-11-20T13:05:11.402Z",
        "fromName": "Maria Souza",
        "from": "user",
        "fromCustomer": True,
        "message": text,
    }


def test_the_line_on_top_names_what_is_missing_and_leads_to_it(bare: Provider) -> None:
    page = Desk("admin").get(SETUP)
    assert "1 de 15 prontos. Falta:" in words_of(page)
    lead = page.text.split('class="lead"')[1].split("</p>")[0]
    missing = [name for name, state in AT_FIRST.items() if state == "missing"]
    assert re.findall(r'href="#card-(\w+)"', lead) == missing


@pytest.mark.parametrize(
    ("undo", "name"),
    [
        (lambda: Classification.objects.filter(kind="bot").update(active=False), "bot"),
        (lambda: Parameter.objects.filter(name="ISOCHATBOT").update(active=False), "parameter"),
        (lambda: Classification.objects.filter(kind="bot").update(active=False), "CLASS_CHAT_BOT"),
        (lambda: User.objects.filter(groups=None).update(is_active=False), "agents"),
        (lambda: Contact.objects.filter(anonymous=True).delete(), "anonymous"),
        (lambda: Detail.objects.filter(question="PROVEDOR_PHONE").delete(), "PROVEDOR_PHONE"),
    ],
)
def test_what_stops_working_is_missing_again(
    desk: At, provider: Provider, undo: Any, name: str
) -> None:
    supervisor = desk("supervisor")
    assert marks(supervisor.get(SETUP))[name] == "ready"
    undo()
    # Instagram, Messenger and Telegram of the demo do without a phone.
    expected = "attention" if name == "PROVEDOR_PHONE" else "missing"
    assert marks(supervisor.get(SETUP))[name] == expected


def test_another_token_is_not_proven_by_what_the_last_one_did(desk: At, provider: Provider) -> None:
    supervisor = desk("supervisor")
    supervisor.post(f"{SETUP}testar-acesso/")
    assert marks(supervisor.get(SETUP))["PROVEDOR_TOKEN"] == "ready"
    verified(hours_ago=1)
    store.write(ISOCHATBOT.PROVEDOR_TOKEN, answer="", note="another-token-of-many-characters")
    page = supervisor.get(SETUP)
    assert (marks(page)["access"], marks(page)["PROVEDOR_TOKEN"]) == ("missing", "missing")


def test_a_message_the_provider_took_proves_another_token(
    desk: At, provider: Provider, customer: Customer
) -> None:
    supervisor = desk("supervisor")
    earlier = timezone.now() - timedelta(seconds=5)
    Detail.objects.filter(question="PROVEDOR_TOKEN").update(updated_at=earlier)
    Detail.objects.filter(question="PROVEDOR_DATE").delete()
    assert marks(supervisor.get(SETUP))["PROVEDOR_TOKEN"] == "missing"
    customer.says("Oi")
    page = supervisor.get(SETUP)
    assert (marks(page)["access"], marks(page)["PROVEDOR_TOKEN"]) == ("ready", "ready")


def test_where_nobody_answers_nothing_is_quoted(desk: At, provider: Provider) -> None:
    provider.sandbox.stop()
    supervisor = desk("supervisor")
    supervisor.post(f"{SETUP}testar-acesso/")
    page = supervisor.get(SETUP).text
    assert "O provedor não responde." in page
    assert "Resposta do provedor" not in page and "could not be reached" not in page


def test_the_providers_own_words_are_a_quotation(desk: At, provider: Provider) -> None:
    store.write(ISOCHATBOT.PROVEDOR_TOKEN, answer="", note="another-token-of-many-characters")
    supervisor = desk("supervisor")
    supervisor.post(f"{SETUP}testar-acesso/")
    told = "O provedor recusa o token. Resposta do provedor: “Not authorized”"
    assert told in supervisor.get(SETUP).text


class TestTheWebhook:
    def test_the_token_is_shown_by_a_post_only_and_written_down(self, desk: At) -> None:
        supervisor = desk("supervisor")
        token = store.read(ISOCHATBOT.PROVEDOR_WEBHOOK_TOKEN)
        before = supervisor.get(SETUP)
        assert token not in before.text and store.mask(token) in before.text
        assert supervisor.get(f"{SETUP}revelar-token/").status == 405
        assert not AuditEntry.objects.exists()
        shown = supervisor.post(f"{SETUP}revelar-token/")
        assert shown.status == 200
        assert f'value="{token}"' in shown.text and f'data-copy="{token}"' in shown.text
        assert shown.response.headers["Cache-Control"] == "no-store"
        entry = AuditEntry.objects.get()
        assert (entry.what, entry.by_name) == ("revealed", "Sílvia Nunes")
        assert token not in str(vars(entry))
        assert token not in supervisor.get(SETUP).text
        assert token not in supervisor.get("/supervisor/auditoria/").text

    def test_the_address_is_the_public_one_if_any(self, desk: At, settings: Any) -> None:
        settings.ISOBOT_PUBLIC_URL = ""
        page = desk("supervisor").get(SETUP)
        assert 'data-copy="http://testserver/webhooks/botmaker/"' in page.text
        settings.ISOBOT_PUBLIC_URL = "https://chat.example.com"
        page = desk("supervisor").get(SETUP)
        assert 'data-copy="https://chat.example.com/webhooks/botmaker/"' in page.text

    def test_the_last_event_is_told(self, desk: At, customer: Customer) -> None:
        assert "Último evento recebido" not in words_of(desk("supervisor").get(SETUP))
        customer.says("Oi")
        assert "Último evento recebido" in words_of(desk("supervisor").get(SETUP))

    def test_another_token_is_not_proven_by_an_earlier_event(
        self, desk: At, customer: Customer
    ) -> None:
        customer.says("Oi")
        assert marks(desk("supervisor").get(SETUP))["webhook"] == "ready"
        gateway.events().update(received_at="2026-01-01T00:00:00Z")
        assert marks(desk("supervisor").get(SETUP))["webhook"] == "missing"


class TestTestarEnvio:
    def test_it_arrives(self, desk: At, mailbox: Sink) -> None:
        supervisor = desk("supervisor")
        supervisor.post(f"{SETUP}testar-envio/", to="maria@example.com")
        assert "E-mail enviado para maria@example.com." in words_of(supervisor.get(SETUP))
        assert [recipients for _from, recipients, _mail in mailbox.mails] == [["maria@example.com"]]
        assert AuditEntry.objects.get().what == "mail_tested"

    @pytest.mark.parametrize(
        ("step", "answer", "sentence"),
        [
            ("greeting", "no", "PORTA e SEGURANCA"),
            ("mail", "550 no", "O servidor de e-mail recusou o remetente."),
            ("rcpt", "550 no", "O servidor de e-mail recusou o endereço do destinatário."),
            ("data", "554 no", "O servidor de e-mail recusou a mensagem."),
        ],
    )
    def test_what_the_server_refuses_is_words_of(
        self, desk: At, mailbox: Sink, step: str, answer: str, sentence: str
    ) -> None:
        mailbox.refuses[step] = answer
        supervisor = desk("supervisor")
        supervisor.post(f"{SETUP}testar-envio/", to="maria@example.com")
        assert sentence in words_of(supervisor.get(SETUP))
        assert mailbox.mails == []

    def test_a_login_that_is_refused(self, desk: At, mailbox: Sink) -> None:
        secret = "canary-5d1f0a77c2-tail"
        mailbox.login = ("maria", "certa")
        for question, answer in (("USUARIO", "maria"), ("SENHA", secret)):
            store.put_detail("SMTPCONFIG", "ISOPADRAO", question, answer=answer)
        supervisor = desk("supervisor")
        supervisor.post(f"{SETUP}testar-envio/", to="maria@example.com")
        page = supervisor.get(SETUP)
        assert "Confira USUARIO e SENHA." in words_of(page)
        assert secret not in page.text

    def test_nobody_there(self, desk: At, mailbox: Sink) -> None:
        store.put_detail("SMTPCONFIG", "ISOPADRAO", "PORTA", answer="9")
        supervisor = desk("supervisor")
        supervisor.post(f"{SETUP}testar-envio/", to="maria@example.com")
        assert "HOST e PORTA" in words_of(supervisor.get(SETUP))

    @pytest.mark.parametrize("to", ["maria@example.com", "ninguem"])
    def test_an_incomplete_parameter_names_what_lacks(
        self, desk: At, mailbox: Sink, to: str
    ) -> None:
        Detail.objects.filter(question__in=["HOST", "REMETENTE"]).delete()
        supervisor = desk("supervisor")
        supervisor.post(f"{SETUP}testar-envio/", to=to)
        page = supervisor.get(SETUP)
        assert "Preencha HOST, REMETENTE no parâmetro SMTPCONFIG" in words_of(page)
        assert marks(page)["mail"] == "attention"

    @pytest.mark.parametrize("to", ["", "ninguem", "a@b\nBcc: c@example.com"])
    def test_an_address_that_is_none(self, desk: At, mailbox: Sink, to: str) -> None:
        supervisor = desk("supervisor")
        supervisor.post(f"{SETUP}testar-envio/", to=to)
        page = supervisor.get(SETUP)
        assert "Digite o e-mail de quem recebe o teste" in words_of(page)
        assert mailbox.mails == []


def test_a_missing_anonimo_is_made_by_its_card(desk: At) -> None:
    Contact.objects.filter(anonymous=True).delete()
    supervisor = desk("supervisor")
    page = supervisor.get(SETUP)
    assert f'action="{SETUP}anonimo/"' in card(page, "anonymous")
    for _ in range(2):
        assert supervisor.post(f"{SETUP}anonimo/").location == SETUP
    assert Contact.objects.get(anonymous=True).name == "Anônimo"
    page = supervisor.get(SETUP)
    assert marks(page)["anonymous"] == "ready"
    assert f'action="{SETUP}anonimo/"' not in page.text


ACTIONS = ("testar-acesso", "atualizar-token", "revelar-token", "testar-envio", "anonimo")


@pytest.mark.parametrize("who", ["atendente", None])
def test_an_agent_has_no_business_here(desk: At, provider: Provider, who: str | None) -> None:
    token = store.read(ISOCHATBOT.PROVEDOR_WEBHOOK_TOKEN)
    for address in (SETUP, *(f"{SETUP}{action}/" for action in ACTIONS)):
        for answer in (desk(who).get(address), desk(who).post(address, to="a@example.com")):
            assert answer.status == (403 if who else 302)
            assert token not in answer.text
    assert renewals(provider) == 0
    assert not AuditEntry.objects.exists()


def test_a_hostile_name_is_inert(desk: At) -> None:
    bad = "<script>alert(1)</script>"
    Contact.objects.filter(pk=contacts.anonymous().pk).update(name=bad)
    Classification.objects.filter(kind="human").update(description=bad)
    for address in (SETUP, "/supervisor/"):
        page = desk("supervisor").get(address)
        assert bad not in page.text
    assert "&lt;script&gt;" in desk("supervisor").get(SETUP).text
