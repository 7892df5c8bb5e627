"""Files on the agents' screen: what its answer box knows, and what its form takes."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.translation import gettext as _

from chat.models import Conversation
from provider.channels import MB
from provider.contracts import ChannelKind, Content, Person
from tests import samples
from tests.chat.conftest import person, served, setting, writes


def box(client: Client, conversation: Conversation) -> str:
    client.force_login(person("atendente"))
    return client.get(f"/omnichannel/{conversation.pk}/").content.decode()


def limits_in(page: str) -> Any:
    found = re.search(r'data-limits="([^"]*)"', page)
    assert found
    return json.loads(html.unescape(found[1]))


def answer(client: Client, conversation: Conversation, data: bytes, name: str, text: str) -> Any:
    client.force_login(person("atendente"))
    body = {"file": SimpleUploadedFile(name, data), "text": text, "client_id": "one"}
    return client.post(f"/omnichannel/{conversation.pk}/responder/", body)


def test_UP4_the_answer_box_knows_each_limit_and_its_sentence(house: None, client: Client) -> None:
    setting("TAMANHO_MAX_ANEXO", "50")
    limits = limits_in(box(client, served()))
    assert limits["video"]["bytes"] == 16 * MB
    assert limits["video"]["sentence"] == (
        "O WhatsApp aceita vídeos de até 16 MB; este tem {size}."
    )
    assert limits["image"]["types"] == ["image/jpeg", "image/png"]
    assert limits["document"]["bytes"] == 50 * MB
    assert "TAMANHO_MAX_ANEXO" in limits["document"]["sentence"]
    messenger = limits_in(box(client, served(kind=ChannelKind.MESSENGER, who="77")))
    assert messenger["video"]["bytes"] == 25 * MB


def test_where_no_file_can_be_fetched_the_clip_is_off_and_says_why(
    house: None, client: Client, settings: Any
) -> None:
    settings.BOTMAKER_V1_URL = settings.BOTMAKER_V2_URL = "https://api.example.com"
    settings.ISOBOT_PUBLIC_URL = ""
    page = box(client, served())
    assert "data-limits" not in page
    assert re.search(r'data-part="clip" disabled aria-describedby="composer-no-files"', page)
    assert "Não é possível enviar arquivos: " in page


def test_the_form_takes_a_file_with_its_text(house: None, client: Client) -> None:
    conversation = served()
    sent = answer(client, conversation, samples.PDF, "contrato.pdf", "Segue\r\no contrato")
    assert sent.status_code == 200
    message = conversation.messages.latest("id")
    assert (message.content, message.text) == ("document", "Segue\no contrato")
    assert message.attachments.get().name == "contrato.pdf"


def test_a_refusal_comes_back_as_a_sentence(house: None, client: Client) -> None:
    conversation = served()
    big = answer(client, conversation, samples.grown(samples.MP4, 17 * MB), "a.mp4", "")
    assert (big.status_code, "16 MB" in big.json()["detail"]) == (413, True)
    odd = answer(client, conversation, b"MZ" + bytes(80), "a.pdf", "")
    assert (odd.status_code, list(odd.json())) == (400, ["file"])


def test_a_bubble_with_very_many_people_shows_some_and_says_how_many_more_came(
    house: None, client: Client
) -> None:
    conversation = served()
    people = tuple(Person(f"Pessoa {number}") for number in range(15_000))
    writes("", content=Content.CONTACTS, people=people)
    page = box(client, conversation)
    assert page.count('<div class="person">') == 50
    said = _("[not everything is kept: %(count)d more came with it]") % {"count": 14_950}
    assert re.search(rf'<div class="msg-text" dir="auto">{re.escape(said)}</div>', page)
