"""Accepted sends reach the ledger and the phone, through either API."""

from typing import Any
from urllib.parse import quote

from tests.provider.sandbox.bench import CONTACT, LINE, Bench


def test_v2_send_answers_a_notification_id_and_is_on_ledger_and_phone(bench: Bench) -> None:
    reply = bench.send("Bom dia", webhookPayload="ref-1")

    assert reply.status_code == 202
    assert list(reply.json()) == ["webhookNotificationId"]
    (entry,) = bench.ledger()
    assert entry["text"] == "Bom dia"
    assert entry["contact_id"] == CONTACT
    assert entry["channel_id"] == f"isobotsandbox-whatsapp-{LINE}"
    assert entry["tx_id"] == reply.json()["webhookNotificationId"]
    assert entry["webhook_payload"] == "ref-1"
    assert entry["received"] is True
    (shown,) = bench.phone()["messages"]
    assert (shown["direction"], shown["text"]) == ("out", "Bom dia")
    assert shown["id"] == entry["message_id"]


def test_v1_send_answers_the_message_id(bench: Bench) -> None:
    reply = bench.send_v1("Bom dia")

    assert reply.status_code == 200
    (shown,) = bench.phone()["messages"]
    assert reply.json() == {"id": shown["id"]}


def test_every_message_of_one_send_is_shown_in_order(bench: Bench) -> None:
    chat = {"channelId": LINE, "contactId": CONTACT}
    body = {"chat": chat, "messages": [{"text": str(n)} for n in range(5)]}

    bench.v2("POST", "/chats-actions/send-messages", json=body)

    assert [message["text"] for message in bench.phone()["messages"]] == list("01234")
    assert len({entry["tx_id"] for entry in bench.ledger()}) == 1


def test_a_location_and_a_card_are_shown_as_webhooks_tell_them(bench: Bench) -> None:
    chat = {"channelId": LINE, "contactId": CONTACT}
    place = {"latitude": "-25.43", "longitude": "-49.27", "name": "Loja"}
    card = {
        "firstName": "Zé",
        "lastName": "Lima",
        "phones": ["+55 41 1"],
        "emails": ["z@x.example"],
    }
    body = {"chat": chat, "messages": [{"location": place}, {"contact": card}]}

    assert bench.v2("POST", "/chats-actions/send-messages", json=body).status_code == 202

    shown = [message["attachments"] for message in bench.phone()["messages"]]
    assert shown == [
        [{"kind": "location", "value": {"latitude": -25.43, "longitude": -49.27, "name": "Loja"}}],
        [
            {
                "kind": "contact",
                "value": {
                    "name": {"formatted_name": "Zé Lima"},
                    "phones": [{"phone": "+55 41 1"}],
                    "emails": [{"email": "z@x.example"}],
                },
            }
        ],
    ]


def test_each_channel_is_found_by_its_id_and_by_its_other_names(bench: Bench) -> None:
    channels = bench.v2("GET", "/channels").json()["items"]
    assert {item["platform"] for item in channels} == {
        "whatsapp",
        "messenger",
        "instagram",
        "telegram",
    }

    for item in channels:
        names = [item[key] for key in ("id", "number", "recipientId", "token") if key in item]
        for name in names:
            assert bench.send(channel=name, contact="77").status_code == 202
        shown = bench.phone("77", item["platform"])["messages"]
        assert len(shown) == len(names)


def test_a_contact_with_a_plus_is_a_second_empty_chat(bench: Bench) -> None:
    bench.send(contact=CONTACT)
    bench.send(contact=f"+{CONTACT}")

    assert [entry["contact_id"] for entry in bench.ledger()] == [CONTACT, f"+{CONTACT}"]
    assert len(bench.phone(CONTACT)["messages"]) == 1
    assert len(bench.phone(f"+{CONTACT}")["messages"]) == 1


def test_a_list_is_shown_with_its_rows(bench: Bench) -> None:
    rows = [{"id": "row-1", "title": "Vendas"}]
    action = {"type": "list", "button": "Ver", "sections": [{"rows": rows}]}
    bench.send("", whatsappInteractive={"body": "Escolha", "action": action})

    (shown,) = bench.phone()["messages"]

    assert shown["text"] == "Escolha"
    assert shown["interactive"]["type"] == "list"
    assert shown["interactive"]["options"][0]["payload"] == "row-1"


