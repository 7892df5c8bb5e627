"""Messenger and Instagram from webhook to webhook: an answer, its echo, and what became of it."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses
from django.test import Client
from django.utils import timezone

from chat.models import Channel, Conversation, Identity, Message
from chat.services import names
from provider import gateway
from provider.models import WebhookEvent
from tests.conftest import Api, Customer
from tests.provider.sends import queue

GRAPH = "http://127.0.0.1:9/v25.0"
SECRET = "secret-of-the-app"
PERSON = "7001002003004005"
ACCOUNTS = {
    "messenger": {"page_id": "111222333444555"},
    "instagram": {"account_id": "17841400000000077"},
}
Drain = Callable[[], None]


class Account:
    """A page or an account of ours: people write to it, and the API tells what it sends."""

    def __init__(self, kind: str, supervisor: Api, drain: Drain, api: Any) -> None:
        self.kind, self.drain = kind, drain
        (self.line,) = ACCOUNTS[kind].values()
        own = {"access_token": f"token-of-{kind}", "app_secret": SECRET, "verify_token": "v"}
        body = {"kind": kind, "adapter": kind, "credentials": {**ACCOUNTS[kind], **own}}
        made = supervisor.post("/api/v1/channels/", body, format="json")
        assert made.status_code == 201, made.content
        self.channel = Channel.objects.get(pk=made.json()["id"])
        assert self.channel.line == self.line
        self.ids = itertools.count(1)
        self.api = api
        api.add_callback("POST", f"{GRAPH}/{self.line}/messages", self._sent)

    def _sent(self, request: Any) -> tuple[int, dict[str, str], str]:
        number = next(self.ids)
        return 200, {}, json.dumps({"recipient_id": PERSON, "message_id": f"m_OUT{number}"})

    def post(self, *events: dict[str, Any], secret: str = SECRET, line: str = "") -> Any:
        name = "page" if self.kind == "messenger" else "instagram"
        entry = {"id": line or self.line, "time": now(), "messaging": list(events)}
        body = json.dumps({"object": name, "entry": [entry]}).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return Client().post(
            f"/webhooks/{self.kind}/{self.channel.key}/",
            body,
            content_type="application/json",
            headers={"x-hub-signature-256": f"sha256={signature}"},
        )

    def hears(self, **event: Any) -> WebhookEvent:
        """What the person did, and all that follows from it."""
        self.tells({"sender": {"id": PERSON}, "recipient": {"id": self.line}, **event})
        return WebhookEvent.objects.latest("id")

    def tells(self, event: dict[str, Any]) -> None:
        assert self.post({"timestamp": now(), **event}).status_code == 200
        self.drain()

    def echoes(self, **message: Any) -> None:
        pair = {"sender": {"id": self.line}, "recipient": {"id": PERSON}}
        self.tells({**pair, "message": {"is_echo": True, **message}})


def now() -> int:
    return int(timezone.now().timestamp() * 1000)


def facts(message: Message) -> set[str]:
    return set(message.facts.values_list("status", flat=True))


def shown(message: Message) -> str:
    message.refresh_from_db()
    return message.status


@pytest.fixture(params=["messenger", "instagram"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def account(api: Callable[[str], Api], drain: Drain, kind: str) -> Iterator[Account]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield Account(kind, api("supervisor"), drain, mock)


@pytest.fixture
def conversation(account: Account) -> Conversation:
    """A conversation whose menu has left."""
    account.hears(message={"mid": "m_1", "text": "Oi"})
    return Conversation.objects.get()


def sent(conversation: Conversation, account: Account, text: str) -> Message:
    message = queue(conversation, text)
    account.drain()
    message.refresh_from_db()
    return message


def test_a_customer_writes_and_the_menu_is_sent_by_the_channels_own_account(
    conversation: Conversation, account: Account
) -> None:
    assert conversation.identity.channel == account.channel
    menu = Message.objects.get(direction="out")
    assert (menu.status, menu.external_id) == ("sent", "m_OUT1")
    request = account.api.calls[-1].request
    assert request.headers["Authorization"] == f"Bearer token-of-{account.kind}"
    body = json.loads(request.body or b"")
    assert (body["recipient"], body["message"]["text"]) == ({"id": PERSON}, menu.text)
    replies = body["message"]["quick_replies"]
    assert [reply["title"] for reply in replies] == [
        "Horário de atendime…",
        "Falar com atendente",
        "Encerrar conversa",
    ]
    person = {"title": "Falar com atendente", "payload": replies[1]["payload"]}
    account.hears(message={"mid": "m_2", "text": person["title"], "quick_reply": person})
    assert Conversation.objects.get().status == "waiting"


@pytest.mark.parametrize("kind", ["messenger"], indirect=True)
def test_messenger_reports_are_kept_as_facts_and_shown_as_sent(
    conversation: Conversation, account: Account
) -> None:
    first = sent(conversation, account, "Segue a proposta.")
    second = sent(conversation, account, "Alguma dúvida?")
    assert (facts(first), shown(first)) == ({"sent"}, "sent")
    account.hears(delivery={"mids": [first.external_id], "watermark": now()})
    assert (facts(first), shown(first)) == ({"sent", "delivered"}, "sent")
    assert facts(second) == {"sent"}
    account.hears(delivery={"watermark": now()})
    assert (facts(second), shown(second)) == ({"sent", "delivered"}, "sent")
    account.hears(read={"watermark": now()})
    for message in (first, second):
        assert (facts(message), shown(message)) == ({"sent", "delivered", "read"}, "sent")


@pytest.mark.parametrize("kind", ["instagram"], indirect=True)
def test_what_was_seen_on_instagram_is_kept_as_a_fact_and_shown_as_sent(
    conversation: Conversation, account: Account
) -> None:
    first = sent(conversation, account, "Segue a proposta.")
    second = sent(conversation, account, "Alguma dúvida?")
    assert (facts(first), facts(second)) == ({"sent"}, {"sent"})
    account.hears(read={"mid": second.external_id})
    for message in (first, second):
        assert (facts(message), shown(message)) == ({"sent", "read"}, "sent")


def test_a_report_that_comes_before_its_message_waits_for_it(
    conversation: Conversation, account: Account
) -> None:
    if account.kind == "messenger":
        early = account.hears(delivery={"mids": ["m_OUT2"]})
    else:
        early = account.hears(timestamp=now() - 60_000, read={"mid": "m_OUT2"})
    assert early.state == "received"
    message = sent(conversation, account, "Segue a proposta.")
    account.drain()
    early.refresh_from_db()
    assert early.state == "processed"
    assert facts(message) == {"sent", "delivered" if account.kind == "messenger" else "read"}
    assert shown(message) == "sent"


def test_our_own_echo_is_no_second_message(conversation: Conversation, account: Account) -> None:
    message = sent(conversation, account, "Segue a proposta.")
    account.echoes(mid=message.external_id, text="Segue a proposta.")
    assert Message.objects.filter(direction="out").count() == 2
    account.echoes(mid="m_ELSE", text="Escrevi pelo celular")
    elsewhere = Message.objects.get(external_id="m_ELSE")
    assert (elsewhere.direction, elsewhere.author, elsewhere.status) == ("out", "agent", "sent")


def test_a_message_taken_back_does_not_pass_for_a_repeat_of_it(
    conversation: Conversation, account: Account
) -> None:
    event = account.hears(message={"mid": "m_1", "is_deleted": True})
    assert event.state == "discarded"
    assert (event.unapplied or [])[0]["id"] == "m_1"
    assert Message.objects.get(external_id="m_1").text == "Oi"


def test_a_repeat_takes_no_effect(conversation: Conversation, account: Account) -> None:
    account.hears(message={"mid": "m_1", "text": "Oi"})
    assert Message.objects.filter(direction="in").count() == 1


def test_what_cannot_be_shown_is_still_a_message(
    conversation: Conversation, account: Account
) -> None:
    account.hears(message={"mid": "m_2", "is_unsupported": True})
    assert Message.objects.get(external_id="m_2").content == "unsupported"


def test_another_account_at_this_address_takes_no_effect(account: Account) -> None:
    body = {"sender": {"id": PERSON}, "message": {"mid": "m_9", "text": "Oi"}}
    assert account.post(body, line="999").status_code == 200
    account.drain()
    assert WebhookEvent.objects.get().state == "discarded"
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("what", ["mark", "report"])
def test_what_was_seen_at_another_account_takes_no_effect(
    conversation: Conversation, account: Account, what: str
) -> None:
    message = sent(conversation, account, "Segue a proposta.")
    read = {"watermark": now()} if what == "mark" else {"mid": message.external_id}
    pair = {"sender": {"id": PERSON}, "recipient": {"id": "999"}, "timestamp": now()}
    assert account.post({**pair, "read": read}, line="999").status_code == 200
    account.drain()
    event = WebhookEvent.objects.latest("id")
    assert event.state == "discarded"
    assert {item["reason"] for item in event.unapplied or []} <= {"unknown_line", "empty"}
    assert facts(message) == {"sent"}
    # The same from our own account, so that it is its name that made the difference.
    account.hears(read=read)
    assert "read" in facts(message)


def test_a_wrong_signature_is_refused_and_the_address_is_confirmed(account: Account) -> None:
    assert account.post({}, secret="another").status_code == 403
    address = f"/webhooks/{account.kind}/{account.channel.key}/"
    query = {"hub.mode": "subscribe", "hub.verify_token": "v", "hub.challenge": "1158201444"}
    answer = Client().get(address, query)
    assert (answer.status_code, answer.content) == (200, b"1158201444")
    assert Client().get(address, {**query, "hub.verify_token": "w"}).status_code == 403


def test_a_refused_token_keeps_what_is_sent_until_there_is_a_better_one(
    conversation: Conversation, account: Account
) -> None:
    error = {"error": {"code": 190, "error_subcode": 463, "message": "expired"}}
    account.api.remove("POST", f"{GRAPH}/{account.line}/messages")
    account.api.add("POST", f"{GRAPH}/{account.line}/messages", status=400, json=error)
    message = sent(conversation, account, "Segue a proposta.")
    assert (message.status, message.failure_cause) == ("queued", "authentication")
    account.api.replace("POST", f"{GRAPH}/{account.line}/messages", json={"message_id": "m_X"})
    gateway.save_credentials(account.kind, account.channel.key, {"access_token": "another"})
    account.drain()
    assert shown(message) == "sent"


CALLED = {
    "messenger": ("first_name,last_name", {"first_name": "Ana", "last_name": "Souza"}, "Ana Souza"),
    "instagram": ("name,username", {"name": "Ana S.", "username": "ana.souza"}, "Ana S."),
}


def profile(account: Account, **answer: Any) -> Any:
    """What the API says when it is asked who the person is."""
    fields = CALLED[account.kind][0]
    return account.api.add("GET", f"{GRAPH}/{PERSON}?fields={fields}", **answer)


def due_at_once() -> None:
    Identity.objects.exclude(ask_name_at=None).update(ask_name_at=timezone.now())


def test_the_name_is_asked_for_once_and_apart_from_the_message(
    account: Account, conversation: Conversation
) -> None:
    asked = profile(account, json=CALLED[account.kind][1])
    assert (conversation.identity.name, asked.call_count) == ("", 0)
    assert Message.objects.filter(direction="out").exists()
    version = conversation.version
    assert names.drain() == 1
    conversation.refresh_from_db()
    assert conversation.display_name == CALLED[account.kind][2]
    assert conversation.version > version
    request = account.api.calls[-1].request
    assert request.headers["Authorization"] == f"Bearer token-of-{account.kind}"
    account.hears(message={"mid": "m_2", "text": "1"})
    assert (names.drain(), asked.call_count) == (0, 1)
    assert Identity.objects.get().name == CALLED[account.kind][2]


@pytest.mark.parametrize("kind", ["messenger"], indirect=True)
def test_a_name_that_was_asked_for_is_one_line_too(
    account: Account, conversation: Conversation
) -> None:
    profile(account, json={"first_name": "\u202eAna\n", "last_name": "Sou\u200bza\x1b"})
    names.drain()
    assert Identity.objects.get().name == "Ana Souza"


def test_a_name_that_is_known_by_then_stays(account: Account, conversation: Conversation) -> None:
    profile(account, json=CALLED[account.kind][1])
    Identity.objects.update(name="Maria")
    names.drain()
    assert Identity.objects.get().name == "Maria"


@pytest.mark.parametrize(
    ("answer", "tries"),
    [
        ({"status": 400, "json": {"error": {"code": 230, "message": "no consent"}}}, 1),
        ({"status": 400, "json": {"error": {"code": 190, "message": "expired"}}}, 1),
        ({"json": {}}, 1),
        ({"status": 500, "json": {"error": {"code": 2, "message": "later"}}}, 3),
        ({"body": "<html>"}, 3),
    ],
)
def test_a_name_that_is_not_told_is_forgotten_after_a_few_tries(
    account: Account, conversation: Conversation, answer: dict[str, Any], tries: int
) -> None:
    asked = profile(account, **answer)
    for _ in range(5):
        names.drain()
        due_at_once()
    account.hears(message={"mid": "m_2", "text": "1"})
    names.drain()
    assert asked.call_count == tries
    assert Identity.objects.get().name == ""
    assert Message.objects.filter(direction="in").count() == 2


@pytest.mark.parametrize("kind", ["instagram"], indirect=True)
def test_who_has_no_name_is_called_as_their_account(
    account: Account, conversation: Conversation
) -> None:
    profile(account, json={"username": "ana.souza"})
    names.drain()
    assert Identity.objects.get().name == "ana.souza"


def test_where_webhooks_tell_the_name_nobody_is_asked(customer: Customer) -> None:
    customer.says("Oi", fromName="")
    assert Identity.objects.get().name == ""
    assert names.drain() == 0
