"""Acceptance 15: the whole guide without a mouse, from an empty installation to a closed chat."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, expect

from provider.sandbox import issue
from tests.browser.windows import WIDE, Window
from tests.processes import wait_until
from tests.stack import PASSWORD, Stack

pytestmark = pytest.mark.browser

CUSTOMER = "5541988887777"
LINE = "5541999990000"
AGENTS = {"ana": "Ana", "bruno": "Bruno"}
AGENT_PASSWORD = "um-segredo-novo-7"
# What is focused, as a screen reader names it.
FOCUSED = """() => {
  const e = document.activeElement;
  const words = e.getAttribute("aria-label") || e.labels?.[0]?.innerText || e.innerText || "";
  return (words || e.title || "").trim().replace(/\\s+/g, " ");
}"""
# A ring or a frame around it, and in sight.
IS_SEEN = """() => {
  const e = document.activeElement, style = getComputedStyle(e);
  const box = (e.matches("[type=radio],[type=checkbox]") && e.closest("label") || e)
    .getBoundingClientRect();
  const marked = style.outlineStyle !== "none" || style.boxShadow !== "none";
  return e === document.body || e.matches("[tabindex='-1']")
    || (marked && box.bottom > 0 && box.top < innerHeight && box.width > 0);
}"""


class Hands:
    """Somebody with a keyboard only; wherever the focus goes, it must be seen."""

    def __init__(self, window: Window) -> None:
        self.window, self.page = window, window.page
        self.unseen: list[str] = []

    @property
    def focused(self) -> str:
        return str(self.page.evaluate(FOCUSED))

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        if "Tab" in key and not self.page.evaluate(IS_SEEN):
            self.unseen.append(f"{self.page.url}: {self.focused}")

    def to(self, name: str, *, back: bool = False, most: int = 90) -> None:
        """Tab to what is called so."""
        passed = []
        for _ in range(most):
            passed.append(self.focused)
            if passed[-1].startswith(name):
                return
            self.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"no way to {name!r} on {self.page.url}, only to {passed}")

    def open(self, *names: str) -> None:
        """Go to each of these and press Enter."""
        for name in names:
            self.to(name)
            with self.page.expect_navigation():
                self.press("Enter")

    def type(self, name: str, text: str) -> None:
        self.to(name)
        self.page.keyboard.type(text)

    def save(self, button: str, times: int = 1) -> None:
        for _ in range(times):
            self.open(button)
            self.told()

    def told(self) -> None:
        """Saving says so, and the keyboard goes on from the page's heading."""
        expect(self.page.locator("#toasts [data-toast]").first).to_be_visible()
        assert self.page.evaluate("document.activeElement.matches('main h1')")


@pytest.fixture
def empty() -> Iterator[Stack]:
    with Stack("embedded", demo=False) as stack:
        yield stack


def hands(browser: Browser, stack: Stack) -> Hands:
    # Without the glide of a scroll, whose end nobody could wait for.
    context: BrowserContext = browser.new_context(
        viewport=WIDE,  # type: ignore[arg-type]
        reduced_motion="reduce",
    )
    return Hands(Window(context, stack.url))


def classification(admin: Hands, name: str, kind: str) -> None:
    admin.open("Classificação", "Incluir")
    assert admin.focused.startswith("Descrição"), "a new form begins in its first field"
    admin.page.keyboard.type(name)
    admin.type("Tipo", kind)
    admin.save("Inserir", times=2)
    expect(admin.page.get_by_text("Já está salvo").first).to_be_visible()


def detail(admin: Hands, question: str, answer: str = "", note: str = "", choice: str = "") -> None:
    admin.open("Adicionar Detalhe")
    admin.page.keyboard.type(question)
    admin.press("Tab")
    # The form now knows its key.
    expect(admin.page.locator("[data-part=key-fields] .note")).to_be_visible()
    if choice:
        admin.to(choice[0])
        while not admin.page.locator(f"[name=answer][value={choice}]").is_checked():
            admin.press("ArrowDown")
    elif answer:
        admin.type("Resposta", answer)
    if note:
        admin.type("Observação", note)
    admin.save("Salvar")


def configure(admin: Hands, token: str, account: str) -> None:
    classification(admin, "WhatsApp", "Atendimento")
    classification(admin, "ISOCHAT BOT", "Bot")
    admin.open("Parâmetros", "Adicionar parâmetro")
    admin.page.keyboard.type("ISOCHATBOT")
    admin.type("Descrição", "ISOCHATBOT")
    admin.save("Salvar")
    admin.type("Parâmetro ou descrição", "ISOCHATBOT")
    with admin.page.expect_navigation():
        admin.press("Enter")
    admin.open("Editar: ISOCHATBOT", "Adicionar usuário")
    admin.type("Usuário", "ISOPADRAO")
    admin.save("Salvar")
    admin.open("Detalhes: ISOPADRAO")
    detail(admin, "CLASS_CHAT_ATENDIMENTO", "WhatsApp")
    detail(admin, "CLASS_CHAT_BOT", "ISOCHAT BOT")
    detail(admin, "PROVEDOR_TOKEN", "PROVEDOR TOKEN", note=token)
    detail(admin, "PROVEDOR_PHONE", LINE)
    detail(admin, "PROVEDOR_ACCOUNT", account)
    detail(admin, "AVISO_TRANSFER", choice="S")


