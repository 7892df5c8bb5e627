"""One message of several is answered, by the customer or the agent, and each sees which.

The bundled provider does not say what a message answers, so these channels are reached directly.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import expect

from tests.browser.test_accessibility import barriers
from tests.browser.test_every_content import keep_look
from tests.browser.windows import LONG, NARROW, Desk, House
from tests.processes import wait_until

pytestmark = pytest.mark.browser

NAME = "Ana Souza"
SECRET = "secret-of-the-app"
LINE = "5541999997777"
PAGE, ACCOUNT, BOT, NUMBER_ID = "909000001", "909000002", "700000099", "909000004"
META = {"access_token": "EAAinvented", "app_secret": SECRET, "verify_token": "verify-me"}
CREDENTIALS = {
    "whatsapp": {"phone_number_id": NUMBER_ID, **META},
    "messenger": {"page_id": PAGE, **META},
    "instagram": {"account_id": ACCOUNT, **META},
    "telegram": {"bot_token": f"{BOT}:AAH-invented_token_of_a_test_00000", "secret_token": SECRET},
}
LINES = {"whatsapp": LINE, "messenger": PAGE, "instagram": ACCOUNT, "telegram": BOT}
_numbers = itertools.count(1)


def by_whatsapp(person: str, text: str, answered: str) -> dict[str, Any]:
    message: dict[str, Any] = {
        "from": person,
        "id": f"wamid.IN{next(_numbers)}",
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": text},
    }
    if answered:
        message["context"] = {"from": LINE, "id": answered}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": LINE, "phone_number_id": NUMBER_ID},
        "contacts": [{"wa_id": person, "profile": {"name": NAME}}],
        "messages": [message],
    }
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def by_page(object_: str, page: str) -> Callable[[str, str, str], dict[str, Any]]:
    def payload(person: str, text: str, answered: str) -> dict[str, Any]:
        now = int(time.time() * 1000)
        message: dict[str, Any] = {"mid": f"m_IN{next(_numbers)}", "text": text}
        if answered:
            message["reply_to"] = {"mid": answered}
        said = {
            "sender": {"id": person},
            "recipient": {"id": page},
            "timestamp": now,
            "message": message,
        }
        return {"object": object_, "entry": [{"id": page, "time": now, "messaging": [said]}]}

    return payload


def by_telegram(person: str, text: str, answered: str) -> dict[str, Any]:
    chat = {"id": int(person), "type": "private", "first_name": "Ana", "last_name": "Souza"}
    number, now = 5000 + next(_numbers), int(time.time())
    message: dict[str, Any] = {
        "message_id": number,
        "from": {**chat, "is_bot": False},
        "chat": chat,
        "date": now,
        "text": text,
    }
    if answered:
        earlier = {"message_id": int(answered.rpartition(":")[2]), "chat": chat, "date": now}
        message["reply_to_message"] = earlier
    return {"update_id": number, "message": message}


PAYLOADS = {
    "whatsapp": by_whatsapp,
    "messenger": by_page("page", PAGE),
    "instagram": by_page("instagram", ACCOUNT),
    "telegram": by_telegram,
}


class Customer:
    """Somebody on a channel without a provider between."""

    def __init__(self, house: House, platform: str, person: str) -> None:
        self.house, self.platform, self.person = house, platform, person
        self.url = f"{house.stack.url}/webhooks/{platform}/direto-{platform}/"

    def says(self, text: str, answered: str = "") -> None:
        body = json.dumps(PAYLOADS[self.platform](self.person, text, answered)).encode()
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": f"sha256={signature}",
            "X-Telegram-Bot-Api-Secret-Token": SECRET,
        }
        requests.post(self.url, data=body, headers=headers, timeout=10).raise_for_status()


@pytest.fixture(
    params=[
        # How each channel names the message is the adapters' matter; the screen is the same.
        pytest.param(kind, marks=[] if kind == "whatsapp" else [pytest.mark.full])
        for kind in CREDENTIALS
    ]
)
def customer(request: pytest.FixtureRequest, house: House, contact: str) -> Iterator[Customer]:
    platform = request.param
    body = {
        "kind": platform,
        "adapter": platform,
        "key": f"direto-{platform}",
        "line": LINES[platform],
        "credentials": CREDENTIALS[platform],
    }
    known = {row["key"]: row["id"] for row in house.supervisor.get("channels/").json()["results"]}
    number = known.get(body["key"]) or house.supervisor.post("channels/", body).json()["id"]
    active(house, number, True)
    # On Telegram the vendor of these tests takes messages of one person only.
    yield Customer(house, platform, "350000001" if platform == "telegram" else contact)
    active(house, number, False)


def active(house: House, channel: int, is_active: bool) -> None:
    address = f"{house.supervisor.url}/channels/{channel}/"
    answer = requests.patch(
        address, json={"active": is_active}, headers=house.supervisor.headers, timeout=20
    )
    answer.raise_for_status()


def taken(house: House, customer: Customer, **options: Any) -> tuple[dict[str, Any], Desk]:
    """The customer's conversation, and the desk of the agent who has just taken it."""
    customer.says("Oi")
    house.conversation(customer.person, "bot")
    customer.says("2")
    conversation = house.conversation(customer.person, "waiting")
    name = conversation["identity"]["name"] or customer.person
    desk = house.desk("atendente", **options)
    desk.open_list()
    desk.open(name)
    desk.assume()
    return conversation, desk


