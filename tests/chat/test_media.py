"""Files of customers: fetched in the background, kept whole or not at all, shown for what they are.

Rows UP1 to UP5 and UP9 of what may be sent to us, and the file that comes at the third try.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from chat import files
from chat.errors import Conflict, NotAllowed
from chat.models import Attachment, Conversation
from chat.services import media
from provider.contracts import Content, Media
from tests import pictures
from tests.chat.conftest import setting, waiting, writes
from tests.hosts import Server
from tests.overtaking import overtaken

pytestmark = pytest.mark.django_db


@pytest.fixture
def host(house: None, server: Server, settings: Any) -> Server:
    """The host the installation is set to, so files may come from it."""
    settings.BOTMAKER_V1_URL = f"{server.base}/api/v1.0"
    return server


def comes(
    host: Server,
    body: bytes,
    *,
    content: Content = Content.IMAGE,
    name: str = "foto.jpg",
    **fields: Any,
) -> Attachment:
    """A message with this file comes, and the file is fetched."""
    url = host.at("/f", f"Content-Length: {len(body)}", body=body)
    conversation = writes("", content=content, media=(Media(content, url, name, **fields),))
    media.drain()
    return Attachment.objects.filter(message__conversation=conversation).latest("id")


def bytes_of(attachment: Attachment) -> bytes:
    with files.open(attachment.file) as stored:
        return stored.read()


def kept(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "media").rglob("*") if path.is_file()]


def test_a_file_comes_and_the_screens_of_its_conversation_are_told(
    host: Server, tmp_path: Path
) -> None:
    attachment = comes(host, pictures.PDF, content=Content.DOCUMENT, name="proposta.pdf")
    assert attachment.state == "ready"
    assert (attachment.type, attachment.size) == ("application/pdf", len(pictures.PDF))
    assert bytes_of(attachment) == pictures.PDF
    assert attachment.message is not None
    assert attachment.message.version == attachment.message.conversation.version
    (path,) = kept(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.parent == tmp_path / "media"


def test_503_twice_then_200_and_the_file_is_there(host: Server) -> None:
    url = host.at("/f", "Content-Length: 0", status="503 Busy")
    started = timezone.now()
    with time_machine.travel(started, tick=False) as clock:
        writes("", content=Content.IMAGE, media=(Media(Content.IMAGE, url, "a.png"),))
        waits = []
        for _try in range(2):
            media.drain()
            row = Attachment.objects.get()
            assert (row.state, row.lease_until) == ("pending", None)
            assert row.next_attempt_at is not None
            waits.append(row.next_attempt_at - timezone.now())
            assert media.drain() == 0
            clock.move_to(row.next_attempt_at)
        body = pictures.png()
        host.at("/f", f"Content-Length: {len(body)}", body=body)
        media.drain()
    assert waits == [timedelta(seconds=5), timedelta(seconds=30)]
    row = Attachment.objects.get()
    assert row.state == "ready"
    assert bytes_of(row).startswith(b"\x89PNG")


def test_a_file_that_never_comes_fails_with_a_reason(host: Server, tmp_path: Path) -> None:
    url = host.at("/f", "Content-Length: 0", status="500 Oops")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        writes("", content=Content.IMAGE, media=(Media(Content.IMAGE, url),))
        for _hour in range(8):
            media.drain()
            clock.shift(timedelta(hours=1, seconds=1))
    row = Attachment.objects.get()
    assert (row.state, row.reason, row.tries) == ("failed", "unreachable", 6)
    assert len(host.asked) == 6
    assert kept(tmp_path) == []


def test_a_file_its_host_has_no_more_fails_at_once(host: Server) -> None:
    url = host.at("/f", "Content-Length: 0", status="404 No")
    writes("", content=Content.IMAGE, media=(Media(Content.IMAGE, url),))
    media.drain()
    assert Attachment.objects.get().reason == "gone"


def test_WH12_a_host_nobody_set_is_not_asked(house: None, server: Server) -> None:
    url = server.at("/f", "Content-Length: 2", body=b"ok")
    writes("", content=Content.IMAGE, media=(Media(Content.IMAGE, url),))
    media.drain()
    row = Attachment.objects.get()
    assert (row.state, row.reason) == ("failed", "blocked")
    assert server.asked == []


def test_a_message_does_not_wait_for_its_file(house: None) -> None:
    url = "http://192.0.2.1/never"
    conversation = writes("oi", content=Content.IMAGE, media=(Media(Content.IMAGE, url),))
    assert conversation.messages.filter(direction="out").exists()
    assert Attachment.objects.get().state == "pending"


def test_two_workers_do_not_fetch_one_file_twice(
    host: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = pictures.png()
    url = host.at("/f", f"Content-Length: {len(body)}", body=body)
    writes("", content=Content.IMAGE, media=(Media(Content.IMAGE, url),))
    arrived = media._arrived

    def while_another_looks(*args: Any) -> Any:
        assert media.drain() == 0
        return arrived(*args)

    monkeypatch.setattr(media, "_arrived", while_another_looks)
    media.drain()
    assert len(host.asked) == 1
    assert Attachment.objects.get().state == "ready"


def test_a_file_another_worker_has_just_taken_is_not_fetched_again(host: Server) -> None:
    body = pictures.png()
    url = host.at("/f", f"Content-Length: {len(body)}", body=body)
    writes("", content=Content.IMAGE, media=(Media(Content.IMAGE, url),))
    with overtaken("chat_attachment", by=media.drain, setting="lease_until"):
        media.drain()
    assert len(host.asked) == 1


def sends_files(who: str, *urls: str) -> Conversation:
    return writes(
        "", who=who, content=Content.IMAGE, media=tuple(Media(Content.IMAGE, u) for u in urls)
    )


def of(conversation: Conversation) -> list[str]:
    rows = Attachment.objects.filter(message__conversation=conversation).order_by("id")
    return list(rows.values_list("state", flat=True))


def test_one_persons_files_come_one_at_a_time_and_everybody_elses_meanwhile(
    host: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = pictures.png()
    url = host.at("/f", f"Content-Length: {len(body)}", body=body)
    many, other = sends_files("5541900000001", *[url] * 12), sends_files("5541900000002", url)
    arrived, seen = media._arrived, []

    def while_two_more_look(attachment: Attachment, *args: Any) -> Any:
        with monkeypatch.context() as patched:
            patched.setattr(media, "_arrived", arrived)
            seen.append((media.drain(), media.drain(), of(other), of(many)[0]))
        return arrived(attachment, *args)

    monkeypatch.setattr(media, "_arrived", while_two_more_look)
    media.drain()
    assert seen[0] == (1, 0, ["ready"], "pending")
    assert of(many) == ["ready"] * 12


def test_who_sent_files_that_do_not_come_waits_behind_who_sends_one_later(host: Server) -> None:
    host.at("/slow", "Content-Length: 0", status="503 Busy")
    body = pictures.png()
    url = host.at("/f", f"Content-Length: {len(body)}", body=body)
    sends_files("5541900000001", *[f"{host.base}/slow"] * 12)
    assert media.drain(is_for_untried=True) == 1  # the first says what the others are like
    later = sends_files("5541900000002", url)
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        assert media.drain(is_for_untried=True) == 1
        assert of(later) == ["ready"]
        last = sends_files("5541900000003", url)
        host.asked.clear()
        assert media.drain() == 13
    assert host.asked[0].startswith(b"GET /f ")
    assert of(last) == ["ready"]


def test_a_file_somebody_asks_for_again_is_no_longer_one_that_failed(
    host: Server, ana: User
) -> None:
    url = host.at("/f", "Content-Length: 0", status="404 No")
    conversation = sends_files("5541900000001", url)
    media.drain()
    body = pictures.png()
    host.at("/f", f"Content-Length: {len(body)}", body=body)
    media.fetch_again(Attachment.objects.get(), by=ana)
    assert media.drain(is_for_untried=True) == 1
    assert of(conversation) == ["ready"]


def test_a_worker_that_died_leaves_its_file_to_the_next(
    host: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    body = pictures.png()
    url = host.at("/f", f"Content-Length: {len(body)}", body=body)
    writes("", content=Content.IMAGE, media=(Media(Content.IMAGE, url),))

    def killed(*_args: Any, **_values: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(media, "_end", killed)  # between the file and its row
        with pytest.raises(SystemExit):
            media.drain()
    assert media.drain() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=10)):
        media.drain()
    assert Attachment.objects.get().state == "ready"
    assert len(kept(tmp_path)) == 1


def test_a_full_disk_leaves_no_half_file_and_is_tried_again(
    host: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        row = comes(host, pictures.PDF, content=Content.DOCUMENT)
    assert (row.state, kept(tmp_path)) == ("pending", [])
    with time_machine.travel(timezone.now() + timedelta(seconds=10)):
        media.drain()
    row.refresh_from_db()
    assert row.state == "ready"


MB = 1024 * 1024


@pytest.mark.parametrize(("extra", "state"), [(0, "ready"), (1, "too_large")])
def test_UP4_TAMANHO_MAX_ANEXO_counts_to_the_byte(
    host: Server, extra: int, state: str, tmp_path: Path
) -> None:
    setting("TAMANHO_MAX_ANEXO", "0,5")
    row = comes(host, b"a" * (MB // 2 + extra), content=Content.DOCUMENT, name="a.txt")
    assert (row.state, row.size) == (state, MB // 2 + extra)
    assert len(kept(tmp_path)) == (0 if extra else 1)


def test_UP4_what_is_said_to_be_too_large_is_not_asked_for(host: Server) -> None:
    row = comes(host, b"x", size=101 * MB)
    assert (row.state, row.size, host.asked) == ("too_large", 101 * MB, [])


def test_a_supervisor_fetches_a_large_file_all_the_same(
    host: Server, ana: User, silvia: User
) -> None:
    setting("TAMANHO_MAX_ANEXO", "0,5")
    waiting()
    row = comes(host, b"a" * MB, content=Content.DOCUMENT, name="a.txt")
    with pytest.raises(NotAllowed):
        media.fetch_again(row, by=ana)
    media.fetch_again(row, by=silvia)
    media.drain()
    row.refresh_from_db()
    assert (row.state, row.size) == ("ready", MB)
    with pytest.raises(Conflict):
        media.fetch_again(row, by=silvia)


def test_above_what_the_server_keeps_nobody_fetches(
    host: Server, silvia: User, settings: Any
) -> None:
    settings.ISOBOT_MAX_FETCH = 10
    row = comes(host, b"a" * 11, content=Content.DOCUMENT)
    with pytest.raises(Conflict):
        media.fetch_again(row, by=silvia)


def test_who_sees_a_failed_file_may_have_it_fetched_again(host: Server, ana: User) -> None:
    url = host.at("/f", "Content-Length: 0", status="404 No")
    writes("", content=Content.IMAGE, media=(Media(Content.IMAGE, url, "a.png"),))
    media.drain()
    body = pictures.png()
    host.at("/f", f"Content-Length: {len(body)}", body=body)
    row = Attachment.objects.get()
    media.fetch_again(row, by=ana)
    media.drain()
    row.refresh_from_db()
    assert row.state == "ready"


HTML = b"<html><script>alert(1)</script></html>"
ACTIVE: list[tuple[str, bytes]] = [
    ("a.html", HTML),
    ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    ("a.xml", b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
    ("a.js", b"alert(1)"),
    (".htaccess", b"AddType x .jpg"),
    ("a.php", b"<?php phpinfo();"),
    ("a.exe", b"MZ\x90\x00"),
    ("foto.jpg.html", HTML),
    ("foto.jpg", HTML),
    ("foto.jpg. ", HTML),
    ("fo\u200bto.sv\u200bg", b"<svg/>"),
    ("a%00.html", HTML),
    ("\u202egpj.exe", b"MZ\x90\x00"),
    ("A.HtMl", HTML),
]


@pytest.mark.parametrize(("name", "body"), ACTIVE)
def test_UP1_what_could_act_is_for_downloading_only(host: Server, name: str, body: bytes) -> None:
    row = comes(host, body, content=Content.IMAGE, name=name)
    assert (row.state, row.content) == ("ready", "document")
    assert row.type in ("application/octet-stream", "text/plain")
    assert row.name.isprintable()
    assert "\u202e" not in row.name


@pytest.mark.parametrize(
    ("body", "type_", "content"),
    [
        (b"\x89PNG\r\n\x1a\n" + HTML, "image/png", "document"),
        (b"GIF89a/*" + HTML + b"*/=0;alert(1)", "image/gif", "document"),
        (pictures.PDF, "application/pdf", "document"),
        (pictures.OGG, "audio/ogg", "audio"),
        (pictures.MP4, "video/mp4", "video"),
        (pictures.png(), "image/png", "image"),
        (pictures.gif(), "image/gif", "image"),
        (bytes(100), "application/octet-stream", "document"),
        (b"", "application/octet-stream", "document"),
    ],
)
def test_UP2_a_file_is_what_is_in_it(host: Server, body: bytes, type_: str, content: str) -> None:
    row = comes(host, body, content=Content.IMAGE, name="foto.jpg", type="image/jpeg")
    assert (row.state, row.type, row.content) == ("ready", type_, content)


def test_UP5_an_image_of_gigabytes_is_kept_and_not_shown(host: Server) -> None:
    row = comes(host, pictures.huge_png(), name="a.png")
    assert (row.state, row.content) == ("ready", "document")


def test_UP9_a_photo_does_not_say_where_it_was_taken(host: Server) -> None:
    body = pictures.jpeg_with_place()
    assert b"canary-of-the-camera" in body
    row = comes(host, body)
    assert row.content == "image"
    assert b"canary-of-the-camera" not in bytes_of(row)
    assert row.size == len(bytes_of(row))


def test_several_files_of_one_message_all_come(host: Server) -> None:
    body = pictures.png()
    url = host.at("/f", f"Content-Length: {len(body)}", body=body)
    both = tuple(Media(Content.IMAGE, url, f"{n}.png") for n in (1, 2))
    writes("", content=Content.IMAGE, media=both)
    assert media.drain() == 2
    assert {row.state for row in Attachment.objects.all()} == {"ready"}
    assert len({row.file for row in Attachment.objects.all()}) == 2


def test_a_process_that_ends_gives_the_file_back_untried(host: Server) -> None:
    url = host.at("/f", "Content-Length: 3", body=b"abc")
    writes("", content=Content.IMAGE, media=(Media(Content.IMAGE, url),))
    answers = iter([False, True])
    media.drain(lambda: next(answers, True))
    row = Attachment.objects.get()
    assert (row.state, row.tries, row.lease_until) == ("pending", 0, None)


def test_a_closed_conversation_still_gets_its_file(host: Server, silvia: User) -> None:
    body = pictures.png()
    url = host.at("/f", f"Content-Length: {len(body)}", body=body)
    conversation = writes("", content=Content.IMAGE, media=(Media(Content.IMAGE, url),))
    Conversation.objects.filter(pk=conversation.pk).update(status="closed")
    media.drain()
    assert Attachment.objects.get().state == "ready"
