"""An installation in which everybody has bad intentions: hostile texts, by the product's own doors.

Who writes a name, a text or an error does it as in life: by a form, a webhook, a provider's answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import requests

from tests import samples
from tests.browser.test_replies import CREDENTIALS, Customer
from tests.browser.windows import House
from tests.conftest import user_text
from tests.console.reading import _Typed
from tests.processes import wait_until
from tests.provider.vendor import Vendor
from tests.stack_clients import Agent, Sender
from tests.stack_clients import Browser as Session

TAG = '"><img src=x onerror=alert(1)>'
MARKUP = f"{TAG}<svg onload=alert(2)></textarea><script>alert(3)</script>{{{{7*7}}}}"
FILE = "<img src=x onerror=alert(7)>.pdf"
FILES = "SELECT name FROM chat_attachment WHERE name LIKE '%onerror%'"
SCRIPT = "</script><script>alert(4)</script>"
LINKS = ("javascript:alert(5)", "data:text/html,<script>alert(6)</script>")
EVERY = (MARKUP, SCRIPT, *LINKS)
REFUSAL = {"ok": False, "error_code": 400, "description": f"{MARKUP} {LINKS[0]}"}
CONSOLE = "/supervisor/"
PERSON = "350000001"

# What would have come to life of it. Scripts of ours hold no alert.
ALIVE = """() => [...document.querySelectorAll("img, svg, script, a, form, iframe, *[onerror]")]
  .filter(e => e.matches("img[src='x'], [onerror], [onload], iframe[src^='javascript' i]")
    || (e.matches("script") && e.textContent.includes("alert("))
    || /^\\s*(javascript|data:text)/i.test(e.getAttribute("href") || e.getAttribute("action")))
  .map(e => e.outerHTML.slice(0, 120))"""


class Hands:
    """Somebody who fills in forms."""

    def __init__(self, house: House, username: str) -> None:
        self.session = Session(house.stack, username)

    def fill(self, address: str, **changed: str) -> None:
        """Open a form, change some of it and save; refused, it says why."""
        session, address = self.session, CONSOLE + address
        page = session.get(session.base + address, timeout=30)
        page.raise_for_status()
        form = {**_Typed(page.text).values, **changed}
        form["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
        answer = session.post(
            session.base + address,
            data=form,
            headers={"Referer": session.base},
            timeout=30,
            allow_redirects=False,
        )
        said = re.findall(r'class="field-error"[^>]*>.*?</svg>\s*(.*?)</p>', answer.text, re.S)
        assert answer.status_code == 302, f"{address}: {answer.status_code} {said}"


def furnish(house: House, vendor: Vendor) -> None:
    """Everything in it bears a hostile text: what people configure, and what comes from outside."""
    one: Callable[[str], Any] = lambda sql: house.stack.rows(sql)[0][0]  # noqa: E731
    _people(Hands(house, "admin"), house)
    supervisor = Hands(house, "supervisor")
    _registers(supervisor)
    _parameters(supervisor, one)
    _menu(supervisor, one)
    _from_outside(house)
    _said_by_a_provider(house, vendor, supervisor)


def _people(admin: Hands, house: House) -> None:
    for (number,) in house.stack.rows("SELECT id FROM auth_user WHERE username <> 'admin'"):
        admin.fill(f"usuarios/ver,{number}", first_name=MARKUP, last_name=LINKS[0])


def _registers(supervisor: Hands) -> None:
    for text in EVERY:
        supervisor.fill("chat/classificacao/incluir/", description=text, kind="human")
        for slug in ("tipos-de-telefone", "tipos-de-econtact"):
            supervisor.fill(f"cadastros/{slug}/incluir/", description=text)
        supervisor.fill("cadastros/contatos/incluir/", name=text)
        for platform in ("messenger", "instagram"):
            supervisor.fill("chat/canais/incluir/", kind=platform, adapter="botmaker", line=text)


def _parameters(supervisor: Hands, one: Callable[[str], Any]) -> None:
    number = one("SELECT id FROM parameters_parameter WHERE name = 'ISOCHATBOT'")
    said = " ".join(EVERY)
    supervisor.fill(f"parametros/ver,{number}", description=MARKUP, note=said)
    owner = one(
        f"SELECT id FROM parameters_parameteruser WHERE parameter_id = {number} ORDER BY id LIMIT 1"
    )
    own = f"parametros/usuarios/{owner}/detalhes/"
    find = "SELECT id FROM parameters_detail WHERE question = '{}'"
    supervisor.fill(f"{own}ver,{one(find.format('NomeBot'))}", answer=TAG, note=said)
    said = said.replace("{{7*7}}", "")  # in braces this one takes its own names only
    supervisor.fill(f"{own}ver,{one(find.format('MSG_ENCERRAMENTO'))}", note=said)


def _menu(supervisor: Hands, one: Callable[[str], Any]) -> None:
    said = " ".join(EVERY)
    texts = dict.fromkeys(("greeting", "not_understood", "hand_off", "goodbye"), said)
    labels = {f"options-{row}-label": text for row, text in enumerate((TAG, SCRIPT, LINKS[0]))}
    menu = one("SELECT min(id) FROM chat_menu")
    answer = {"options-0-text": said}
    supervisor.fill(f"chat/menus/ver,{menu}", name=MARKUP, **texts, **labels, **answer)
    said = said.replace("{{7*7}}", "")  # no name of a variable
    template = {"category": "UTILITY", "body": said, "header": TAG, "footer": SCRIPT}
    supervisor.fill("chat/templates/incluir/", name="hostil", language="pt_BR", **template)


def _from_outside(house: House) -> None:
    """Customers, and a provider whose webhooks say anything."""
    agent = house.agent("atendente")
    for number, text in enumerate(EVERY):
        contact = f"554191111{number:04d}"
        conversation = house.waits(text, contact, text)["id"]
        if number:
            agent.post(f"conversations/{conversation}/assume/").raise_for_status()
            agent.answer(conversation, text).raise_for_status()
        if number == 1:
            house.sends(text, contact, ("file", quote(FILE), samples.PDF))
            _send_file(agent, conversation)
            wait_until(lambda: len(house.stack.rows(FILES)) == 2, "files with hostile names")
    for step, number in (("hold", 2), ("close", 3)):
        conversation = house.conversation(f"554191111{number:04d}")["id"]
        agent.post(f"conversations/{conversation}/{step}/").raise_for_status()
    house.writes(MARKUP, "5541911119999", "Oi")
    house.conversation("5541911119999", "bot")
    sender = Sender(house.stack)
    for text in EVERY:
        sender.send({"type": "status", "status": text, "contactId": text, "messageId": text})
        sender.send({"type": text, text: text})
        said = user_text(text, contactId="5541911118888", _id_=text, fromName=text)
        sender.send({**said, "WHATSAPP_NUMBER": text})


def _send_file(agent: Agent, conversation: int) -> None:
    requests.post(
        f"{agent.url}/conversations/{conversation}/messages/",
        data={"client_id": "hostile-file"},
        files={"file": (FILE, samples.PDF, "application/pdf")},
        headers=agent.headers,
        timeout=30,
    ).raise_for_status()


def _said_by_a_provider(house: House, vendor: Vendor, supervisor: Hands) -> None:
    """A channel without a provider between, whose vendor refuses a message, then the token."""
    vendor.answers["/sendMessage"] = (400, REFUSAL)
    body = {
        "kind": "telegram",
        "adapter": "telegram",
        "key": "direto-telegram",
        "line": CREDENTIALS["telegram"]["bot_token"].partition(":")[0],
        "credentials": CREDENTIALS["telegram"],
    }
    house.supervisor.post("channels/", body).raise_for_status()
    customer = Customer(house, "telegram", PERSON)
    customer.says(MARKUP)
    failed = "SELECT 1 FROM chat_message WHERE failure_detail LIKE '%onerror%'"
    wait_until(lambda: house.stack.rows(failed), "the vendor's words are kept with the message")
    vendor.answers["/getMe"] = (401, {**REFUSAL, "error_code": 401})
    number = house.stack.rows("SELECT id FROM chat_channel WHERE key = 'direto-telegram'")[0][0]
    supervisor.session.submit(f"{CONSOLE}chat/canais/testar,{number}")
    told = "SELECT 1 FROM provider_incident WHERE detail LIKE '%onerror%'"
    wait_until(lambda: house.stack.rows(told), "the vendor's words are kept with the incident")
