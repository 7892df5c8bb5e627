"""The acceptance list: what each kind of channel shows of a message, and Instagram on its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from chat.console import checklist
from chat.models import Channel, Conversation, Message
from parameters import store
from parameters.catalogue import ISOCHATBOT
from parameters.models import Detail
from provider.contracts import ChannelKind
from provider.sandbox.credentials import BUSINESS_ID
from tests.conftest import CUSTOMER, FULL, LINE, Api, Customer, Provider
from tests.provider.sends import queue

Login = Callable[[str], Api]
LINES = {
    ChannelKind.WHATSAPP: LINE,
    ChannelKind.MESSENGER: "104857600000001",
    ChannelKind.INSTAGRAM: "17841400000000001",
    ChannelKind.TELEGRAM: "700000001",
}
PEOPLE = {
    ChannelKind.WHATSAPP: CUSTOMER,
    ChannelKind.MESSENGER: "7001002003004005",
    ChannelKind.INSTAGRAM: "5566778899001122",
    ChannelKind.TELEGRAM: "700123456",
}
REPORTS = ("sent", "failed", "delivered", "read")  # from the weakest to the strongest
QUIET = {"sent": "sent", "failed": "failed", "delivered": "sent", "read": "sent"}
# What is shown once the strongest report is this one.
SHOWN = {
    ChannelKind.WHATSAPP: dict(zip(REPORTS, REPORTS, strict=True)),
    ChannelKind.MESSENGER: QUIET,
    ChannelKind.INSTAGRAM: QUIET,
    ChannelKind.TELEGRAM: QUIET,
}
FEW_ORDERS = [REPORTS, REPORTS[::-1], ("failed", "read", "sent", "delivered")]
ORDERS = list(itertools.permutations(REPORTS)) if FULL else FEW_ORDERS


class Line:
    """A conversation on a channel of one kind, and what the provider says of our messages."""

    def __init__(self, kind: ChannelKind, customer: Customer, provider: Provider) -> None:
        self.kind, self.customer, self.provider = kind, customer, provider
        self.says("Oi")
        self.conversation = Conversation.objects.get()

    def says(self, text: str) -> None:
        fields = {"chatPlatform": self.kind.value, "contactId": PEOPLE[self.kind]}
        self.customer.says(text, **fields)

    def send(self, text: str) -> tuple[Message, str]:
        """One message, taken by the provider, with the id it will have there."""
        message = queue(self.conversation, text)
        self.customer.drain()
        (entry,) = [entry for entry in self.provider.ledger if entry["text"] == text]
        return message, str(entry["message_id"])

    def report(self, status: str, message_id: str, **fields: Any) -> Any:
        return self.customer.event(self.said(status, message_id, **fields))

    def said(self, status: str, message_id: str, **fields: Any) -> dict[str, Any]:
        body = {
            "type": "status",
            "status": status,
            "chatPlatform": self.kind.value,
            "contactId": PEOPLE[self.kind],
            "messageId": message_id,
            "date": "2026-11-20T13:05:11.402Z",
        }
        return {**body, **fields}

    def echo(self, text: str, message_id: str) -> None:
        self.customer.event(
            {
                "chatPlatform": self.kind.value,
                "contactId": PEOPLE[self.kind],
                "WHATSAPP_NUMBER": LINES[self.kind],
                "_id_": message_id,
                "from": "bot",
                "message": text,
            }
        )

    def shown(self, api: Api, message: Message) -> dict[str, Any]:
        """The message as REST tells it."""
        address = f"/api/v1/conversations/{self.conversation.pk}/messages/?limit=200"
        rows = api.get(address).json()["results"]
        return next(row for row in rows if row["id"] == message.pk)


@pytest.fixture(params=ChannelKind)
def line(request: pytest.FixtureRequest, customer: Customer, provider: Provider) -> Line:
    return Line(request.param, customer, provider)


def test_10_each_report_is_a_fact_and_each_channel_shows_what_it_may(
    line: Line, api: Login
) -> None:
    supervisor = api("supervisor")
    for status in REPORTS:
        message, message_id = line.send(f"só {status}")
        line.echo(message.text, message_id)
        line.report(status, message_id, reason="131026")
        seen = line.shown(supervisor, message)
        assert seen["status"] == SHOWN[line.kind][status]
        assert (seen["failure"] is not None) == (status == "failed")
        kept = set(message.facts.values_list("status", flat=True))
        assert kept == {"sent", status}


def test_10_the_strongest_report_wins_in_every_order_and_repeats_change_nothing(
    line: Line, api: Login
) -> None:
    supervisor = api("supervisor")
    for number, order in enumerate(ORDERS):
        message, message_id = line.send(f"ordem {number}")
        line.echo(message.text, message_id)
        known = ["sent"]
        for status in order:
            known.append(status)
            for moment in ("13:05:11Z", "13:05:11Z", "13:07:00Z"):
                line.customer.post(line.said(status, message_id, date=f"2026-11-20T{moment}"))
            line.customer.drain()
            message.refresh_from_db()
            best = max(known, key=REPORTS.index)
            assert message.status == SHOWN[line.kind][best], order
            assert message.facts.count() == len(set(known))
        seen = line.shown(supervisor, message)
        assert (seen["status"], seen["failure"]) == (SHOWN[line.kind]["read"], None)


@pytest.mark.parametrize("status", REPORTS)
def test_10_a_report_that_comes_too_early_waits_for_its_message(line: Line, status: str) -> None:
    message, message_id = line.send("cedo demais")
    early = line.report(status, message_id)
    assert early.state == "received"
    line.echo("cedo demais", message_id)
    line.customer.drain()
    early.refresh_from_db()
    message.refresh_from_db()
    assert (early.state, message.status) == ("processed", SHOWN[line.kind][status])


def test_10_a_report_before_the_answer_to_the_send_counts(line: Line) -> None:
    message = queue(line.conversation, "sem resposta ainda")
    line.report("delivered", "M-EARLY", webhookPayload=str(message.reference))
    line.customer.drain()
    message.refresh_from_db()
    assert message.status == SHOWN[line.kind]["delivered"]


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("is_known", [True, False], ids=["configured", "discovered"])
def test_17_instagram_works_with_no_provedor_phone(
    customer: Customer, provider: Provider, api: Login, version: str, is_known: bool
) -> None:
    Detail.objects.filter(question="PROVEDOR_PHONE").delete()
    others = Channel.objects.all()
    if is_known:
        others = others.exclude(kind=ChannelKind.INSTAGRAM)
    others.delete()
    store.write(ISOCHATBOT.PROVEDOR_API, answer=version)
    instagram = LINES[ChannelKind.INSTAGRAM]
    fields = {
        "chatPlatform": "instagram",
        "contactId": PEOPLE[ChannelKind.INSTAGRAM],
        "chatChannelId": f"{BUSINESS_ID}-instagram-{instagram}",
        "WHATSAPP_NUMBER": None,
    }
    customer.says("Oi", **fields)
    customer.says("2", **fields)
    conversation = Conversation.objects.get()
    assert conversation.identity.channel == Channel.objects.get()
    assert conversation.identity.channel.line == instagram
    assert conversation.status == "waiting"

    answer = api("atendente").answer(conversation.pk, "Bom dia, Ana!")
    assert answer.status_code == 201, answer.content
    customer.drain()
    assert provider.texts[-1] == "Bom dia, Ana!"
    statuses = set(Message.objects.filter(direction="out").values_list("status", flat=True))
    assert statuses == {"sent"}
    # A number is missing, and nothing that is needed is.
    assert checklist.phone().state == "attention"
