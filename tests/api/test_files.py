"""Answering with a file through REST: multipart, its repeats, its texts and its refusals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from chat import files
from chat.models import Attachment, Channel, Conversation, Message
from chat.services import messages
from provider.channels import MB
from provider.contracts import ChannelKind, Status, StatusUpdate
from provider.models import Delivery
from tests import samples
from tests.api.conftest import CONVERSATIONS, As, Rest
from tests.chat.conftest import held, person, served, setting, waiting

PICTURE = samples.picture("JPEG")


def send(
    client: Rest,
    conversation: Conversation,
    data: bytes = PICTURE,
    name: str = "foto.jpg",
    **fields: Any,
) -> Any:
    fields.setdefault("client_id", "one")
    body = {"file": SimpleUploadedFile(name, data, "image/jpeg"), **fields}
    address = f"{CONVERSATIONS}{conversation.pk}/messages/"
    return client.client.post(address, body, format="multipart")


def left(conversation: Conversation) -> list[tuple[str, str]]:
    """What agents sent in it: content and text, in order."""
    rows = conversation.messages.filter(author="agent").order_by("id")
    return list(rows.values_list("content", "text"))


def test_a_file_is_answered_as_a_message_and_queued_with_its_key(rest: As) -> None:
    conversation = served()
    answer = send(rest("atendente"), conversation, text="Segue a foto.")
    assert answer.status_code == 201, answer.content
    message = Message.objects.get(pk=answer.json()["id"])
    assert (message.content, message.text, message.status) == ("image", "Segue a foto.", "queued")
    kept = message.attachments.get()
    assert (kept.name, kept.type, kept.uploaded_by) == (
        "foto.jpg", "image/jpeg", person("atendente"),
    )  # fmt: skip
    delivery = Delivery.objects.get(reference=message.reference)
    assert delivery.text == "Segue a foto."
    assert delivery.extra == {
        "file": {
            "content": "image",
            "key": kept.key,
            "name": "foto.jpg",
            "type": "image/jpeg",
            "size": kept.size,
            "url": "",
        }
    }


def test_a_file_answers_a_message_and_a_text_after_it_does_not(rest: As) -> None:
    conversation, client = served(kind=ChannelKind.MESSENGER, who="42"), rest("atendente")
    Channel.objects.filter(kind="messenger").update(adapter="messenger")
    asked = conversation.messages.filter(direction="in").latest("id")
    first = send(client, conversation, text="Segue.", reply_to=asked.pk)
    assert (first.status_code, first.json()["reply_to"]) == (201, asked.pk)
    replies = conversation.messages.filter(author="agent").order_by("id")
    assert list(replies.values_list("content", "reply_to")) == [("image", asked.pk), ("text", None)]
    assert send(client, conversation, text="Segue.", reply_to=asked.pk).status_code == 200
    assert send(client, conversation, text="Segue.").status_code == 409
    assert send(client, conversation, reply_to=10**9, client_id="two").status_code == 400
    assert Attachment.objects.filter(message=None).count() == 0


def test_the_same_client_id_and_file_is_the_same_message(rest: As) -> None:
    conversation, client = served(), rest("atendente")
    first = send(client, conversation, text="Oi")
    again = send(client, conversation, text="Oi")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert left(conversation) == [("image", "Oi")]
    assert Attachment.objects.count() == 1, "the second copy is not kept"


def test_the_same_client_id_with_something_else_is_409(rest: As) -> None:
    conversation, client = served(), rest("atendente")
    send(client, conversation, text="Oi")
    others = [
        {"text": "Olá"},
        {"text": ""},
        {"text": "Oi", "data": samples.picture("JPEG", (33, 24))},
    ]
    for other in others:
        assert send(client, conversation, **other).status_code == 409
    words = client.post(
        f"{CONVERSATIONS}{conversation.pk}/messages/", {"text": "Oi", "client_id": "one"}
    )
    assert words.status_code == 409
    assert left(conversation) == [("image", "Oi")]
    assert Attachment.objects.count() == 1


def test_where_no_caption_exists_the_text_follows_as_a_message(rest: As) -> None:
    conversation, client = served(kind=ChannelKind.MESSENGER, who="77"), rest("atendente")
    first = send(client, conversation, text="Segue a foto.")
    assert first.status_code == 201
    assert (first.json()["text"], left(conversation)) == (
        "", [("image", ""), ("text", "Segue a foto.")],
    )  # fmt: skip
    again = send(client, conversation, text="Segue a foto.")
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert send(client, conversation, text="Outra coisa").status_code == 409
    assert len(left(conversation)) == 2
    texts = Delivery.objects.order_by("id").values_list("text", flat=True)
    assert list(texts)[-2:] == ["", "Segue a foto."]


def test_what_is_listened_to_has_no_caption(rest: As) -> None:
    conversation = served()
    send(rest("atendente"), conversation, samples.OGG, "voz.ogg", text="Ouça")
    assert left(conversation) == [("audio", ""), ("text", "Ouça")]


def test_a_caption_is_as_long_as_its_channel_takes(rest: As) -> None:
    conversation, client = served(), rest("atendente")
    long = send(client, conversation, text="x" * 1025)
    assert long.status_code == 400
    assert "1024" in long.json()["text"][0]
    assert not Attachment.objects.exists(), "nothing of it is kept"
    assert send(client, conversation, text="x" * 1024).status_code == 201


def test_a_first_file_assumes_and_one_in_hold_resumes(rest: As) -> None:
    fresh, paused = waiting(), held(who="5541988880000")
    for conversation in (fresh, paused):
        assert send(rest("atendente"), conversation).status_code == 201
        conversation.refresh_from_db()
        assert (conversation.status, conversation.agent) == ("active", person("atendente"))


def test_who_may_not_answer_may_not_send_a_file(rest: As) -> None:
    conversation = served("atendente2")
    answer = send(rest("atendente"), conversation)
    assert (answer.status_code, answer.json()["agent"]["username"]) == (409, "atendente2")
    assert not Attachment.objects.exists()


def test_after_the_window_a_file_is_409_with_that_cause(rest: As) -> None:
    conversation, client = served(), rest("atendente")
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        answer = send(client, conversation)
    assert (answer.status_code, answer.json()["cause"]) == (409, "window")


def test_UP4_a_file_too_large_is_413_and_names_whose_limit(rest: As) -> None:
    conversation, client = served(), rest("atendente")
    answer = send(client, conversation, samples.grown(samples.MP4, 20 * MB), "video.mp4")
    assert answer.status_code == 413
    assert answer.json() == {"detail": "O WhatsApp aceita vídeos de até 16 MB; este tem 20,0 MB."}
    setting("TAMANHO_MAX_ANEXO", "1")
    answer = send(client, conversation, samples.grown(samples.PDF, 2 * MB), "a.pdf")
    assert (answer.status_code, "TAMANHO_MAX_ANEXO" in answer.json()["detail"]) == (413, True)
    assert not Attachment.objects.exists()


def test_a_file_that_is_not_taken_is_400_at_the_field(rest: As) -> None:
    conversation, client = served(), rest("atendente")
    for data, name in ((b"MZ" + bytes(99), "a.pdf"), (samples.PDF, "a.exe"), (b"", "a.pdf")):
        answer = send(client, conversation, data, name)
        assert (answer.status_code, list(answer.json())) == (400, ["file"]), answer.content


def test_a_form_without_a_file_still_is_a_text(rest: As) -> None:
    conversation, client = served(), rest("atendente")
    address = f"{CONVERSATIONS}{conversation.pk}/messages/"
    body = {"text": "Oi", "client_id": "form"}
    assert client.client.post(address, body, format="multipart").status_code == 201
    broken = client.client.post(address, b"--x\r\nnonsense", content_type="multipart/form-data")
    assert broken.status_code == 400


def test_elsewhere_rest_takes_json_only(rest: As) -> None:
    conversation = served()
    address = f"{CONVERSATIONS}{conversation.pk}/transfer/"
    answer = rest("atendente").client.post(address, {"agent": "atendente2"}, format="multipart")
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("public", "words"),
    [
        ("", "não foi definido"),
        ("http://crm.example.com", "https"),
        ("https://localhost:8000", "internet"),
        ("https://10.0.0.7", "internet"),
    ],
)
def test_where_the_provider_cannot_reach_us_a_file_is_refused_in_words(
    public: str, words: str, rest: As, settings: Any
) -> None:
    settings.BOTMAKER_V1_URL = "https://go.botmaker.com/api/v1.0"
    settings.BOTMAKER_V2_URL = "https://api.botmaker.com/v2.0"
    settings.ISOBOT_PUBLIC_URL = public
    answer = send(rest("atendente"), served())
    assert answer.status_code == 400
    assert words in answer.json()["file"][0]
    settings.ISOBOT_PUBLIC_URL = "https://crm.example.com"
    assert send(rest("atendente"), served(who="5541988880000")).status_code == 201


def test_a_failed_file_is_sent_again_whole(rest: As) -> None:
    conversation = served()
    made = send(rest("atendente"), conversation, text="Oi").json()
    message = Message.objects.get(pk=made["id"])
    messages.apply_update(
        StatusUpdate(Status.FAILED, timezone.now(), "botmaker", reference=message.reference)
    )
    again = messages.resend(message.pk, by=person("atendente"))
    delivery = Delivery.objects.get(reference=again.reference)
    assert delivery.extra["file"]["key"] == message.attachments.get().key
    with files.open(message.attachments.get().file) as source:
        assert source.read(2) == b"\xff\xd8"
