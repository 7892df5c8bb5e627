"""Files of messages: who may see the conversation reads them, nobody else (ID5, UP3, UP6)."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chat import files
from chat.models import Attachment
from chat.services import access, desk, media, messages
from tests import pictures
from tests.chat.conftest import attached, colleague, served, waiting, writes

pytestmark = pytest.mark.django_db


def page(who: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=who))
    return client


def program(who: str) -> Client:
    token = access.issue(User.objects.get(username=who))
    return Client(HTTP_AUTHORIZATION=f"Token {token}")


def address(attachment: Attachment) -> str:
    return f"/omnichannel/arquivos/{attachment.key}/"


def rest_address(attachment: Attachment) -> str:
    return f"/api/v1/attachments/{attachment.key}/"


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def image(**fields: Any) -> Attachment:
    values = {"content": "image", "type": "image/png", "name": "foto.png", **fields}
    return attached(waiting(), pictures.png(), **values)


def test_ID5_who_sees_the_conversation_reads_its_file(house: None) -> None:
    row = image()
    answer = page("atendente").get(address(row))
    assert body_of(answer) == pictures.png()
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"] == 'inline; filename="foto.png"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_ID5_after_a_transfer_the_address_opens_nothing(house: None, ana: User) -> None:
    conversation = served("atendente")
    row = attached(conversation)
    first = page("atendente")
    assert first.get(address(row)).status_code == 200
    desk.transfer(conversation.pk, by=ana, agent="atendente2")
    assert first.get(address(row)).status_code == 404
    assert program("atendente").get(rest_address(row)).status_code == 404
    assert page("atendente2").get(address(row)).status_code == 200


def test_ID5_after_the_end_its_agent_still_reads_it_and_others_do_not(
    house: None, ana: User
) -> None:
    conversation = served("atendente")
    row = attached(conversation)
    messages.close(conversation.pk, by=ana)
    assert page("atendente").get(address(row)).status_code == 200
    assert page("atendente2").get(address(row)).status_code == 404


def test_ID5_nobody_reads_it_signed_out(house: None) -> None:
    row = image()
    client = page("atendente")
    client.logout()
    assert client.get(address(row)).status_code == 302
    assert Client().get(rest_address(row)).status_code == 401
    assert program("atendente").get(address(row)).status_code == 302


def test_ID5_keys_cannot_be_guessed(house: None) -> None:
    row = image()
    assert len(row.key) == 32  # 192 bits
    colleague("estranha")
    for who, key in (("estranha", row.key), ("atendente", "x"), ("atendente", str(row.pk))):
        assert page(who).get(f"/omnichannel/arquivos/{key}/").status_code == 404
        assert program(who).get(f"/api/v1/attachments/{key}/").status_code == 404


def test_an_upload_that_belongs_to_no_message_is_nobodys_to_read(house: None) -> None:
    row = image()
    Attachment.objects.filter(pk=row.pk).update(message=None)
    assert page("supervisor").get(address(row)).status_code == 404


@pytest.mark.parametrize(
    ("content", "type_"),
    [
        ("document", "application/pdf"),
        ("document", "image/png"),  # too large to show
        ("image", "image/svg+xml"),
        ("image", "text/html"),
        ("document", "text/html"),
        ("document", "application/xml"),
        ("document", "application/octet-stream"),
        ("audio", "image/png"),
    ],
)
def test_UP3_what_is_not_on_the_list_is_saved_and_never_shown(
    house: None, content: str, type_: str
) -> None:
    row = image(content=content, type=type_)
    for answer in (
        page("atendente").get(address(row)),
        program("atendente").get(rest_address(row)),
    ):
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert body_of(answer) == pictures.png()


@pytest.mark.parametrize(
    "name",
    ['a"b.png', "ação.png", "日本.png", "a\r\nSet-Cookie: x=1.png", "a;b=c.png", "x" * 255, ""],
)
def test_UP6_a_name_never_gets_out_of_its_header(house: None, name: str) -> None:
    answer = page("atendente").get(address(image(name=name.replace("\r\n", " "))))
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("inline")
    assert "\n" not in disposition
    assert disposition.isascii()
    assert "Set-Cookie" not in answer.headers
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "CON", "y" * 1000, "a\nb", "..%2f..%2fx"])
def test_UP6_a_customers_name_is_no_place_on_the_disk(house: None, name: str) -> None:
    from provider.contracts import Content, Media  # noqa: PLC0415

    item = Media(Content.DOCUMENT, "https://example.com/x", name)
    conversation = writes("", content=Content.DOCUMENT, media=(item,))
    row = Attachment.objects.get(message__conversation=conversation)
    assert "/" not in row.name
    assert "\n" not in row.name
    assert len(row.name) <= 255
    assert row.file == ""
    with pytest.raises(FileNotFoundError):
        files.open(name)


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [
        ("bytes=0-3", 206, 0, 4),
        ("bytes=2-", 206, 2, 10),
        ("bytes=-3", 206, 7, 10),
        ("bytes=0-999", 206, 0, 10),
        ("bytes=10-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
        ("bytes=5-2", 200, 0, 10),
        ("bytes=0-1,3-4", 200, 0, 10),
        ("bytes=-", 200, 0, 10),
        ("lines=1-2", 200, 0, 10),
        ("bytes=99999999999999999999-", 200, 0, 10),
    ],
)
def test_players_ask_for_parts(house: None, asked: str, status: int, start: int, end: int) -> None:
    body = b"0123456789"
    row = attached(waiting(), body, content="video", type="video/mp4")
    answer = page("atendente").get(address(row), headers={"Range": asked})
    assert answer.status_code == status
    if status == 416:
        assert answer.headers["Content-Range"] == "bytes */10"
        return
    assert body_of(answer) == body[start:end]
    assert answer.headers["Content-Length"] == str(end - start)
    if status == 206:
        assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/10"


def test_a_browser_that_has_the_file_gets_it_no_second_time(house: None) -> None:
    row = image()
    client = page("atendente")
    tag = client.get(address(row)).headers["ETag"]
    again = client.get(address(row), headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head(address(row)).headers["Content-Length"] == str(row.size)


def test_a_file_that_left_the_disk_is_not_there(house: None) -> None:
    row = image()
    files.remove(row.file)
    assert page("atendente").get(address(row)).status_code == 404


def test_rest_lists_the_files_of_a_message(house: None) -> None:
    conversation = waiting()
    row = attached(conversation, pictures.png(), content="image", type="image/png", name="a.png")
    attached(conversation, state="pending", file="", name="b.pdf", type="", size=None)
    client = program("atendente")
    found = client.get(f"/api/v1/conversations/{conversation.pk}/messages/").json()["results"]
    listed = [message["attachments"] for message in found if message["attachments"]]
    assert listed == [
        [
            {"name": "a.png", "type": "image/png", "size": row.size, "url": rest_address(row)},
            {"name": "b.pdf", "type": "", "size": None, "url": ""},
        ]
    ]
    assert body_of(client.get(listed[0][0]["url"])) == pictures.png()
    assert client.get(rest_address(row), headers={"Accept": "image/*"}).status_code == 200


def test_files_of_a_whole_conversation_are_listed_with_few_queries(
    house: None, django_assert_max_num_queries: Any
) -> None:
    conversation = waiting()
    for _n in range(10):
        writes("mais um")
        attached(conversation)
    client = program("atendente")
    with django_assert_max_num_queries(12):
        client.get(f"/api/v1/conversations/{conversation.pk}/messages/")


def test_a_failed_file_is_asked_for_again_on_the_screen(house: None) -> None:
    row = image(state="failed", file="", reason="gone")
    answer = page("atendente").post(f"{address(row)}baixar/")
    assert answer.status_code == 200
    row.refresh_from_db()
    assert (row.state, row.tries) == (media.PENDING, 0)
    assert page("atendente").post(f"{address(row)}baixar/").status_code == 409
