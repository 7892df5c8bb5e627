"""What is shown of a sent message: the highest fact, whatever the order facts come in."""

from __future__ import annotations

import itertools
import random
import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.errors import Conflict, NotAllowed
from chat.models import Conversation, Message
from chat.models.message import RANK, Fact, view_of
from chat.services import messages
from provider.contracts import (
    Applied,
    Cause,
    ChannelKind,
    Reason,
    Refused,
    Status,
    StatusUpdate,
    Waiting,
)
from provider.models import Delivery
from tests.chat.conftest import served, writes
from tests.conftest import examples

S = Status
ONE, TWO = uuid.UUID(int=1), uuid.UUID(int=2)
WHATSAPP, TELEGRAM = ChannelKind.WHATSAPP, ChannelKind.TELEGRAM
QUIET = [ChannelKind.MESSENGER, ChannelKind.INSTAGRAM, ChannelKind.TELEGRAM]


def fact(status: Status, reference: uuid.UUID = ONE) -> Fact:
    cause = Cause.RECIPIENT if status is S.FAILED else ""
    return Fact(reference, status, cause, "código 131" if cause else "")


@pytest.mark.parametrize("kind", ChannelKind)
def test_every_order_of_every_fact_ends_in_one_state(kind: ChannelKind) -> None:
    for count in range(1, 7):
        for chosen in itertools.combinations(S, count):
            ends = {
                view_of([fact(status) for status in order], ONE, kind)
                for order in itertools.permutations(chosen)
            }
            assert len(ends) == 1


ORDERS = list(itertools.permutations([S.SENT, S.DELIVERED, S.READ, S.FAILED]))


@pytest.mark.parametrize("kind", [WHATSAPP, ChannelKind.MESSENGER])
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "-".join(order))
def test_all_24_orders_of_receipts_end_as_read(
    ana: User, order: tuple[Status, ...], kind: ChannelKind
) -> None:
    message = outgoing(ana, kind)
    for status in order:
        learn(message, status)
    message.refresh_from_db()
    assert message.status == ("read" if kind is WHATSAPP else "sent")
    assert (message.failure_cause, message.failure_detail) == ("", "")
    assert message.facts.count() == 4


@pytest.mark.parametrize(
    ("lower", "higher"),
    list(itertools.pairwise([S.QUEUED, S.UNKNOWN, S.SENT, S.FAILED, S.DELIVERED, S.READ])),
)
def test_each_rank_outranks_the_one_below(lower: Status, higher: Status) -> None:
    for order in ([lower, higher], [higher, lower]):
        assert view_of([fact(s) for s in order], ONE, WHATSAPP).status is higher


@pytest.mark.parametrize("kind", QUIET)
@pytest.mark.parametrize(
    ("learnt", "shown"),
    [
        ([], S.QUEUED),
        ([S.UNKNOWN], S.UNKNOWN),
        ([S.SENT], S.SENT),
        ([S.DELIVERED], S.SENT),
        ([S.READ], S.SENT),
        ([S.FAILED], S.FAILED),
        ([S.FAILED, S.DELIVERED], S.SENT),
    ],
)
def test_the_quiet_channels_show_only_sent_and_failed(
    kind: ChannelKind, learnt: list[Status], shown: Status
) -> None:
    assert view_of([fact(status) for status in learnt], ONE, kind).status is shown


FACTS = st.builds(fact, st.sampled_from(S), st.sampled_from([ONE, TWO]))


def never_goes_back(facts: list[Fact], kind: ChannelKind) -> None:
    """Fact by fact, as they arrive: what is shown only ever rises, repeats change nothing."""
    seen: list[Fact] = []
    rank = 0
    for one in facts:
        seen.append(one)
        view = view_of(seen, ONE, kind)
        # A quiet channel shows proof from the device as sent, also after a failure.
        assert RANK[view.status] >= rank or (kind in QUIET and view.status is S.SENT)
        assert view == view_of([*seen, *seen], ONE, kind)
        assert (view.cause != "") <= (view.status in (S.FAILED, S.QUEUED))
        rank = RANK[view.status]
    shuffled = seen[::-1]
    assert view_of(shuffled, ONE, kind) == view_of(seen, ONE, kind)