def test_templates_are_created_listed_approved_sent_and_deleted(bench: Bench) -> None:
    template = {
        "name": "boas_vindas",
        "locale": "pt_BR",
        "body": {"text": "Olá ${nome}"},
        "buttons": [{"type": "QUICK_REPLY", "text": "Falar", "webhookPayload": "falar"}],
    }
    created = bench.v2("POST", "/whatsapp/templates", json=template)
    assert (created.status_code, created.json()["state"]) == (201, "BOTMAKER_PENDING")
    assert bench.v2("POST", "/whatsapp/templates", json=template).status_code == 400
    bench.control("PUT", "templates/boas_vindas", json={"state": "APPROVED"})
    listed = bench.v2("GET", "/whatsapp/templates?state=APPROVED").json()["items"]
    assert [item["name"] for item in listed] == ["boas_vindas"]

    reply = bench.v2("POST", "/chats-actions/trigger-intent", json=_intent("boas_vindas"))

    assert reply.status_code == 202
    assert reply.json()["requestId"] == reply.json()["webhookNotificationId"]
    (shown,) = bench.phone()["messages"]
    assert shown["text"] == "Olá Ana"
    assert shown["interactive"]["options"] == [{"label": "Falar", "payload": "falar"}]
    assert bench.v2("DELETE", "/whatsapp/templates/boas_vindas").status_code == 204
    assert bench.v2("GET", "/whatsapp/templates/boas_vindas").status_code == 404


def _intent(name: str) -> dict[str, Any]:
    chat = {"channelId": LINE, "contactId": CONTACT}
    return {"chat": chat, "intentIdOrName": name, "variables": {"nome": "Ana"}}


def test_a_batch_reports_each_item_by_itself(bench: Bench) -> None:
    wrong = {**_intent("aviso"), "chat": {"channelId": "nobody", "contactId": "1"}}
    body = {"items": [_intent("aviso"), wrong]}

    reply = bench.v2("POST", "/chats-actions/batch/trigger-intent", json=body)

    good, bad = reply.json()["items"]
    assert good["webhookNotificationId"] and bad["errors"]
    assert len(bench.ledger()) == 1


def test_v1_triggers_intents_and_checks_contacts(bench: Bench) -> None:
    address = {
        "chatPlatform": "whatsapp",
        "chatChannelNumber": f"+{LINE}",
        "platformContactId": CONTACT,
    }
    body = {**address, "ruleNameOrId": "aviso", "params": {"nome": "Ana"}, "clientPayload": "r"}
    reply = bench.v1("/intent/v2", json=body)
    asked = {"chatChannelNumber": LINE, "contacts": [f"+{CONTACT}", "12"]}

    result = bench.v1("/customer/checkWhatsAppContact", json=asked).json()

    (entry,) = bench.ledger()
    assert reply.json() == {"id": entry["message_id"]}
    assert (entry["intent"], entry["variables"]) == ("aviso", {"nome": "Ana"})
    assert result == {"result": {f"+{CONTACT}": CONTACT}}


def test_a_chat_is_found_by_channel_and_contact_line_or_chat_id(bench: Bench) -> None:
    bench.write("Oi", name="Ana Souza")
    chat = bench.v2("GET", f"/chats/{quote(f'{LINE}:{CONTACT}', safe='')}").json()

    by_id = bench.v2("GET", f"/chats/{chat['chat']['chatId']}").json()
    body = {"chat": {"chatId": chat["chat"]["chatId"]}, "messages": [{"text": "a"}]}

    assert by_id == chat
    assert (chat["firstName"], chat["lastName"]) == ("Ana", "Souza")
    assert chat["whatsAppWindowCloseDatetime"] > chat["lastUserMessageDatetime"]
    assert bench.v2("POST", "/chats-actions/send-messages", json=body).status_code == 202
    assert bench.v2("GET", "/chats/nobody").status_code == 404
