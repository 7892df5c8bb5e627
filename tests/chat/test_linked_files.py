"""Links a provider fetches a file by: who holds one may read that file, for half an hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from chat import files
from chat.models import Attachment, Conversation
from chat.services import uploads
from chat.services.outgoing import file_of
from provider import links, registry
from provider.contracts import ChannelKind, Line, OutboundMessage
from tests import samples
from tests.chat.conftest import person, served

LinkOf = Callable[[Attachment], str]


@pytest.fixture
def attachment(house: None) -> Attachment:
    conversation: Conversation = served()
    upload = SimpleUploadedFile("contrato “novo”.pdf", samples.PDF)
    message, _new = uploads.answer(
        conversation, upload, "", client_id="one", by=person("atendente")
    )
    found: Attachment = message.attachments.get()
    return found


def link_to(attachment: Attachment) -> str:
    line = Line("botmaker", ChannelKind.WHATSAPP)
    message = OutboundMessage(uuid4(), "s", line, "55", "", file=file_of(attachment))
    linked = links.with_link(message, registry.get("botmaker"))
    assert linked.file
    return linked.file.url


def path_to(attachment: Attachment) -> str:
    return "/media/" + link_to(attachment).partition("/media/")[2]


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_ID6_whoever_has_the_link_reads_the_file_and_cannot_show_it_in_place(
    attachment: Attachment,
) -> None:
    answer = Client().get(path_to(attachment))
    assert (answer.status_code, body_of(answer)) == (200, samples.PDF)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''contrato%20")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Length"] == str(len(samples.PDF))
    head = Client().head(path_to(attachment))
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Length"] == str(len(samples.PDF))


def test_ID6_a_link_ends_after_half_an_hour(attachment: Attachment) -> None:
    path = path_to(attachment)
    with time_machine.travel(timezone.now() + timedelta(minutes=29)):
        assert body_of(Client().get(path)) == samples.PDF
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        assert Client().get(path).status_code == 403


def test_ID6_an_altered_link_opens_nothing(attachment: Attachment) -> None:
    key, at, signature = path_to(attachment).removeprefix("/media/").rstrip("/").split(":")
    later = at[:-1] + ("A" if at[-1] != "A" else "B")
    for altered in (f"{key}:{later}:{signature}", f"x{key}:{at}:{signature}", key, f"{key}:{at}:"):
        assert Client().get(f"/media/{altered}/").status_code == 403, altered


def test_ID6_the_signature_of_one_file_opens_no_other(attachment: Attachment) -> None:
    other = Attachment.objects.create(
        content="document", name="outro.pdf", file=attachment.file, created_at=timezone.now()
    )
    rest = path_to(attachment).removeprefix("/media/").partition(":")[2]
    assert Client().get(f"/media/{other.key}:{rest}").status_code == 403


def test_ID6_a_file_that_was_removed_is_not_there(attachment: Attachment) -> None:
    path = path_to(attachment)
    files.remove(attachment.file)
    assert Client().get(path).status_code == 404
    attachment.delete()
    assert Client().get(path).status_code == 404


def test_every_try_has_a_link_of_its_own_at_the_public_address(
    attachment: Attachment, settings: Any
) -> None:
    settings.ISOBOT_LOCAL_URL = "http://127.0.0.1:8123"
    assert link_to(attachment).startswith("http://127.0.0.1:8123/media/")
    settings.BOTMAKER_V1_URL = settings.BOTMAKER_V2_URL = "https://api.example.com"
    settings.ISOBOT_PUBLIC_URL = "https://crm.example.com"
    first = link_to(attachment)
    assert first.startswith("https://crm.example.com/media/")
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        assert link_to(attachment) != first