@settings(max_examples=examples(300))
@given(st.lists(FACTS, max_size=12), st.sampled_from(ChannelKind))
def test_no_interleaving_ever_goes_back(facts: list[Fact], kind: ChannelKind) -> None:
    never_goes_back(facts, kind)


@pytest.mark.full
@settings(max_examples=20_000, deadline=None)
@given(st.lists(FACTS, max_size=12), st.sampled_from(ChannelKind))
def test_20_000_interleavings_never_go_back(facts: list[Fact], kind: ChannelKind) -> None:
    never_goes_back(facts, kind)


def outgoing(by: User, kind: ChannelKind = WHATSAPP) -> Message:
    conversation = served(by.username, kind=kind)
    return messages.answer(conversation.pk, "Bom dia!", client_id="a", by=by)[0]


def update(status: Status, **fields: Any) -> StatusUpdate:
    return StatusUpdate(status, timezone.now(), "botmaker", **fields)


def learn(
    message: Message, status: Status, *, reference: uuid.UUID | None = None, **fields: Any
) -> object:
    cause = Cause.RECIPIENT if status is S.FAILED else None
    return messages.apply_update(
        update(status, reference=reference or message.reference, cause=cause, **fields)
    )


def shown(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.status, message.failure_cause


def test_receipts_at_random_with_repeats_never_go_back_in_the_database(ana: User) -> None:
    message = outgoing(ana)
    chance = random.Random(4417)
    rank = 0
    for _ in range(40):
        learn(message, chance.choice(list(S)))
        status, _cause = shown(message)
        assert RANK[Status(status)] >= rank
        rank = RANK[Status(status)]
    assert message.facts.count() == len(S)


def test_a_late_sent_receipt_does_not_undo_read(ana: User) -> None:
    message = outgoing(ana)
    for status in (S.READ, S.SENT, S.FAILED):
        assert learn(message, status) == Applied()
    assert shown(message) == ("read", "")


def test_an_unknown_fate_gives_way_to_any_fact(ana: User) -> None:
    message = outgoing(ana)
    learn(message, S.UNKNOWN)
    assert shown(message) == ("unknown", "")
    learn(message, S.FAILED)
    assert shown(message) == ("failed", "recipient")


def test_a_queued_message_says_what_it_waits_for_and_forgets_it_once_sent(ana: User) -> None:
    message = outgoing(ana)
    messages.apply_update(update(S.QUEUED, reference=message.reference, cause=Cause.AUTHENTICATION))
    assert shown(message) == ("queued", "authentication")
    learn(message, S.SENT)
    assert shown(message) == ("sent", "")


def test_what_is_known_already_is_no_news(ana: User) -> None:
    message = outgoing(ana)
    learn(message, S.SENT)
    before = Conversation.objects.get().version
    assert learn(message, S.SENT) == Applied()
    assert Conversation.objects.get().version == before
    learn(message, S.SENT, external_id="BM-1")
    message.refresh_from_db()
    assert message.external_id == "BM-1", "the second one knew its name"


def test_the_provider_names_the_message_once(ana: User) -> None:
    message = outgoing(ana)
    learn(message, S.SENT, external_id="BM-1")
    learn(message, S.READ, external_id="BM-2")
    message.refresh_from_db()
    assert message.external_id == "BM-1"


def test_a_status_by_id_counts_only_on_its_own_channel(ana: User) -> None:
    message = outgoing(ana)
    learn(message, S.SENT, external_id="BM-1")
    for kind, expected in ((TELEGRAM, Waiting(("BM-1",))), (WHATSAPP, Applied())):
        by_id = update(S.READ, kind=kind, external_id="BM-1")
        assert messages.apply_update(by_id) == expected
    assert shown(message) == ("read", "")


def test_a_status_that_names_no_platform_counts_by_its_id_alone(ana: User) -> None:
    message = outgoing(ana)
    learn(message, S.SENT, external_id="BM-1")
    assert messages.apply_update(update(S.DELIVERED, external_id="BM-1")) == Applied()
    assert shown(message) == ("delivered", "")
    other = StatusUpdate(S.READ, timezone.now(), "another", external_id="BM-1")
    assert messages.apply_update(other) == Waiting(("BM-1",))
    assert shown(message) == ("delivered", "")


def test_a_status_of_what_the_customer_wrote_is_refused(ana: User) -> None:
    writes("Oi")
    inbound = Message.objects.get(direction="in")
    assert learn(inbound, S.READ) == Refused(Reason.INCOMING)
    assert not inbound.facts.exists()


def test_a_status_that_names_nothing_is_refused_or_waits(house: None) -> None:
    nobody = update(S.READ, reference=uuid.uuid4())
    assert messages.apply_update(nobody) == Refused(Reason.NO_MESSAGE)
    early = update(S.READ, reference=uuid.uuid4(), external_id="later")
    assert messages.apply_update(early) == Waiting(("later",))


class TestResend:
    """Sending a failed or unconfirmed message once more."""

    @pytest.mark.parametrize("fate", [S.FAILED, S.UNKNOWN])
    def test_it_is_a_new_send_of_the_same_message(self, ana: User, fate: Status) -> None:
        message = outgoing(ana)
        learn(message, fate)
        again = messages.resend(message.pk, by=ana)
        assert (again.pk, shown(again)) == (message.pk, ("queued", ""))
        assert again.reference != message.reference
        references = Delivery.objects.filter(text="Bom dia!").values_list("reference", flat=True)
        assert set(references) == {message.reference, again.reference}

    @pytest.mark.parametrize(
        ("late", "status"),
        [(S.SENT, "queued"), (S.FAILED, "queued"), (S.DELIVERED, "delivered"), (S.READ, "read")],
    )
    def test_only_proof_from_the_device_counts_of_the_earlier_send(
        self, ana: User, late: Status, status: str
    ) -> None:
        message = outgoing(ana)
        first = message.reference
        learn(message, S.UNKNOWN)
        messages.resend(message.pk, by=ana)
        assert learn(message, late, reference=first) == Applied()
        assert shown(message) == (status, "")
        learn(message, S.FAILED, reference=message.reference)
        assert shown(message)[0] == (status if status != "queued" else "failed")

    def test_its_name_is_that_of_the_send_that_reaches_the_customer(self, ana: User) -> None:
        message = outgoing(ana)
        first = message.reference
        learn(message, S.FAILED, external_id="BM-1")
        message = messages.resend(message.pk, by=ana)
        learn(message, S.SENT, reference=first, external_id="BM-1")
        learn(message, S.SENT, reference=message.reference, external_id="BM-2")
        message.refresh_from_db()
        assert message.external_id == "BM-2"
        writes("Recebi", reply_to="BM-2")
        assert Message.objects.filter(direction="in").latest("pk").reply_to == message

    @pytest.mark.parametrize("fate", [None, S.SENT, S.DELIVERED, S.READ])
    def test_what_is_not_lost_is_not_sent_again(self, ana: User, fate: Status | None) -> None:
        message = outgoing(ana)
        if fate:
            learn(message, fate)
        with pytest.raises(Conflict):
            messages.resend(message.pk, by=ana)
        assert Delivery.objects.filter(text="Bom dia!").count() == 1

    def test_nobody_but_the_owner_sends_again(self, ana: User, bruno: User) -> None:
        message = outgoing(ana)
        learn(message, S.FAILED)
        with pytest.raises(Conflict, match="Ana Lima"):
            messages.resend(message.pk, by=bruno)
        messages.close(message.conversation_id, by=ana)
        with pytest.raises(Conflict):
            messages.resend(message.pk, by=ana)

    def test_a_message_of_the_bot_is_not_sent_again_from_the_queue(self, ana: User) -> None:
        conversation = writes("atendente")
        message = conversation.messages.get(author="bot")
        learn(message, S.FAILED)
        with pytest.raises(NotAllowed):
            messages.resend(message.pk, by=ana)

    def test_after_the_window_nothing_is_sent_again(self, ana: User) -> None:
        message = outgoing(ana)
        learn(message, S.FAILED)
        tomorrow = time_machine.travel(timezone.now() + timedelta(hours=25))
        with tomorrow, pytest.raises(Conflict) as refusal:
            messages.resend(message.pk, by=ana)
        assert refusal.value.cause == "window"
        assert shown(message) == ("failed", "recipient")
