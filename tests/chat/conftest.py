"""Conversations in any state, made through the services a webhook and an agent would use."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chat import files
from chat.models import Attachment, Classification, Conversation, Membership, Message
from chat.models.message import Direction
from chat.services import conversations, intake, messages
from parameters import store
from parameters.models import STANDARD_USER, Detail
from provider.contracts import Applied, ChannelKind, InboundMessage, Line
from tests.conftest import CUSTOMER, LINE

LINES = {
    ChannelKind.WHATSAPP: LINE,
    ChannelKind.MESSENGER: "104857600000001",
    ChannelKind.INSTAGRAM: "17841400000000001",
    ChannelKind.TELEGRAM: "700000001",
}
_ids = itertools.count(1)


def writes(
    text: str = "Oi",
    *,
    who: str = CUSTOMER,
    kind: ChannelKind = ChannelKind.WHATSAPP,
    name: str = "Maria Souza",
    **fields: Any,
) -> Conversation:
    """The customer writes; the conversation the message went to."""
    line = Line("botmaker", kind, LINES[kind])
    event = InboundMessage(line, f"in-{next(_ids)}", who, name, text, None, **fields)
    for _ in range(2):  # a provider repeats itself; the second time changes nothing
        assert intake.receive(event) == Applied()
    return Message.objects.get(external_id=event.external_id).conversation


def waiting(**fields: Any) -> Conversation:
    """A conversation whose customer asked for a person."""
    return writes("atendente", **fields)


def served(by: str = "atendente", **fields: Any) -> Conversation:
    """A conversation an agent has."""
    return messages.assume(waiting(**fields).pk, by=person(by))


def held(by: str = "atendente", **fields: Any) -> Conversation:
    """A conversation on hold, put there by the move itself."""
    with conversations.changing(served(by, **fields).pk) as conversation:
        conversations.move(conversation, "hold", by=person(by))
    return conversation


def closed(by: str = "atendente", **fields: Any) -> Conversation:
    return messages.close(served(by, **fields).pk, by=person(by))


IN_STATE: dict[str, Callable[..., Conversation]] = {
    "bot": writes,
    "waiting": waiting,
    "active": served,
    "on_hold": held,
    "closed": closed,
}


def person(username: str) -> User:
    return User.objects.get(username=username)


def human() -> Classification:
    """The demo's classification of both agents."""
    return Classification.objects.get(description="WhatsApp")


def colleague(username: str, *, marked: bool = False, of: Classification | None = None) -> User:
    """One more agent: of another classification, unless one is named."""
    user = User.objects.create_user(username, first_name=username.title(), password=None)
    if of is None:
        of = Classification.objects.create(description="Outra", kind="human")
    Membership.objects.create(classification=of, user=user, supervisor=marked)
    return user


def setting(question: str, answer: str = "", note: str = "") -> None:
    store.put_detail("ISOCHATBOT", STANDARD_USER, question, answer=answer, note=note)


def silence(question: str) -> None:
    """As if nobody had ever added the key."""
    Detail.objects.filter(question=question).delete()


def attached(conversation: Conversation, body: bytes = b"bytes", **fields: Any) -> Attachment:
    """A file of the customer's last message, here already."""
    name, size = files.store([body])
    values = {"content": "document", "name": "a.pdf", "type": "application/pdf"}
    return Attachment.objects.create(
        message=conversation.messages.filter(direction="in").latest("id"),
        created_at=timezone.now(),
        **{**values, "file": name, "size": size, **fields},
    )


def sent(conversation: Conversation) -> list[str]:
    """What the customer was sent in it, oldest first."""
    rows = Message.objects.filter(conversation=conversation, direction=Direction.OUT)
    return list(rows.order_by("id").values_list("text", flat=True))


def trace(conversation: Conversation) -> list[tuple[str, str]]:
    return list(conversation.events.order_by("id").values_list("what", "why"))


@pytest.fixture
def ana(house: None) -> User:
    return person("atendente")


@pytest.fixture
def bruno(house: None) -> User:
    return person("atendente2")


@pytest.fixture
def silvia(house: None) -> User:
    return person("supervisor")
