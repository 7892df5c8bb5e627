"""Vincular: what a link writes, who may make it, and that an undo takes back exactly that."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from chat.errors import BadInput, Conflict, NotAllowed
from chat.models import Contact, ContactLink, Conversation, EContactType, PhoneType
from chat.models.conversation import Status
from chat.services import contacts, links, messages
from parameters.models import Detail, ParameterUser
from provider.contracts import ChannelKind
from tests.chat.conftest import (
    IN_STATE,
    colleague,
    human,
    person,
    served,
    setting,
    silence,
    trace,
    waiting,
    writes,
)
from tests.conftest import CUSTOMER


@pytest.fixture
def types(house: None) -> tuple[PhoneType, EContactType]:
    """Types of their own, named by the parameters."""
    phone = PhoneType.objects.create(description="WhatsApp")
    econtact = EContactType.objects.create(description="Mensageiro")
    setting("TIPO_TELEFONE", str(phone.pk))
    setting("TIPO_ECONTACT", str(econtact.pk))
    return phone, econtact


@pytest.fixture
def maria(house: None) -> Contact:
    return contacts.save(Contact(), name="Maria de Souza")


def addresses(contact: Contact) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    return (
        list(contact.phones.values_list("type_id", "number")),
        list(contact.econtacts.values_list("type_id", "address")),
    )


def owner_of(conversation: Conversation) -> tuple[Contact, Contact]:
    """Whom the conversation and its person belong to."""
    conversation.refresh_from_db()
    conversation.identity.refresh_from_db()
    return conversation.contact, conversation.identity.contact


@pytest.mark.parametrize(
    ("kind", "who", "is_phone"),
    [
        (ChannelKind.WHATSAPP, CUSTOMER, True),
        (ChannelKind.WHATSAPP, "BR.12345678901234567890", False),
        (ChannelKind.TELEGRAM, "700123456", False),
        (ChannelKind.INSTAGRAM, "17841400000009999", False),
        (ChannelKind.MESSENGER, "5541988887777", False),
    ],
)
def test_a_link_writes_the_phone_or_the_handle_and_undo_takes_it_back(
    ana: User,
    maria: Contact,
    types: tuple[PhoneType, EContactType],
    kind: ChannelKind,
    who: str,
    is_phone: bool,
) -> None:
    conversation = served(kind=kind, who=who)
    links.link(conversation.pk, maria.pk, by=ana)
    assert owner_of(conversation) == (maria, maria)
    phone, econtact = types
    written = ([(phone.pk, who)], []) if is_phone else ([], [(econtact.pk, who)])
    assert addresses(maria) == written
    assert trace(conversation)[-1] == ("link", "phone_added" if is_phone else "econtact_added")

    links.unlink(conversation.pk, by=ana)
    assert owner_of(conversation) == (contacts.anonymous(), contacts.anonymous())
    assert addresses(maria) == ([], [])
    assert trace(conversation)[-1] == ("unlink", "person")


def test_whatever_its_name_the_type_of_the_parameter_is_written(
    ana: User, maria: Contact, types: tuple[PhoneType, EContactType]
) -> None:
    EContactType.objects.filter(description__iexact="E-mail").exclude(pk=types[1].pk).delete()
    EContactType.objects.filter(pk=types[1].pk).update(description="E-mail")
    conversation = served(kind=ChannelKind.TELEGRAM, who="700123456")
    links.link(conversation.pk, maria.pk, by=ana)
    assert addresses(maria) == ([], [(types[1].pk, "700123456")])


@pytest.mark.parametrize("number", [CUSTOMER, "+55 (41) 98888-7777", "+55 (41) 8888-7777"])
def test_what_the_contact_has_already_is_not_written_nor_taken_back(
    ana: User, types: tuple[PhoneType, EContactType], number: str
) -> None:
    other = PhoneType.objects.create(description="Casa")
    maria = contacts.save(Contact(), name="Maria", phones=[(other.pk, number)])
    conversation = served()
    links.link(conversation.pk, maria.pk, by=ana)
    assert trace(conversation)[-1] == ("link", "already_there")
    links.unlink(conversation.pk, by=ana)
    assert addresses(maria) == ([(other.pk, number)], [])


def test_undo_takes_back_a_telephone_whose_ninth_digit_came_or_went(
    ana: User, maria: Contact, types: tuple[PhoneType, EContactType]
) -> None:
    conversation = served()
    links.link(conversation.pk, maria.pk, by=ana)
    assert addresses(maria) == ([(types[0].pk, CUSTOMER)], [])
    writes("Oi", who=f"{CUSTOMER[:4]}{CUSTOMER[5:]}")
    links.unlink(conversation.pk, by=ana)
    assert addresses(maria) == ([], [])


def test_undo_leaves_what_somebody_changed_since(
    ana: User, maria: Contact, types: tuple[PhoneType, EContactType]
) -> None:
    conversation = served()
    links.link(conversation.pk, maria.pk, by=ana)
    maria.phones.update(number="554133334444")
    links.unlink(conversation.pk, by=ana)
    assert addresses(maria)[0] == [(types[0].pk, "554133334444")]


@pytest.mark.parametrize("code", [None, "99", "0", "abc", "N"])
@pytest.mark.parametrize(
    ("kind", "question", "why"),
    [
        (ChannelKind.WHATSAPP, "TIPO_TELEFONE", "no_phone_type"),
        (ChannelKind.TELEGRAM, "TIPO_ECONTACT", "no_econtact_type"),
    ],
)
def test_a_missing_or_illegal_type_blocks_that_write_only(
    ana: User, maria: Contact, kind: ChannelKind, question: str, why: str, code: str | None
) -> None:
    silence(question)
    if code is not None:
        already_inside(question, code)
    conversation = served(kind=kind)
    links.link(conversation.pk, maria.pk, by=ana)
    assert owner_of(conversation) == (maria, maria)
    assert addresses(maria) == ([], [])
    assert trace(conversation)[-1] == ("link", why)


def already_inside(question: str, answer: str) -> None:
    """A value that the doors would refuse, as an old import may have left it."""
    Detail.objects.create(
        user=ParameterUser.objects.get(parameter__name="ISOCHATBOT"),
        question=question,
        answer=answer,
    )


def test_another_contact_replaces_the_first_in_one_step(
    ana: User, maria: Contact, types: tuple[PhoneType, EContactType]
) -> None:
    other = contacts.save(Contact(), name="Mário")
    conversation = served()
    links.link(conversation.pk, maria.pk, by=ana)
    links.link(conversation.pk, other.pk, by=ana)
    assert owner_of(conversation) == (other, other)
    assert (addresses(maria)[0], len(addresses(other)[0])) == ([], 1)
    links.unlink(conversation.pk, by=ana)
    assert owner_of(conversation) == (contacts.anonymous(), contacts.anonymous())
    assert addresses(other) == ([], [])


def test_the_same_contact_again_changes_nothing(ana: User, maria: Contact) -> None:
    conversation = served()
    links.link(conversation.pk, maria.pk, by=ana)
    before = trace(conversation)
    links.link(conversation.pk, maria.pk, by=ana)
    assert trace(conversation) == before
    assert ContactLink.objects.count() == 1


def test_the_next_conversation_knows_the_person_and_undo_reaches_it(
    ana: User, maria: Contact
) -> None:
    first = served()
    links.link(first.pk, maria.pk, by=ana)
    messages.close(first.pk, by=ana)
    second = messages.assume(waiting().pk, by=ana)
    assert owner_of(second) == (maria, maria)
    links.unlink(second.pk, by=ana)
    assert owner_of(second) == (contacts.anonymous(), contacts.anonymous())
    assert owner_of(first)[0] == contacts.anonymous()


def test_an_undo_after_an_undo_finds_nothing(ana: User, maria: Contact) -> None:
    conversation = served()
    with pytest.raises(Conflict):
        links.unlink(conversation.pk, by=ana)
    links.link(conversation.pk, maria.pk, by=ana)
    links.unlink(conversation.pk, by=ana)
    with pytest.raises(Conflict):
        links.unlink(conversation.pk, by=ana)


@pytest.mark.parametrize("which", ["anonymous", "nobody"])
def test_not_to_the_anonymous_contact_nor_to_nobody(ana: User, which: str) -> None:
    conversation = served()
    target = contacts.anonymous().pk if which == "anonymous" else 9_000_000
    with pytest.raises(BadInput) as refusal:
        links.link(conversation.pk, target, by=ana)
    assert refusal.value.field == "contact"
    assert not contacts.anonymous().phones.exists()


MAY: dict[str, set[str]] = {
    "bot": {"supervisor", "admin"},
    "waiting": {"marked", "supervisor", "admin"},
    "active": {"owner", "marked", "supervisor", "admin"},
    "on_hold": {"owner", "marked", "supervisor", "admin"},
    "closed": {"owner", "marked", "supervisor", "admin"},
}


@pytest.mark.parametrize("who", ["owner", "member", "marked", "of another", "supervisor", "admin"])
@pytest.mark.parametrize("status", Status.values)
def test_the_owner_and_who_supervises_may_in_any_state(
    maria: Contact, status: str, who: str
) -> None:
    conversation = IN_STATE[status]()
    if who in ("marked", "of another"):
        by = colleague("mais um", marked=who == "marked", of=human() if who == "marked" else None)
    else:
        by = person({"owner": "atendente", "member": "atendente2"}.get(who, who))
    acts: list[Any] = [
        lambda: links.link(conversation.pk, maria.pk, by=by),
        lambda: links.unlink(conversation.pk, by=by),
    ]
    for act in acts:
        if who in MAY[status]:
            act()
        else:
            with pytest.raises((Conflict, NotAllowed)):
                act()
    assert owner_of(conversation)[0] == contacts.anonymous()


def test_a_contact_made_on_the_spot(ana: User) -> None:
    conversation = served()
    links.link_new(conversation.pk, "  Maria Nova ", by=ana)
    assert owner_of(conversation)[0].name == "Maria Nova"


def test_an_undo_takes_back_the_contact_the_same_act_made(ana: User) -> None:
    conversation, before = served(), Contact.objects.count()
    links.link_new(conversation.pk, "Maria Nova", by=ana)
    links.unlink(conversation.pk, by=ana)
    assert Contact.objects.count() == before
    assert owner_of(conversation) == (contacts.anonymous(), contacts.anonymous())
    assert trace(conversation)[-2:] == [("link", "phone_added"), ("unlink", "person")]


@pytest.mark.parametrize("use", ["address", "person", "link"])
def test_an_undo_keeps_a_made_contact_that_came_to_be_used(ana: User, use: str) -> None:
    conversation = served()
    links.link_new(conversation.pk, "Maria Nova", by=ana)
    made = Contact.objects.get(name="Maria Nova")
    if use == "address":
        made.econtacts.create(type=EContactType.objects.all()[0], address="maria@example.com")
    else:
        other = served(who="5541977776666")
        links.link(other.pk, made.pk, by=ana)
        if use == "link":
            links.unlink(other.pk, by=ana)
    links.unlink(conversation.pk, by=ana)
    assert Contact.objects.filter(pk=made.pk).exists()


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "Anônimo", "anonimo"])
def test_a_refused_name_makes_no_contact(ana: User, name: str) -> None:
    conversation = served()
    before = Contact.objects.count()
    with pytest.raises(BadInput):
        links.link_new(conversation.pk, name, by=ana)
    assert Contact.objects.count() == before


def test_a_refused_link_makes_no_contact(bruno: User) -> None:
    conversation = served()
    before = Contact.objects.count()
    with pytest.raises(Conflict):
        links.link_new(conversation.pk, "Maria Nova", by=bruno)
    assert Contact.objects.count() == before


def test_a_message_arriving_keeps_the_link(ana: User, maria: Contact) -> None:
    conversation = served()
    links.link(conversation.pk, maria.pk, by=ana)
    writes("Ainda eu")
    assert owner_of(conversation) == (maria, maria)