# How each of them names the message that is answered.
NAMED = {
    "whatsapp": lambda body: body.get("context", {}).get("message_id"),
    "messenger": lambda body: body.get("reply_to", {}).get("mid"),
    "instagram": lambda body: body.get("reply_to", {}).get("mid"),
    "telegram": lambda body: body.get("reply_parameters", {}).get("message_id"),
}


def test_the_agent_answers_one_message(house: House, customer: Customer) -> None:
    conversation, desk = taken(house, customer)
    page = desk.page
    customer.says("Quero a azul")
    customer.says("E uma verde")
    asked = desk.bubble("Quero a azul")
    asked.hover(timeout=LONG)
    asked.get_by_role("button", name="Quero a azul").click()
    chip = page.locator("[data-part=quote]")
    expect(chip).to_contain_text(
        f"{conversation['identity']['name'] or customer.person} Quero a azul"
    )
    expect(desk.composer).to_be_focused()
    expect(desk.composer).to_have_accessible_description(re.compile("Quero a azul"))
    keep_look(desk, f"{customer.platform}-reply")
    desk.answer("Temos, sim.")
    reply = desk.bubble("Temos, sim.")
    expect(reply.get_by_role("link", name="Em resposta a: Quero a azul")).to_be_visible()
    expect(chip).to_be_hidden()
    desk.answer("E a verde também.")
    expect(desk.bubble("E a verde também.").locator(".msg-quote")).to_have_count(0)
    said = house.supervisor.messages(conversation["id"])
    known = {message["text"]: message for message in said}
    assert known["Temos, sim."]["reply_to"] == known["Quero a azul"]["id"]
    answered = str(known["Quero a azul"]["external_id"]).rpartition(":")[2]

    def named() -> list[str]:
        rows = [body for _path, _headers, body in house.vendor.asked if isinstance(body, dict)]
        sent = [body for body in rows if "Temos, sim." in json.dumps(body, ensure_ascii=False)]
        return [str(NAMED[customer.platform](body)) for body in sent]

    wait_until(lambda: named()[-1:] == [answered], "the vendor was told which", 20)
    assert desk.trouble == []


@pytest.mark.full
@pytest.mark.parametrize("customer", ["whatsapp"], indirect=True)
def test_a_quote_is_given_up_and_kept_by_keyboard_on_a_phone(
    house: House, customer: Customer
) -> None:
    _conversation, desk = taken(
        house, customer, viewport=NARROW, color_scheme="dark", has_touch=True, bypass_csp=True
    )
    page, keys = desk.page, desk.page.keyboard
    customer.says("Quero a azul")
    button = page.get_by_role("button", name="Responder a Ana Souza: Quero a azul")
    expect(button).to_have_css("opacity", "1", timeout=LONG)  # there is no hovering
    button.focus()
    keys.press("ArrowUp")
    keys.press("Enter")
    chip = page.locator("[data-part=quote]")
    expect(chip).to_be_visible()
    expect(chip).not_to_contain_text("Quero a azul")
    keys.type("Meia resposta")
    keys.press("Escape")
    expect(chip).to_be_hidden()
    expect(desk.composer).to_have_value("Meia resposta")
    button.click()
    chip.get_by_role("button", name="Não responder a esta mensagem").click()
    expect(chip).to_be_hidden()
    button.click()
    page.reload()
    expect(chip).to_contain_text("Quero a azul")
    expect(desk.composer).to_have_value("Meia resposta")
    keep_look(desk, "narrow-reply")
    assert barriers(desk, "quote") == []
    for name in ("Localização", "Contato"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        if name == "Localização":
            where = page.get_by_role("dialog").get_by_label("Latitude e longitude")
            where.fill("https://maps.app.goo.gl/AbC")
            expect(page.get_by_text("Um link curto não diz")).to_be_visible()
            keep_look(desk, "narrow-location-refused")
            keys.press("Escape")
            page.get_by_role("button", name=name, exact=True).click()
            expect(where).to_have_value("https://maps.app.goo.gl/AbC")
            where.fill("-25.43, -49.27")
            expect(page.get_by_text("-25.430000, -49.270000")).to_be_visible()
        keep_look(desk, f"narrow-{name}")
        assert barriers(desk, name) == []
        keys.press("Escape")
    page.get_by_role("button", name="Enviar", exact=True).click()
    sent = desk.bubble("Meia resposta")
    expect(sent.locator(".msg-quote")).to_have_text("Em resposta a: Quero a azul")
    keep_look(desk, "narrow-replied")
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0, "nothing is wider than the screen"
    assert desk.trouble == []


@pytest.mark.full
def test_what_a_message_answers_is_shown_and_leads_there(house: House, customer: Customer) -> None:
    conversation, desk = taken(house, customer)
    desk.answer("Qual delas, a azul ou a verde?")
    for number in range(12):
        desk.answer(f"Linha {number}")
        expect(desk.bubble(f"Linha {number}")).to_be_visible(timeout=LONG)
    question = wait_until(
        lambda: next(
            message["external_id"]
            for message in house.supervisor.messages(conversation["id"])
            if message["text"].startswith("Qual delas")
        ),
        "the question has an id",
        20,
    )
    customer.says("Esta aqui", answered=question)
    reply = desk.bubble("Esta aqui")
    expect(reply).to_be_visible(timeout=LONG)
    quote = reply.get_by_role("link", name="Em resposta a: Qual delas, a azul ou a verde?")
    asked = desk.bubble("Qual delas, a azul ou a verde?").last
    expect(asked).not_to_be_in_viewport()
    address = desk.page.url
    quote.click()
    expect(asked).to_be_focused()
    expect(asked).to_be_in_viewport()
    assert desk.page.url == address
    assert desk.trouble == []
