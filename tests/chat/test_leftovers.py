"""Files go with their messages: once that is certain, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from chat.models import Attachment, Conversation, Message
from chat.services import media
from provider.contracts import Content, Media
from tests import pictures
from tests.chat.conftest import attached, writes
from tests.chat.test_media import comes, kept
from tests.hosts import Server


@pytest.fixture
def host(house: None, server: Server, settings: Any) -> Server:
    settings.BOTMAKER_V1_URL = f"{server.base}/api/v1.0"
    return server


@pytest.fixture
def two(house: None, tmp_path: Path) -> list[Attachment]:
    """Files on the disk of two conversations."""
    found = [attached(writes(who=who), who.encode()) for who in ("5541911110000", "5541922220000")]
    assert len(kept(tmp_path)) == 2
    return found


@pytest.mark.parametrize("what", ["attachment", "message", "conversation", "many"])
def test_a_file_is_removed_with_what_it_belonged_to(
    two: list[Attachment], tmp_path: Path, django_capture_on_commit_callbacks: Any, what: str
) -> None:
    first, second = two
    assert first.message is not None
    with django_capture_on_commit_callbacks(execute=True):
        match what:
            case "attachment":
                first.delete()
            case "message":
                first.message.delete()
            case "conversation":
                Conversation.objects.get(pk=first.message.conversation_id).delete()
            case _:
                Message.objects.filter(conversation=first.message.conversation_id).delete()
        assert len(kept(tmp_path)) == 2, "not before the commit"
    (left,) = kept(tmp_path)
    assert str(left).endswith(second.file)
    assert not Attachment.objects.filter(pk=first.pk).exists()


def test_what_was_not_removed_after_all_keeps_its_file(
    two: list[Attachment], tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    assert two[0].message is not None
    with (
        django_capture_on_commit_callbacks(execute=True) as done,
        pytest.raises(RuntimeError),
        transaction.atomic(),
    ):
        two[0].message.delete()
        raise RuntimeError
    assert done == []
    assert len(kept(tmp_path)) == 2
    assert Attachment.objects.filter(pk=two[0].pk).exists()


def test_a_file_that_is_gone_already_is_no_matter(
    two: list[Attachment], tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    for path in kept(tmp_path):
        path.unlink()
    with django_capture_on_commit_callbacks(execute=True):
        Attachment.objects.all().delete()
    assert kept(tmp_path) == []


@pytest.mark.parametrize("what", ["message", "conversation"])
def test_a_file_whose_message_went_while_it_came_is_not_kept(
    host: Server, tmp_path: Path, what: str
) -> None:
    body = pictures.PDF
    url = host.at("/f", f"Content-Length: {len(body)}", body=body)
    found = Media(Content.DOCUMENT, url, "proposta.pdf")
    conversation = writes("", content=Content.DOCUMENT, media=(found,))
    asked = 0

    def is_ending() -> bool:
        """Asked before the first file, and then while it comes."""
        nonlocal asked
        asked += 1
        if asked == 2:
            gone = (
                conversation
                if what == "conversation"
                else conversation.messages.filter(direction="in")
            )
            gone.delete()
        return False

    assert media.drain(is_ending) == 1
    assert asked >= 2
    assert not Attachment.objects.exists()
    assert kept(tmp_path) == []
    assert comes(host, body, content=Content.DOCUMENT, name="a.pdf").state == "ready"
