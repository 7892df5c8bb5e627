"""The guide, followed to the letter from an empty installation; it takes the guide's pictures.

`ISOBOT_DEMO=0`: no demo data, no simulated phone, and a provider given by its addresses.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Locator, expect

from provider.sandbox import issue
from provider.sandbox.credentials import Credentials
from tests.browser.windows import Desk, House
from tests.processes import wait_until
from tests.stack import PASSWORD, Stack, why_not

pytestmark = pytest.mark.browser

LINE, CUSTOMER, NAME = "5541999990000", "5541988123456", "Maria Souza"
QUESTION = "Meu pedido 4471 ainda não chegou. Podem verificar?"
ANSWER = "Bom dia, Maria! O pedido 4471 saiu para entrega hoje e chega até as 18h."
CLOSING = (
    "Olá cliente, esse atendimento foi finalizado, mas qualquer dúvida, estamos a disposição. "
    "Atenciosamente, Central de Atendimento."
)
SAVES_PICTURES = os.environ.get("ISOBOT_SCREENSHOTS", "") == "1"


@pytest.fixture
def empty(chromium: Browser) -> Iterator[House]:
    """An installation as its first start leaves it, and somebody to open windows on it."""
    profile = "embedded" if why_not("production") else "production"
    with Stack(profile, demo=False) as stack:
        found = House.__new__(House)
        found.stack, found.browser = stack, chromium
        found._windows, found._signed_in = [], {}
        yield found
        for window in found._windows:
            window.close()


class Console(Desk):
    """A supervisor's window; every step of the guide in its own words."""

    picture: Callable[..., None]

    def shot(self, name: str, of: Locator | None = None) -> None:
        if not SAVES_PICTURES:
            return
        if of is not None:
            of.scroll_into_view_if_needed()
        self.picture(self, f"guia-{name}")

    def menu(self, *path: str) -> None:
        """Supervisor > Chat > …: the last word is the entry, the others stand above it."""
        nav = self.page.get_by_role("navigation", name="Menu principal")
        for word in path[:-1]:
            expect(nav.get_by_text(word, exact=True).first).to_be_visible()
        nav.get_by_role("link", name=path[-1], exact=True).click()

    def press(self, label: str) -> None:
        self.page.get_by_role("button", name=label, exact=True).click()

    def follow(self, label: str) -> None:
        self.page.get_by_role("link", name=label, exact=True).first.click()

    @property
    def title(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    def says(self, text: str) -> None:
        expect(self.page.locator("#toasts, .alert").get_by_text(text).first).to_be_visible()

    def field(self, label: str) -> Locator:
        """By the word before the mark of a required one."""
        return self.page.locator("main").get_by_label(label).first


def classification(desk: Console, description: str, kind: str, shot: str = "") -> str:
    """PASSO 1 and 2; answers the code, read from the column Código."""
    desk.menu("Supervisor", "Chat", "Classificação")
    desk.follow("Incluir")
    desk.field("Descrição").fill(description)
    desk.field("Tipo").select_option(label=kind)
    if shot:
        desk.shot(shot)
    desk.press("Inserir")
    desk.says("Classificação salva.")
    desk.press("Inserir")  # "clique em “inserir” 2x"
    desk.says("nada mudou")
    desk.menu("Supervisor", "Chat", "Classificação")
    row = desk.page.get_by_role("row").filter(has_text=description)
    expect(row).to_have_count(1)
    code = row.locator("code").inner_text()
    magnifier = row.get_by_role("link", name=f"Abrir: {description} ({code})")
    assert str(magnifier.get_attribute("href")).endswith(f",{code}")
    return code


def detail(desk: Console, question: str, answer: str = "", note: str = "", shot: str = "") -> None:
    """Adicionar Detalhe: Pergunta, Resposta, Observação, Ordem 1, Ativo, Salvar."""
    desk.follow("Adicionar Detalhe")
    desk.field("Pergunta").fill(question)
    desk.field("Pergunta").press("Tab")
    fields = desk.page.locator("[data-part=key-fields]")
    expect(fields.locator(".note")).to_be_visible()  # the form knows its key by now
    field = fields.locator("[name=answer]").first
    if answer and field.evaluate("field => field.tagName") == "SELECT":
        field.select_option(label=answer)
    elif answer and field.get_attribute("type") == "radio":
        fields.locator(f"[name=answer][value='{answer}']").check()
    elif answer:
        field.fill(answer)
    if note:
        desk.field("Observação").fill(note)
    expect(desk.field("Ordem")).to_have_value("1")
    expect(desk.field("Ativo")).to_be_checked()
    if shot:
        desk.shot(shot)
    desk.press("Salvar")
    desk.says("Detalhe salvo.")
    expect(desk.page.get_by_role("row").filter(has_text=question)).to_have_count(1)


def person(desk: Console, username: str, first: str, last: str, role: str) -> None:
    """The administrator makes the users the guide takes for granted."""
    desk.menu("Usuários")
    desk.follow("Incluir")
    desk.field("Login").fill(username)
    desk.field("Nome").fill(first)
    desk.field("Sobrenome").fill(last)
    desk.field("Papel").select_option(label=role)
    desk.field("Senha").fill(PASSWORD)
    desk.press("Inserir")
    desk.says("salvo")


def enter(house: House, username: str, picture: Callable[..., None]) -> Console:
    desk: Console = house.keep(Console(house.context(), house.stack.url))
    desk.picture = picture
    desk.go("/entrar/")
    desk.page.get_by_label("Usuário").fill(username)
    desk.page.get_by_label("Senha").fill(PASSWORD)
    desk.press("Entrar")
    expect(desk.page.get_by_label("Usuário")).to_have_count(0)
    return desk


def classifications(desk: Console) -> None:
    """PASSO 1 and PASSO 2."""
    classification(desk, "WhatsApp", "Atendimento humano", "02-classificacao-incluir")
    classification(desk, "ISOCHAT BOT", "Bot")
    desk.shot("03-classificacoes")


def parameter(desk: Console) -> None:
    """PASSO 3: the parameter and its user."""
    desk.menu("Parâmetros")
    desk.follow("Adicionar parâmetro")
    desk.field("Parâmetro").fill("ISOCHATBOT")
    desk.field("Descrição").fill("ISOCHATBOT")
    expect(desk.field("Ativo")).to_be_checked()
    desk.shot("04-parametro")
    desk.press("Salvar")
    desk.page.get_by_role("searchbox").fill("ISOCHATBOT")
    desk.press("Filtrar")
    pencil = desk.page.get_by_role("link", name="Editar: ISOCHATBOT")
    expect(pencil).to_be_visible()
    desk.shot("05-parametro-filtro")
    pencil.click()
    desk.follow("Adicionar usuário")
    desk.field("Usuário").fill("ISOPADRAO")
    expect(desk.field("Ordem")).to_have_value("1")
    desk.shot("06-isopadrao")
    desk.press("Salvar")
    desk.says("Usuário salvo.")
    # "Expanda a opção de usuário … Depois de clicar no lápis abrirá uma tela de detalhes"
    desk.page.get_by_role("link", name="Detalhes: ISOPADRAO").click()


def details(desk: Console, held: Credentials) -> None:
    """PASSO 3: every detail, the token in both fields."""
    detail(desk, "CLASS_CHAT_ATENDIMENTO", "WhatsApp (1)", shot="07-detalhe-classificacao")
    detail(desk, "CLASS_CHAT_BOT", "ISOCHAT BOT (2)")
    detail(desk, "PROVEDOR_TOKEN", held.access_token, held.access_token)
    desk.follow("PROVEDOR_TOKEN")
    assert held.access_token not in desk.page.content()
    expect(desk.field("Observação")).to_have_value(f"••••{held.access_token[-4:]}")
    desk.shot("08-detalhe-token")
    desk.follow("Voltar à lista")
    detail(desk, "PROVEDOR_REFRESHTOKEN", note=held.refresh_token)
    detail(desk, "PROVEDOR_SECRET_ID", held.secret_id)
    detail(desk, "PROVEDOR_PHONE", "+55 (41) 99999-0000")
    detail(desk, "PROVEDOR_ACCOUNT", held.client_id)
    desk.shot("09-detalhes")
    detail(desk, "AVISO_CONV_INCIADA", "C")
    detail(desk, "AVISO_TRANSFER", "S")
    detail(desk, "AVISO_ESPERA", "S")
    detail(desk, "TIPO_TELEFONE", "Celular (1)")
    detail(desk, "TIPO_ECONTACT", "E-mail (1)")
    detail(desk, "MSG_ENCERRAMENTO", note=CLOSING)
    detail(desk, "TAMANHO_MAX_ANEXO", "100")
    detail(desk, "NomeBot", "isocrmsandbox")
    detail(desk, "linkImage", "../k2bimages/logoisocrm.png")


def connect(desk: Console, provider: str) -> None:
    """Prerequisite: “Webhook configurado dentro do Provedor.”"""
    desk.menu("Supervisor", "Chat", "Setup chat")
    card = desk.page.locator("#card-webhook")
    desk.press("Revelar o token")
    token = card.get_by_label("Token").input_value()
    url = card.get_by_label("Endereço").input_value()
    if SAVES_PICTURES:  # a picture of the page, and of no secret
        desk.go("/supervisor/chat/setup/")
    desk.shot("10-webhook", card)
    requests.put(f"{provider}/webhook", json={"url": url, "token": token}, timeout=10)
    desk.go("/supervisor/chat/setup/")
    desk.press("Testar acesso")
    desk.says("O provedor aceita o token.")
    expect(desk.page.locator("#card-access")).to_contain_text("Pronto")
    desk.shot("11-acesso", desk.page.locator("#card-access"))


def attendants(desk: Console) -> None:
    """4º Passo."""
    desk.menu("Supervisor", "Chat", "Classificação")
    desk.page.get_by_role("link", name="Abrir: WhatsApp (1)").click()
    desk.follow("Atendentes")
    desk.follow("Incluir")
    desk.field("Atendente").select_option(label="Ana Lima (atendente)")
    desk.press("Inserir")
    desk.says("Atendente salvo.")
    desk.press("Inserir")
    desk.follow("Voltar à lista")
    expect(desk.page.get_by_role("row").filter(has_text="Ana Lima")).to_have_count(1)
    desk.shot("12-atendentes")


def first_conversation(agent: Console, provider: str) -> None:
    """The guide's test: message, menu, agent, answer, ticks."""
    agent.open_list()
    phone = f"{provider}/phones/whatsapp/{CUSTOMER}"

    def writes(text: str) -> None:
        body = {"text": text, "name": NAME}
        requests.post(f"{phone}/messages", json=body, timeout=10).raise_for_status()

    def received() -> list[str]:
        entries = requests.get(f"{provider}/ledger", timeout=10).json()["entries"]
        return [entry["text"] for entry in entries]

    writes("Oi")
    wait_until(lambda: len(received()) == 1, "the menu is sent")
    assert "1 - Falar com atendente" in received()[0]
    writes("1")
    expect(agent.row(NAME)).to_be_visible(timeout=15_000)
    writes(QUESTION)
    expect(agent.row(NAME)).to_contain_text("Meu pedido 4471")
    agent.shot("13-fila")
    agent.open(NAME)
    agent.assume()
    agent.answer(ANSWER)
    tick = agent.tick(ANSWER)
    expect(tick).to_have_attribute("data-tip-title", "Mensagem entregue", timeout=15_000)
    requests.post(f"{phone}/read", timeout=10).raise_for_status()
    expect(tick).to_have_attribute("data-tip-title", "Mensagem lida", timeout=15_000)
    agent.shot("14-resposta")
    notice = "Olá! Aqui é Ana Lima. Vou continuar o seu atendimento."
    assert received()[2:] == [notice, ANSWER]


def approved(desk: Console) -> None:
    desk.menu("Supervisor", "Chat", "Setup chat")
    expect(desk.page.locator("#card-tried")).to_contain_text("Testado e aprovado")
    assert desk.page.locator(".setup-card.is-missing").count() == 0
    desk.shot("15-setup-pronto")
    desk.menu("Supervisor", "Chat", "Menus")
    desk.page.get_by_role("link", name="Abrir: Menu principal").click()
    desk.shot("16-menu")


def incident(desk: Console, provider: str) -> None:
    """The token dies: everybody who can help sees it, and no longer once it works again."""
    requests.put(
        f"{provider}/switches", json={"token": "expired", "refresh": "refused"}, timeout=10
    )
    desk.menu("Supervisor", "Chat", "Setup chat")
    desk.press("Testar acesso")
    banner = desk.page.locator("#news").get_by_role("alert")
    expect(banner).to_contain_text("O provedor")
    desk.page.evaluate("scrollTo(0, 0)")
    desk.shot("17-incidente")
    desk.menu("Omnichannel")
    expect(banner).to_be_visible()
    requests.delete(f"{provider}/switches", timeout=10).raise_for_status()
    desk.follow("Configurações")  # "Na tela de configurações do Omnichannel"
    desk.press("Testar acesso")
    desk.says("O provedor aceita o token.")
    expect(banner).to_have_count(0)


@pytest.mark.full
def test_20_the_whole_guide_from_nothing_to_a_read_answer(
    empty: House, picture: Callable[..., None]
) -> None:
    held = issue(Path(empty.stack.data) / "sandbox.json")
    provider = f"{empty.stack.sandbox_url}/_sandbox"
    admin = enter(empty, "admin", picture)
    person(admin, "supervisor", "Sílvia", "Nunes", "Supervisor")
    person(admin, "atendente", "Ana", "Lima", "Atendente")
    desk = enter(empty, "supervisor", picture)
    desk.menu("Supervisor", "Chat", "Setup chat")
    expect(desk.page.get_by_text("Falta:").first).to_be_visible()
    desk.shot("01-setup-vazio")
    classifications(desk)
    parameter(desk)
    details(desk, held)
    connect(desk, provider)
    attendants(desk)
    agent = enter(empty, "atendente", picture)
    first_conversation(agent, provider)
    approved(desk)
    incident(desk, provider)
    for window in (admin, desk, agent):
        assert window.trouble == []
