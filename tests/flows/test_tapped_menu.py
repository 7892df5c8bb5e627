"""The menu as a list: rows beside the numbered text where the channel has them, and a tap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chat.models import Channel, Conversation, Menu, MenuOption, Message
from chat.services import messages
from parameters import store
from parameters.catalogue import ISOCHATBOT
from tests.conftest import CUSTOMER, LINE, Customer, Provider
from tests.provider.sends import due_now

LABELS = ["Horário de atendimento", "Falar com atendente", "Encerrar conversa"]


def rows(entry: dict[str, Any]) -> list[tuple[str, str]]:
    """What can be tapped in a message the provider took: titles, and what a longer one says."""
    assert entry["interactive"]["type"] == "list"
    assert entry["interactive"]["button"] == "Ver opções"
    return [(row["label"], row["description"]) for row in entry["interactive"]["options"]]


def tap(customer: Customer, entry: dict[str, Any], label: str, *, envelope: bool = False) -> None:
    """The customer taps the row of that title, told in one of the provider's two formats."""
    (row,) = [row for row in entry["interactive"]["options"] if row["label"] == label]
    fields = {"isButton": True, "buttonName": label, "buttonPayload": row["payload"]}
    if not envelope:
        customer.says(label, **fields)
        return
    inner = {"_id_": "ROW00000000000000001", "from": "user", "message": label, **fields}
    head = {"v": "1.1", "type": "message", "chatPlatform": "whatsapp", "contactId": CUSTOMER}
    customer.event({**head, "whatsappNumber": LINE, "messages": [inner]})


def test_the_menu_is_one_send_whose_body_is_the_numbered_text(
    provider: Provider, customer: Customer
) -> None:
    customer.says("Oi")
    (entry,) = provider.ledger
    assert rows(entry) == [(label, "") for label in LABELS]
    message = Message.objects.get(direction="out")
    assert entry["text"] == message.text
    assert "2 - Falar com atendente" in message.text.splitlines()
    assert message.status == "sent"


@pytest.mark.parametrize("envelope", [False, True])
def test_a_tapped_row_is_the_option_and_reads_as_what_the_customer_wrote(
    provider: Provider, customer: Customer, api: Callable[[str], Any], envelope: bool
) -> None:
    customer.says("Oi")
    tap(customer, provider.ledger[0], "Falar com atendente", envelope=envelope)
    (conversation,) = api("atendente").get("/api/v1/conversations/").json()["results"]
    assert conversation["status"] == "waiting"
    address = f"/api/v1/conversations/{conversation['id']}/messages/"
    told = api("atendente").get(address).json()["results"]
    assert [m["text"] for m in told if m["direction"] == "in"] == ["Oi", "Falar com atendente"]
    assert len(provider.ledger) == 2
    assert provider.ledger[1]["interactive"] is None


def test_the_number_is_an_answer_to_the_list_as_well(
    provider: Provider, customer: Customer
) -> None:
    customer.says("Oi")
    customer.says("2")
    assert Conversation.objects.get().status == "waiting"


def test_a_row_of_an_old_list_opens_a_new_conversation_where_it_leads(
    provider: Provider, customer: Customer
) -> None:
    customer.says("Oi")
    tap(customer, provider.ledger[0], "Encerrar conversa")
    tap(customer, provider.ledger[0], "Falar com atendente")
    statuses = Conversation.objects.order_by("id").values_list("status", flat=True)
    assert list(statuses) == ["closed", "waiting"]
    assert len(provider.ledger) == 3


def test_a_long_label_is_told_whole_below_its_title(provider: Provider, customer: Customer) -> None:
    label = "Quero a segunda via do meu boleto deste mês"
    MenuOption.objects.filter(label="Falar com atendente").update(label=label)
    customer.says("Oi")
    assert rows(provider.ledger[0])[1] == ("Quero a segunda via do…", label)


@pytest.mark.parametrize("more", ["options", "words"])
def test_what_a_list_cannot_hold_is_text_alone(
    provider: Provider, customer: Customer, more: str
) -> None:
    menu = Menu.objects.get()
    if more == "options":
        for number in range(4, 12):
            MenuOption.objects.create(menu=menu, label=f"Assunto {number}", order=number)
    else:
        Menu.objects.update(greeting="Olá! " * 900)
    customer.says("Oi")
    (entry,) = provider.ledger
    assert entry["interactive"] is None
    assert "3 - Encerrar conversa" in entry["text"]


def test_by_the_older_api_the_menu_is_text(provider: Provider, customer: Customer) -> None:
    store.write(ISOCHATBOT.PROVEDOR_API, answer="v1")
    customer.says("Oi")
    (entry,) = provider.ledger
    assert (entry["api"], entry["interactive"]) == ("v1", None)
    assert "2 - Falar com atendente" in entry["text"]


@pytest.mark.parametrize("kind", ["messenger", "instagram", "telegram"])
def test_where_the_provider_has_no_list_the_menu_is_text(
    provider: Provider, customer: Customer, kind: str
) -> None:
    reference = f"isobotsandbox-{kind}-{Channel.objects.get(kind=kind).line}"
    customer.says("Oi", chatPlatform=kind, contactId="700123456", chatChannelId=reference)
    (entry,) = provider.ledger
    assert (entry["platform"], entry["interactive"]) == (kind, None)
    assert "2 - Falar com atendente" in entry["text"]


def test_a_menu_tried_again_has_the_same_rows(
    provider: Provider, customer: Customer, drain: Callable[[], None]
) -> None:
    provider.switch(send="server_error", send_times=1)
    customer.says("Oi")
    assert provider.ledger == []
    MenuOption.objects.all().delete()
    due_now()
    drain()
    (entry,) = provider.ledger
    assert rows(entry) == [(label, "") for label in LABELS]


def test_a_menu_sent_again_by_a_person_has_the_same_rows(
    provider: Provider, customer: Customer, drain: Callable[[], None], api: Callable[[str], Any]
) -> None:
    provider.switch(send="bad_request", send_times=1)
    customer.says("Oi")
    assert provider.ledger == []
    message = Message.objects.get(direction="out")
    assert message.status == "failed"
    customer.says("atendente")
    ana = api("atendente")
    ana.post(f"/api/v1/conversations/{message.conversation_id}/assume/")
    MenuOption.objects.all().delete()
    messages.resend(message.pk, by=ana.user)
    drain()
    assert rows(provider.ledger[-1]) == [(label, "") for label in LABELS]
    assert provider.ledger[-1]["text"] == message.text
