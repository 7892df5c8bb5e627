"""Somebody else was first by a moment: what they did stays done, and nothing is lost by it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from chat.errors import BadInput
from chat.models import Channel, Classification, Contact, Identity, Message
from chat.services import (
    channels,
    classifications,
    contacts,
    intake,
    messages,
    names,
    people,
    settings,
)
from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider.contracts import (
    Applied,
    ChannelKind,
    EchoMessage,
    InboundMessage,
    Line,
    Reason,
    Refused,
)
from tests.chat.conftest import LINES, person, served, writes
from tests.conftest import CUSTOMER
from tests.overtaking import overtaken

WHATSAPP = Line("botmaker", ChannelKind.WHATSAPP, LINES[ChannelKind.WHATSAPP])
MESSENGER = Line("botmaker", ChannelKind.MESSENGER, LINES[ChannelKind.MESSENGER])


def test_what_is_written_to_a_conversation_just_closed_opens_another(house: None) -> None:
    before = served()
    event = InboundMessage(WHATSAPP, "late", CUSTOMER, "Maria Souza", "Mais uma coisa", None)
    closes = lambda: messages.close(before.pk, by=person("atendente"))  # noqa: E731
    with overtaken("chat_conversation", closes, setting="version"):
        assert intake.receive(event) == Applied()
    message = Message.objects.get(external_id="late")
    assert message.conversation != before
    assert (message.conversation.status, message.conversation.unread_count) == ("bot", 1)
    assert message.conversation.messages.filter(author="bot").exists(), "the bot answers"
    before.refresh_from_db()
    assert (before.status, before.unread_count) == ("closed", 0)


def test_what_is_written_elsewhere_to_a_conversation_just_closed_opens_none(house: None) -> None:
    before = served()
    echo = EchoMessage(WHATSAPP, "late", CUSTOMER, "agent", "", "Do console", None)
    closes = lambda: messages.close(before.pk, by=person("atendente"))  # noqa: E731
    with overtaken("chat_conversation", closes, setting="version"):
        assert intake.receive(echo) == Refused(Reason.NO_CONVERSATION)
    assert not Message.objects.filter(external_id="late").exists()


def test_a_name_that_was_just_told_stays(house: None) -> None:
    identity = writes("Oi", who="777", kind=ChannelKind.MESSENGER, name="").identity
    event = InboundMessage(MESSENGER, "next", "777", "", "Tudo bem?", None)
    with overtaken(
        "chat_identity",
        lambda: names._keep(Identity.objects.get(pk=identity.pk), "Maria Souza"),
        setting="last_inbound_at",
    ):
        intake.receive(event)
    identity.refresh_from_db()
    assert identity.name == "Maria Souza"


def test_a_token_that_was_just_renewed_stays(house: None) -> None:
    key = ISOCHATBOT.PROVEDOR_REFRESHTOKEN
    store.write(key, answer="", note="refresh-token-0001")
    with overtaken(
        "parameters_detail",
        lambda: store.write(key, answer="", note="refresh-token-0002"),
        setting="id",
    ):
        settings.put_detail("ISOCHATBOT", "ISOPADRAO", key.name, by=person("supervisor"), order=2)
    row = store.effective_row(key)
    assert row is not None
    assert (row.order, row.note) == (2, "refresh-token-0002")


def renamed(row: Any, field: str, value: str) -> None:
    """What somebody else wrote to a row that was read before."""
    type(row).objects.filter(pk=row.pk).update(**{field: value})


@pytest.fixture
def admin(house: None) -> User:
    return person("admin")


def test_who_changes_one_thing_of_a_row_leaves_the_others_as_they_are(admin: User) -> None:
    contact = contacts.save(Contact(), name="Ana")
    renamed(contact, "name", "Ana Maria")
    contacts.save(contact, phones=[])
    assert Contact.objects.get(pk=contact.pk).name == "Ana Maria"

    classification = Classification.objects.get(description="WhatsApp")
    renamed(classification, "description", "Vendas")
    classifications.save(classification, by=admin, active=False)
    now = Classification.objects.get(pk=classification.pk)
    assert (now.description, now.active) == ("Vendas", False)

    channel = Channel.objects.get(kind="whatsapp")
    renamed(channel, "line", "5541999991111")
    channels.save(channel, by=admin, active=False)
    known = Channel.objects.get(pk=channel.pk)
    assert (known.line, known.active) == ("5541999991111", False)

    user = person("atendente")
    renamed(user, "password", "set just now")
    facts = {"username": user.username, "first_name": "Ana", "last_name": "Lima"}
    people.save(user, by=admin, **facts, email="ana@example.com", role="agent", active=True)
    assert person("atendente").password == "set just now"


def test_what_was_just_removed_is_not_made_again(admin: User) -> None:
    contact = contacts.save(Contact(), name="Ana")
    Contact.objects.filter(pk=contact.pk).delete()
    with pytest.raises(BadInput, match="removeu este registro"):
        contacts.save(contact, name="Ana Maria")
    assert not Contact.objects.filter(name__startswith="Ana").exists()