def staff(admin: Hands) -> None:
    for login, name in AGENTS.items():
        admin.open("Usuários", "Incluir")
        admin.type("Login", login)
        admin.type("Nome", name)
        admin.type("Papel", "Atendente")
        admin.type("Senha", AGENT_PASSWORD)
        admin.save("Inserir")
    for name in AGENTS.values():
        admin.open("Classificação", "Abrir: WhatsApp", "Atendentes", "Incluir")
        admin.type("Atendente", name)
        admin.save("Inserir", times=2)


def webhook_token(admin: Hands) -> str:
    admin.open("Setup chat", "Revelar o token")
    field = admin.page.locator("#webhook-token")
    expect(field).to_be_focused()
    return field.input_value()


def act(agent: Hands, name: str, state: str) -> None:
    """A button of the open conversation."""
    agent.to(name, back=True)
    agent.press("Enter")
    expect(agent.page.locator(".thread-state")).to_have_text(state)


def take(agent: Hands, customer: str) -> None:
    agent.to(f"{customer[0]} {customer}")
    agent.press("Enter")
    expect(agent.page.get_by_role("textbox", name="Mensagem")).to_be_focused()


def serve(agent: Hands) -> None:
    page = agent.page
    take(agent, "Maria")
    act(agent, "Assumir", "Com você")
    expect(page.get_by_role("textbox", name="Mensagem")).to_be_focused()
    page.keyboard.type("Boa tarde!")
    agent.press("Enter")
    expect(page.locator(".msg-out").filter(has_text="Boa tarde!")).to_be_visible()
    act(agent, "Em espera", "Em espera")
    act(agent, "Retomar", "Com você")
    agent.to("Vincular")
    agent.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    agent.press("Escape")
    expect(dialog).to_have_count(0)
    assert agent.focused.startswith("Vincular"), "a closed panel gives the focus back"
    agent.press("Enter")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    agent.to("Novo cadastro")
    agent.press("Space")
    agent.type("Nome", "Maria Souza Lima")
    agent.press("Enter")
    expect(page.locator("#thread-name")).to_have_text("Maria Souza Lima")
    agent.to("Transferir", back=True)
    agent.press("Enter")
    expect(dialog.get_by_label("Bruno")).to_be_focused()
    agent.press("Space")
    agent.to("Transferir")
    agent.press("Enter")
    expect(page.locator("#thread")).to_have_count(0)


@pytest.mark.full
def test_15_the_whole_guide_by_keyboard(chromium: Browser, empty: Stack) -> None:
    held = issue(empty.data / "sandbox.json")
    admin, ana, bruno = (hands(chromium, empty) for _ in range(3))
    admin.window.sign_in_by_keys("admin", PASSWORD)
    configure(admin, held.access_token, held.client_id)
    staff(admin)
    where = {"url": f"{empty.url}/webhooks/botmaker/", "token": webhook_token(admin)}
    provider = f"{empty.sandbox_url}/_sandbox"
    requests.put(f"{provider}/webhook", json=where, timeout=10).raise_for_status()
    ana.window.sign_in_by_keys("ana", AGENT_PASSWORD)
    bruno.window.sign_in_by_keys("bruno", AGENT_PASSWORD)
    customer_asks_for_a_person(empty)
    expect(ana.page.locator(".row-link")).to_have_count(1)
    serve(ana)
    bruno.to("Meus")
    bruno.press("Enter")
    expect(bruno.page.locator(".row-link")).to_have_count(1)
    take(bruno, "Maria Souza Lima")
    close(bruno)
    for person in (admin, ana, bruno):
        assert person.window.trouble == []
        assert person.unseen == []
        person.window.close()


def customer_asks_for_a_person(stack: Stack) -> None:
    phone = f"{stack.sandbox_url}/_sandbox/phones/whatsapp/{CUSTOMER}/messages"
    for text, status in (("Oi", "bot"), ("1", "waiting")):
        body = {"text": text, "name": "Maria Souza"}
        requests.post(phone, json=body, timeout=10).raise_for_status()
        found = f"SELECT id FROM chat_conversation WHERE status = '{status}'"
        wait_until(lambda sql=found: stack.rows(sql), status)


def close(agent: Hands) -> None:
    agent.to("Encerrar", back=True)
    agent.press("Enter")
    expect(agent.page.locator(".confirm")).to_be_visible()
    assert agent.page.evaluate("document.activeElement.closest('.confirm') !== null")
    agent.to("Encerrar")
    agent.press("Enter")
    expect(agent.page.locator(".thread-state")).to_have_text("Encerrada")
