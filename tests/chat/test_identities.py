"""One person stays one person, whichever of their ids a webhook names."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from chat.models import Channel, Conversation, Identity, IdentityAlias
from chat.services import contacts, intake, links, messages
from provider.contracts import (
    Applied,
    ChannelKind,
    EchoMessage,
    InboundMessage,
    Line,
    PersonMoved,
    Reason,
    Refused,
)
from provider.models import Delivery
from tests import together
from tests.chat.conftest import LINES, person, served, trace, writes
from tests.conftest import Api
from tests.stack import PROFILES, why_not

WITH, WITHOUT = "5541988887777", "554188887777"
HIDDEN, ANOTHER = "BR.1349120000000001", "BR.77"
WHATSAPP = Line("botmaker", ChannelKind.WHATSAPP, LINES[ChannelKind.WHATSAPP])


def recipients(conversation: Conversation) -> list[str]:
    stream = Delivery.objects.filter(
        reference__in=conversation.messages.filter(direction="out").values("reference")
    )
    return list(stream.order_by("id").values_list("recipient", flat=True))


def moved(*, gone: tuple[str, ...], ids: tuple[str, ...]) -> Any:
    event = PersonMoved(WHATSAPP, "wamid.moved", gone, ids)
    first = intake.receive(event)
    assert intake.receive(event) == first  # a provider repeats itself
    return first


@pytest.mark.parametrize(("first", "then"), [(WITH, WITHOUT), (WITHOUT, WITH)])
def test_the_ninth_digit_makes_nobody_else(house: None, first: str, then: str) -> None:
    before = writes("Oi", who=first)
    after = writes("1", who=then)
    assert before == after
    assert Identity.objects.get().external_id == then
    assert recipients(after) == [first, then]


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (ChannelKind.WHATSAPP, "554133334444", "5541933334444"),  # a telephone at a house
        (ChannelKind.WHATSAPP, "14155550100", "141595550100"),  # of another country
        (ChannelKind.WHATSAPP, "5541988887777", "5541988887776"),
        (ChannelKind.TELEGRAM, WITH, WITHOUT),
        (ChannelKind.MESSENGER, WITH, WITHOUT),
    ],
)
def test_other_ids_that_look_alike_are_other_people(
    house: None, kind: ChannelKind, one: str, other: str
) -> None:
    assert writes("Oi", who=one, kind=kind) != writes("Oi", who=other, kind=kind)


def test_an_echo_finds_the_conversation_by_either_form(house: None) -> None:
    conversation = writes("Oi", who=WITH)
    echo = EchoMessage(WHATSAPP, "echo-1", WITHOUT, "agent", "", "Do celular", None)
    assert intake.receive(echo) == Applied()
    assert conversation.messages.filter(text="Do celular").exists()


def test_our_own_number_is_no_customer_in_either_form(house: None) -> None:
    line = LINES[ChannelKind.WHATSAPP]
    assert line == "5541999990000"
    Channel.objects.filter(kind="whatsapp").update(line="554199990000")
    here = Line("botmaker", ChannelKind.WHATSAPP, "554199990000")
    event = InboundMessage(here, "in-own", "5541999990000", "", "Oi", None)
    assert intake.receive(event) == Refused(Reason.OWN_NUMBER)


def test_two_people_of_old_stay_where_one_was_made_for_each_form(house: None) -> None:
    """Before ids were matched: the one heard last goes on, and nothing breaks."""
    channel = Channel.objects.get(kind="whatsapp")
    anonymous = contacts.anonymous()
    for form in (WITH, WITHOUT):
        Identity.objects.create(channel=channel, external_id=form, contact=anonymous)
    Identity.objects.filter(external_id=WITH).update(last_inbound_at="2026-11-20T12:00Z")
    migration = importlib.import_module("chat.migrations.0006_ids_of_people")
    migration.name_people(apps, connection.schema_editor())
    assert IdentityAlias.objects.get().identity.external_id == WITH
    assert writes("Oi", who=WITHOUT) == writes("1", who=WITH)
    assert Conversation.objects.get().identity.external_id == WITH


def test_who_hides_the_phone_later_goes_on_in_the_same_conversation(house: None) -> None:
    before = writes("Oi", who=WITH, aliases=(HIDDEN,))
    after = writes("1", who=HIDDEN)
    assert before == after
    assert Identity.objects.get().external_id == WITH
    assert recipients(after) == [WITH, WITH]


def test_who_shows_the_phone_later_is_written_to_by_it(house: None) -> None:
    before = writes("Oi", who=HIDDEN)
    after = writes("1", who=WITH, aliases=(HIDDEN,))
    assert before == after
    assert Identity.objects.get().external_id == WITH
    assert recipients(after) == [HIDDEN, WITH]


def test_an_echo_finds_who_is_known_by_another_id(house: None) -> None:
    conversation = writes("Oi", who=WITH, aliases=(HIDDEN,))
    echo = EchoMessage(WHATSAPP, "echo-1", HIDDEN, "agent", "", "Do celular", None)
    assert intake.receive(echo) == Applied()
    assert conversation.messages.filter(text="Do celular").exists()


def test_a_changed_number_goes_on_in_the_same_conversation(house: None) -> None:
    before = served(who=WITH, aliases=(HIDDEN,))
    new = "5541966660000"
    assert moved(gone=(WITH, HIDDEN), ids=(new, ANOTHER)) == Applied()
    assert Identity.objects.get().external_id == new
    assert trace(before)[-1] == ("person_moved", "")
    assert trace(before).count(("person_moved", "")) == 1
    assert writes("Oi", who=new) == writes("Oi", who=ANOTHER) == before


def test_what_waits_goes_to_the_new_number(house: None) -> None:
    before = served(who=WITH)
    messages.answer(before.pk, "Olá", client_id="1", by=person("atendente"))
    assert Delivery.objects.filter(state="queued", recipient=WITH).exists()
    left = Delivery.objects.order_by("id")[0]
    Delivery.objects.filter(pk=left.pk).update(state="accepted")
    moved(gone=(WITH,), ids=("5541966660000",))
    assert {*recipients(before)[1:]} == {"5541966660000"}
    assert recipients(before)[0] == WITH


def test_what_waits_follows_who_writes_from_another_phone(house: None) -> None:
    before = served(who=WITH, aliases=(HIDDEN,))
    messages.answer(before.pk, "Olá", client_id="1", by=person("atendente"))
    assert writes("Oi", who="5541966660000", aliases=(HIDDEN,)) == before
    assert {*recipients(before)} == {"5541966660000"}


def test_what_waits_for_who_has_no_number_any_more_fails_and_says_so(house: None) -> None:
    new = "5541966660000"
    before, _other = served(who=WITH), writes("Oi", who=new)
    answer, _new = messages.answer(before.pk, "Olá", client_id="1", by=person("atendente"))
    moved(gone=(WITH,), ids=(new,))
    answer.refresh_from_db()
    assert (answer.status, answer.failure_cause) == ("failed", "recipient")
    assert not Delivery.objects.filter(recipient=WITH, state="queued").exists()


def test_a_number_that_was_given_up_may_be_somebody_elses(house: None) -> None:
    before = writes("Oi", who=WITH)
    moved(gone=(WITH,), ids=("5541966660000",))
    assert writes("Oi", who=WITHOUT) != before


def test_a_changed_id_beside_the_same_phone_is_learnt(house: None) -> None:
    before = writes("Oi", who=WITH, aliases=(HIDDEN,))
    assert moved(gone=(HIDDEN,), ids=(WITH, ANOTHER)) == Applied()
    assert ("person_moved", "") not in trace(before)
    assert writes("Oi", who=ANOTHER) == before
    assert Identity.objects.get().external_id == WITH


def test_a_notice_takes_effect_where_the_new_number_wrote_before_it_came(house: None) -> None:
    """And the number that was left belongs to nobody: a stranger may have it next."""
    new = "5541966660000"
    once = messages.close(served(who=new, name="Do outro").pk, by=person("atendente"))
    before = served(who=WITH)
    assert moved(gone=(WITH,), ids=(new,)) == Applied()
    before.identity.refresh_from_db()
    assert before.identity.external_id == new
    assert trace(before)[-1] == ("person_moved", "")
    assert writes("Oi", who=new) == before
    stranger = writes("Oi", who=WITH, name="Rita")
    assert stranger.identity not in (before.identity, once.identity)
    before.identity.refresh_from_db()
    assert before.identity.name == "Maria Souza"
    assert recipients(stranger)[-1] == WITH


def test_two_who_are_both_in_a_conversation_are_not_merged(house: None) -> None:
    """Whoever wrote from the new number keeps it; what is answered to the other goes nowhere."""
    new = "5541966660000"
    before, other = served(who=WITH), writes("Oi", who=new)
    leaves = recipients(before)
    moved(gone=(WITH,), ids=(new,))
    assert writes("Oi", who=new) == other
    assert trace(before)[-1] == ("person_moved", "")
    stranger = writes("Oi", who=WITHOUT)
    assert stranger not in (before, other)
    answer, _new = messages.answer(before.pk, "Olá", client_id="1", by=person("atendente"))
    assert (answer.status, answer.failure_cause) == ("failed", "recipient")
    again = messages.resend(answer.pk, by=person("atendente"))
    assert (again.status, again.failure_cause) == ("failed", "recipient")
    assert recipients(before) == leaves
    before.identity.refresh_from_db()
    assert links.planned(before.identity, None).why == "no_address"
    browser = Client()
    browser.force_login(person("atendente"))
    page = browser.get(f"/omnichannel/{before.pk}/").content.decode()
    assert before.identity.external_id not in page


def test_who_lost_the_number_is_written_to_by_the_id_bound_to_them(house: None) -> None:
    before, other = served(who=WITH, aliases=(HIDDEN,)), writes("Oi", who="5541966660000")
    moved(gone=(WITH,), ids=("5541966660000", HIDDEN))
    before.identity.refresh_from_db()
    assert before.identity.external_id == HIDDEN
    assert writes("Oi", who=HIDDEN) == before != other


def test_a_number_left_behind_before_is_free_for_who_has_it_now(house: None) -> None:
    """As rows were left once: written to by a number, but not known by it."""
    before = served(who=WITH)
    before.identity.aliases.all().delete()
    assert writes("Oi", who=WITH, name="Rita") != before
    before.identity.refresh_from_db()
    assert (before.identity.is_reachable, before.identity.name) == (False, "Maria Souza")


def test_another_person_on_the_same_phone_is_somebody_new(house: None) -> None:
    before = served(who=WITH, aliases=(HIDDEN,))
    after = writes("Oi", who=WITH, name="Rita", aliases=(ANOTHER,))
    assert before != after
    assert (before.identity.name, after.identity.name) == ("Maria Souza", "Rita")
    assert recipients(after)[-1] == WITH
    before.identity.refresh_from_db()
    assert before.identity.external_id == HIDDEN
    assert trace(before)[-1] == ("person_moved", "")
    assert writes("Oi", who=HIDDEN) == before
    assert writes("Oi", who=WITHOUT) == writes("Oi", who=ANOTHER) == after


def test_an_echo_to_another_person_on_the_same_phone_is_not_shown(house: None) -> None:
    before = served(who=WITH, aliases=(HIDDEN,))
    echo = EchoMessage(WHATSAPP, "e", WITH, "agent", "", "Para Rita", None, aliases=(ANOTHER,))
    assert intake.receive(echo) == Refused(Reason.NO_CONVERSATION)
    assert not before.messages.filter(text="Para Rita").exists()


def test_the_id_of_a_group_of_companies_is_another_id_of_the_same_person(house: None) -> None:
    before = writes("Oi", who=WITH, aliases=("BR.ENT.5",))
    assert writes("Oi", who=WITH, aliases=(HIDDEN,)) == before
    assert writes("Oi", who=HIDDEN) == writes("Oi", who="BR.ENT.5") == before


def test_a_phone_learns_the_id_bound_to_its_person(house: None) -> None:
    before = writes("Oi", who=WITH)
    assert writes("Oi", who=WITH, aliases=(HIDDEN,)) == before == writes("Oi", who=HIDDEN)


@pytest.mark.parametrize("bound", [(), (ANOTHER,)])
def test_who_writes_from_somebody_elses_phone_is_who_they_are(
    house: None, bound: tuple[str, ...]
) -> None:
    theirs = served(who=WITH, aliases=bound)
    mine = writes("Oi", who=HIDDEN, name="Mia")
    assert writes("Oi", who=WITH, name="Mia", aliases=(HIDDEN,)) == mine
    mine.identity.refresh_from_db()
    theirs.identity.refresh_from_db()
    assert (mine.identity.external_id, theirs.identity.name) == (WITH, "Maria Souza")
    assert trace(theirs)[-1] == ("person_moved", "")
    assert (theirs.identity.external_id == ANOTHER) == theirs.identity.is_reachable == bool(bound)
    assert writes("Oi", who=WITH, name="Mia") == mine


def test_nobody_is_made_for_a_change_of_number(house: None) -> None:
    assert moved(gone=(WITH,), ids=("5541966660000",)) == Refused(Reason.NOTICE)
    assert not Identity.objects.exists()


@pytest.mark.parametrize("asked", [WITH, WITHOUT, "+55 (41) 8888-7777", HIDDEN])
def test_a_person_is_found_by_every_id_they_have(house: None, api: Any, asked: str) -> None:
    writes("Oi", who=WITH, aliases=(HIDDEN,))
    client: Api = api("supervisor")
    found = client.get("/api/v1/conversations/", {"q": asked}).json()["results"]
    assert [one["identity"]["external_id"] for one in found] == [WITH]


@pytest.mark.flow
@pytest.mark.parametrize("profile", PROFILES)
def test_two_first_messages_in_two_forms_are_one_person(profile: str) -> None:
    if why_not(profile):
        pytest.skip(why_not(profile))
    together.run(profile, "two_forms")


@pytest.mark.flow
@pytest.mark.parametrize("profile", PROFILES)
def test_an_answer_and_a_change_of_number_at_one_moment_both_hold(profile: str) -> None:
    if why_not(profile):
        pytest.skip(why_not(profile))
    together.run(profile, "new_number")
