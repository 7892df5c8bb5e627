"""Messages that are not only text: what is kept of them and the words they get."""

from __future__ import annotations

import pytest
from django.utils.translation import gettext as _

from chat import contents
from chat.models import Attachment, Message
from chat.models.conversation import Conversation
from chat.services import intake
from provider.contracts import (
    Applied,
    ChannelKind,
    Content,
    EchoMessage,
    Line,
    Media,
    Person,
    Place,
)
from tests.chat.conftest import writes
from tests.conftest import CUSTOMER, LINE

pytestmark = pytest.mark.django_db
PLACE = Place(-25.4284, -49.2733, "Praça", "Rua X, 10")


def last(conversation: Conversation) -> Message:
    return conversation.messages.filter(direction="in").latest("id")


def test_a_file_is_expected_with_the_message_that_brings_it(house: None) -> None:
    media = Media(Content.IMAGE, "https://example.com/a.jpg", "a.jpg", "image/jpeg", 12)
    conversation = writes("", content=Content.IMAGE, media=(media, media))
    message = last(conversation)
    assert (message.text, message.content) == ("", "image")
    first, second = message.attachments.all()
    assert first.state == Attachment.State.PENDING
    assert (first.name, first.type, first.size) == ("a.jpg", "image/jpeg", 12)
    assert first.next_attempt_at is not None
    assert first.key != second.key


def test_a_file_without_a_caption_is_in_the_list_by_its_kind(house: None) -> None:
    media = Media(Content.AUDIO, "https://example.com/a.ogg")
    with_bot_silent = writes("atendente")
    writes("", content=Content.AUDIO, media=(media,))
    with_bot_silent.refresh_from_db()
    assert with_bot_silent.last_preview == _("Audio")
    writes("a fachada", content=Content.IMAGE, media=(media,))
    with_bot_silent.refresh_from_db()
    assert with_bot_silent.last_preview == "a fachada"


def test_a_place_has_words_and_keeps_its_values(house: None) -> None:
    message = last(writes("", content=Content.LOCATION, place=PLACE))
    assert message.text == "Praça\nRua X, 10\n-25.428400, -49.273300"
    assert message.data["place"]["latitude"] == -25.4284


def test_people_have_words_and_keep_their_values(house: None) -> None:
    people = (Person("Joao Reis", ("+55 41 98888-0000",)), Person("", (), ("a@b.c",)))
    message = last(writes("", content=Content.CONTACTS, people=people))
    assert message.text == "Joao Reis, +55 41 98888-0000\na@b.c"
    assert message.data["people"][0]["phones"] == ["+55 41 98888-0000"]


def left_out(count: int) -> str:
    return _("[not everything is kept: %(count)d more came with it]") % {"count": count}


def test_of_very_many_people_some_are_kept_and_the_others_counted(house: None) -> None:
    ways = tuple(f"+55 41 {number:05d}" for number in range(13))
    first = Person("Joao Reis" + "s" * 1000, ways, tuple(f"{n}@b.c" for n in range(11)))
    people = (first, *(Person(f"Pessoa {n}") for n in range(14_999)))
    message = last(writes("", content=Content.CONTACTS, people=people))
    kept = contents.people_of(message.data)
    assert len(kept) == 50
    assert (len(kept[0].name), len(kept[0].phones), len(kept[0].emails)) == (200, 10, 10)
    assert message.text.split("\n")[-2:] == ["Pessoa 48", left_out(14_950 + 3 + 1)]
    assert contents.left_out_of(message.data) == left_out(14_954)


def test_of_very_many_files_some_are_fetched_and_the_others_counted(house: None) -> None:
    files = tuple(Media(Content.IMAGE, f"https://example.com/{n}.jpg") for n in range(32))
    message = last(writes("as fotos", content=Content.IMAGE, media=files))
    assert [file.source for file in message.attachments.all()] == [f.source for f in files[:30]]
    assert message.text == f"as fotos\n{left_out(2)}"


def test_what_is_kept_whole_says_nothing_of_it(house: None) -> None:
    files = tuple(Media(Content.IMAGE, f"https://example.com/{n}.jpg") for n in range(30))
    message = last(writes("as fotos", content=Content.IMAGE, media=files))
    assert (message.text, message.attachments.count()) == ("as fotos", 30)


def test_an_answer_points_at_what_it_answers_in_the_same_conversation(house: None) -> None:
    first = last(writes("um"))
    assert last(writes("dois", reply_to=first.external_id)).reply_to == first
    assert last(writes("tres", reply_to="nobody-knows")).reply_to is None
    other = writes("oi", who="5541900000001", reply_to=first.external_id)
    assert last(other).reply_to is None


def test_a_file_sent_on_the_providers_console_is_expected_too(house: None) -> None:
    conversation = writes("atendente")
    line = Line("botmaker", ChannelKind.WHATSAPP, LINE)
    media = Media(Content.DOCUMENT, "https://example.com/x.xlsx", "x.xlsx")
    echo = EchoMessage(
        line, "echo-1", CUSTOMER, "agent", "Bruno", "", None, Content.DOCUMENT, media=(media,)
    )
    assert intake.receive(echo) == intake.receive(echo) == Applied()
    assert [a.name for a in Attachment.objects.filter(message__direction="out")] == ["x.xlsx"]
    conversation.refresh_from_db()
    assert conversation.last_preview == _("Document")
