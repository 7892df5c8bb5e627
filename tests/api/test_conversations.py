"""Reading conversations, and the actions on one: assume and close."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import pytest

from chat.models import Classification, Conversation
from provider.contracts import ChannelKind
from tests.api.conftest import CONVERSATIONS, As
from tests.chat.conftest import (
    IN_STATE,
    colleague,
    held,
    human,
    person,
    sent,
    served,
    silence,
    waiting,
    writes,
)
from tests.conftest import CUSTOMER

BRUNO = {"username": "atendente2", "name": "Bruno Reis"}
NOT_THERE = 9_000_000
ODD_MOMENTS = (
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "2020-01-01T00:00:00-23:59",
    "2020-01-01T00:00:00",
    "2020-13-01T00:00:00Z",
)


def position(text: str) -> str:
    return b64encode(urlencode({"p": text}).encode()).decode()


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def one(conversation: Conversation, *rest: str) -> str:
    return f"{CONVERSATIONS}{conversation.pk}/" + "".join(f"{part}/" for part in rest)


def crowd(size: int) -> list[int]:
    """Waiting conversations of as many people, oldest first."""
    return [waiting(who=f"55419777{number:05d}").pk for number in range(size)]


def test_a_conversation_has_the_shape_of_the_contract(rest: As) -> None:
    conversation = served(kind=ChannelKind.WHATSAPP)
    found = rest("atendente").get(one(conversation)).json()
    assert set(found) == {
        "id", "status", "channel", "identity", "contact", "classification", "agent",
        "last_message_at", "unread_count", "window_closes_at", "trace",
    }  # fmt: skip
    assert found["channel"] == {
        "id": conversation.identity.channel_id,
        "kind": "whatsapp",
        "line": "5541999990000",
    }
    assert found["identity"] == {"external_id": CUSTOMER, "name": "Maria Souza"}
    assert found["contact"]["anonymous"] is True
    assert found["classification"] == {"code": human().code, "description": "WhatsApp"}
    assert found["agent"] == {"username": "atendente", "name": "Ana Lima"}
    assert set(found["trace"][0]) == {"at", "what", "why"}
    assert found["last_message_at"].endswith(("-03:00", "Z", "+00:00"))
    assert rest("atendente").get(CONVERSATIONS).json()["results"] == [found]


def test_what_there_is_none_of_is_null(rest: As) -> None:
    silence("CLASS_CHAT_BOT")
    found = rest("supervisor").get(one(writes(kind=ChannelKind.TELEGRAM))).json()
    assert (found["classification"], found["agent"], found["window_closes_at"]) == (None,) * 3


def test_the_list_is_by_newest_activity_with_closed_ones_too(rest: As) -> None:
    first, second = crowd(2)
    old = IN_STATE["closed"]().pk
    waiting(who="5541977700000")
    supervisor = rest("supervisor")
    assert ids(supervisor.get(CONVERSATIONS)) == [first, old, second]
    assert ids(supervisor.get(CONVERSATIONS, status="closed")) == [old]
    assert ids(supervisor.get(CONVERSATIONS, status="waiting")) == [first, second]
    assert ids(supervisor.get(CONVERSATIONS, status="active")) == []


def test_filters_by_classification_and_agent(rest: As) -> None:
    mine, other = served(), served("atendente2", who="5541977776666")
    supervisor = rest("supervisor")
    assert ids(supervisor.get(CONVERSATIONS, agent="atendente2")) == [other.pk]
    assert ids(supervisor.get(CONVERSATIONS, agent="nobody")) == []
    assert ids(supervisor.get(CONVERSATIONS, classification=human().code)) == [other.pk, mine.pk]
    assert ids(supervisor.get(CONVERSATIONS, classification=NOT_THERE)) == []


@pytest.mark.parametrize(
    "q",
    [
        "5541988887777",
        "+55 (41) 98888-7777",
        "+5541988887777",
        " 55 41 98888 7777 ",
        "souza",
        "MARIA",
    ],
)
def test_q_finds_the_name_and_the_exact_id_however_a_phone_is_written(rest: As, q: str) -> None:
    conversation = waiting()
    waiting(who="5541988887778", name="Outra Pessoa")
    assert ids(rest("atendente").get(CONVERSATIONS, q=q)) == [conversation.pk]


@pytest.mark.parametrize("q", ["554198888777", "%", "_", "' OR 1=1--", "\\", "98888-7777"])
def test_IN1_q_is_no_pattern_and_no_part_of_an_id(rest: As, q: str) -> None:
    waiting()
    assert ids(rest("atendente").get(CONVERSATIONS, q=q)) == []


@pytest.mark.parametrize(
    "query",
    [
        {"status": "open"},
        {"status": "CLOSED"},
        {"classification": "um"},
        {"classification": "0"},
        {"classification": "9" * 30},
        {"agent": "a" * 151},
        {"agent": "a\x00"},
        {"q": "x" * 201},
        {"q": "\x00"},
    ],
)
def test_IN1_an_illegal_filter_is_400_and_names_its_field(rest: As, query: dict[str, str]) -> None:
    answer = rest("supervisor").get(CONVERSATIONS, **query)
    assert answer.status_code == 400
    assert list(answer.json()) == list(query)


class TestPages:
    """Lists by cursor."""

    def test_fifty_a_page_unless_told_and_never_more_than_two_hundred(self, rest: As) -> None:
        conversation = waiting()
        for _ in range(4):
            template = Conversation.objects.get(pk=conversation.pk)
            rows = [clone(template, number) for number in range(52)]
            Conversation.objects.bulk_create(rows)
        supervisor = rest("supervisor")
        sizes = {None: 50, 1: 1, 7: 7, 200: 200, 201: 200, 100_000: 200, 0: 50, -1: 50, "x": 50}
        for asked, given in sizes.items():
            query = {} if asked is None else {"page_size": asked}
            assert len(ids(supervisor.get(CONVERSATIONS, **query))) == given

    def test_following_next_shows_every_row_once_and_previous_leads_back(self, rest: As) -> None:
        made = crowd(5)
        supervisor = rest("supervisor")
        page = supervisor.get(CONVERSATIONS, page_size=2)
        assert set(page.json()) == {"next", "previous", "results"}
        assert page.json()["previous"] is None
        seen = ids(page)
        while page.json()["next"]:
            page = supervisor.get(page.json()["next"])
            seen += ids(page)
        assert seen == made[::-1]
        assert ids(supervisor.get(page.json()["previous"])) == seen[2:4]

    @pytest.mark.parametrize(
        "address",
        [CONVERSATIONS, "/api/v1/contacts/", "/api/v1/events/", "messages"],
    )
    @pytest.mark.parametrize(
        "cursor",
        ["x", "cD1hYmM=", "cD0lMDA=", "bz0tMQ==", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5"]
        + [position(moment) for moment in ODD_MOMENTS],
    )
    def test_IN1_a_cursor_nobody_gave_out_is_never_an_error_of_ours(
        self, rest: As, address: str, cursor: str
    ) -> None:
        conversation = waiting()
        address = one(conversation, "messages") if address == "messages" else address
        answer = rest("supervisor").get(address, cursor=cursor)
        assert answer.status_code in (200, 404)


def clone(template: Conversation, number: int) -> Conversation:
    """A closed one like it: many rows without many webhooks."""
    return Conversation(
        identity_id=template.identity_id,
        contact_id=template.contact_id,
        status="closed",
        opened_at=template.opened_at,
        last_message_at=template.last_message_at,
    )


class TestInvisible:
    """What somebody may not see is not there: in lists, by id, and for every action."""

    ACTIONS = (
        ("get", ()),
        ("get", ("messages",)),
        ("post", ("messages",)),
        ("post", ("assume",)),
        ("post", ("close",)),
    )

    @pytest.mark.parametrize(("method", "action"), ACTIONS)
    @pytest.mark.parametrize("state", ["bot", "waiting", "active", "on_hold", "closed"])
    def test_ID1_to_an_agent_of_another_classification_nothing_is_there(
        self, rest: As, state: str, method: str, action: tuple[str, ...]
    ) -> None:
        conversation = IN_STATE[state]()
        colleague("estranha")
        before = (Conversation.objects.values().get(), sent(conversation))
        client = rest("estranha")
        body = ({"text": "Oi", "client_id": "x"},) if method == "post" else ()
        answer = getattr(client, method)(one(conversation, *action), *body)
        missing = getattr(client, method)(
            f"{CONVERSATIONS}{NOT_THERE}/" + "".join(f"{a}/" for a in action), *body
        )
        assert (answer.status_code, answer.json()) == (404, missing.json())
        assert missing.status_code == 404
        assert (Conversation.objects.values().get(), sent(conversation)) == before
        for query in ({}, {"q": "Maria"}, {"q": CUSTOMER}, {"status": state}):
            assert ids(client.get(CONVERSATIONS, **query)) == []

    @pytest.mark.parametrize(
        ("state", "seen"),
        [
            ("bot", False),
            ("waiting", True),
            ("active", False),
            ("on_hold", False),
            ("closed", False),
        ],
    )
    def test_a_member_sees_the_waiting_and_their_own(
        self, rest: As, state: str, seen: bool
    ) -> None:
        conversation = IN_STATE[state]()
        expected = [conversation.pk] if seen else []
        assert ids(rest("atendente2").get(CONVERSATIONS)) == expected
        assert rest("atendente2").get(one(conversation)).status_code == (200 if seen else 404)

    @pytest.mark.parametrize("state", ["waiting", "active", "on_hold", "closed"])
    def test_the_mark_shows_all_of_its_classification_and_no_other(
        self, rest: As, state: str
    ) -> None:
        conversation = IN_STATE[state]()
        colleague("marcada", marked=True, of=human())
        other = Classification.objects.create(description="Outra", kind="human")
        colleague("marcada em outra", marked=True, of=other)
        assert ids(rest("marcada").get(CONVERSATIONS)) == [conversation.pk]
        assert ids(rest("marcada em outra").get(CONVERSATIONS)) == []

    def test_AZ5_who_left_the_classification_sees_its_queue_no_more(self, rest: As) -> None:
        conversation = waiting()
        client = rest("atendente")
        assert ids(client.get(CONVERSATIONS)) == [conversation.pk]
        person("atendente").memberships.all().delete()
        assert ids(client.get(CONVERSATIONS)) == []
        assert client.post(one(conversation, "assume")).status_code == 404


@pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 30])
def test_an_id_of_any_length_that_nothing_has_is_404(rest: As, number: str) -> None:
    assert rest("supervisor").get(f"{CONVERSATIONS}{number}/").status_code == 404


class TestActions:
    def test_assume_answers_with_the_conversation(self, rest: As) -> None:
        conversation = waiting()
        answer = rest("atendente").post(one(conversation, "assume"))
        assert answer.status_code == 200
        assert answer.json()["status"] == "active"
        assert answer.json()["agent"]["username"] == "atendente"
        assert answer.json()["unread_count"] == 0

    @pytest.mark.parametrize("make", [served, held])
    def test_a_lost_race_is_409_naming_the_owner_also_out_of_the_list(
        self, rest: As, make: Any
    ) -> None:
        conversation = make("atendente2")
        for username in ("atendente", "supervisor"):
            answer = rest(username).post(one(conversation, "assume"))
            assert answer.status_code == 409
            assert set(answer.json()) == {"detail", "status", "agent"}
            assert answer.json()["status"] == conversation.status
            assert answer.json()["agent"] == BRUNO
            assert "Bruno Reis" in answer.json()["detail"]

    def test_in_bot_there_is_no_owner_to_name(self, rest: As) -> None:
        conversation = writes()
        for action in ("assume", "messages"):
            answer = rest("supervisor").post(
                one(conversation, action), {"text": "Oi", "client_id": "x"}
            )
            assert answer.status_code == 409
            assert (answer.json()["status"], answer.json()["agent"]) == ("bot", None)

    def test_AZ8_who_sees_it_but_is_no_agent_of_it_is_403(self, rest: As) -> None:
        conversation = waiting()
        for action in ("assume", "messages"):
            answer = rest("supervisor").post(
                one(conversation, action), {"text": "Oi", "client_id": "x"}
            )
            assert (answer.status_code, list(answer.json())) == (403, ["detail"])
        assert Conversation.objects.get().status == "waiting"

    @pytest.mark.parametrize("username", ["atendente", "supervisor", "admin"])
    def test_the_owner_and_supervisors_close(self, rest: As, username: str) -> None:
        answer = rest(username).post(one(served(), "close"))
        assert (answer.status_code, answer.json()["status"]) == (200, "closed")

    def test_closing_twice_is_409(self, rest: As) -> None:
        conversation = served()
        client = rest("atendente")
        client.post(one(conversation, "close"))
        answer = client.post(one(conversation, "close"))
        assert answer.status_code == 409
        assert set(answer.json()) == {"detail", "status", "agent"}
        assert answer.json()["status"] == "closed"

    def test_a_waiting_one_is_assumed_before_it_is_closed(self, rest: As) -> None:
        answer = rest("atendente").post(one(waiting(), "close"))
        assert answer.status_code == 403
        assert Conversation.objects.get().status == "waiting"
