"""The agents' screen: its lists, an open conversation, and what an agent does in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from chat.models import Conversation, Message
from chat.services import messages
from provider.contracts import ChannelKind
from provider.models import Delivery
from tests.chat.conftest import (
    colleague,
    held,
    human,
    person,
    sent,
    served,
    waiting,
    writes,
)
from tests.conftest import CUSTOMER

LIST = "/omnichannel/lista/"
SCRIPT = "<script>alert(1)</script>"
As = Callable[[str], Client]


@pytest.fixture
def screen(house: None) -> As:
    """`screen("atendente")` is a browser with that login's session."""

    def browser(username: str) -> Client:
        client = Client()
        client.force_login(person(username))
        return client

    return browser


def rows(answer: Any) -> list[int]:
    assert answer.status_code == 200
    return [
        int(number)
        for number in re.findall(r'<li class="row-item[^>]*data-id="(\d+)"', text_of(answer))
    ]


def tabs(answer: Any) -> list[str]:
    return re.findall(r'data-tab="(\w+)"', text_of(answer))


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def at(conversation: Conversation, *parts: str) -> str:
    return f"/omnichannel/{conversation.pk}/" + "".join(f"{part}/" for part in parts)


def say(client: Client, conversation: Conversation, text: str, client_id: str = "one") -> Any:
    return client.post(at(conversation, "responder"), {"text": text, "client_id": client_id})


class TestList:
    @pytest.mark.parametrize(
        ("username", "expected"),
        [
            ("atendente", ["fila", "meus"]),
            ("marcada", ["fila", "meus", "todos"]),
            ("supervisor", ["fila", "meus", "bot", "todos"]),
            ("admin", ["fila", "meus", "bot", "todos"]),
        ],
    )
    def test_agents_have_no_bot_and_no_todos_unless_they_supervise(
        self, screen: As, username: str, expected: list[str]
    ) -> None:
        colleague("marcada", marked=True, of=human())
        for tab in ("", "bot", "todos", "x"):
            assert tabs(screen(username).get(LIST, {"tab": tab})) == expected

    def test_each_tab_shows_its_conversations(self, screen: As) -> None:
        numbers = (f"55419777{number:05d}" for number in range(9))
        bot, queue, old = (make(who=next(numbers)).pk for make in (writes, waiting, waiting))
        mine, hers = served(who=next(numbers)).pk, served("atendente2", who=next(numbers)).pk
        agent, supervisor = screen("atendente"), screen("supervisor")
        assert rows(agent.get(LIST)) == [queue, old], "longest waiting first"
        assert rows(agent.get(LIST, {"tab": "meus"})) == [mine]
        assert rows(agent.get(LIST, {"tab": "todos"})) == [queue, old]
        assert rows(agent.get(LIST, {"tab": "bot"})) == [queue, old]
        assert rows(supervisor.get(LIST, {"tab": "meus"})) == []
        assert rows(supervisor.get(LIST, {"tab": "bot"})) == [bot]
        assert rows(supervisor.get(LIST, {"tab": "todos"})) == [hers, mine, old, queue, bot]

    @pytest.mark.parametrize("q", ["maria", CUSTOMER, "+55 (41) 98888-7777"])
    def test_ID1_search_finds_only_what_the_agent_may_see(self, screen: As, q: str) -> None:
        conversation = served("atendente2")
        waiting(who="5541977776666", name="Outra")
        assert rows(screen("atendente").get(LIST, {"q": q})) == []
        assert rows(screen("atendente2").get(LIST, {"q": q})) == [conversation.pk]

    @pytest.mark.parametrize(
        "q", ["a\x00b", "%", "' OR 1=1--", "x" * 10_000, "\\", "\udcff"], ids=range(6)
    )
    def test_IN1_no_search_is_an_error(self, screen: As, q: str) -> None:
        waiting()
        query = {"q": q.encode("utf-8", "surrogatepass")}
        assert rows(screen("supervisor").get(LIST, query)) == []

    @pytest.mark.parametrize("tab", ["fila", "todos"])
    def test_a_longer_list_asks_the_database_no_more(
        self, screen: As, tab: str, django_assert_num_queries: Any
    ) -> None:
        client = screen("supervisor")
        self.crowd(3)
        few = count_queries(lambda: client.get(LIST, {"tab": tab}))
        self.crowd(30)
        with django_assert_num_queries(few):
            assert len(rows(client.get(LIST, {"tab": tab}))) == 30

    @staticmethod
    def crowd(size: int) -> None:
        for number in range(size):
            waiting(who=f"55419777{number:05d}")


def count_queries(action: Callable[[], Any]) -> int:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    with CaptureQueriesContext(connection) as queries:
        action()
    return len(queries)


class TestThread:
    def test_opening_assumes_nothing(self, screen: As) -> None:
        conversation = waiting()
        client = screen("atendente")
        for address in (at(conversation), f"/omnichannel/?c={conversation.pk}"):
            assert client.get(address).status_code == 200
        conversation.refresh_from_db()
        assert (conversation.status, conversation.agent) == ("waiting", None)
        assert conversation.unread_count == 1

    @pytest.mark.parametrize("c", ["x", "-1", "9" * 30, "9000000", "", "١"])
    def test_an_address_that_names_no_conversation_shows_the_lists(
        self, screen: As, c: str
    ) -> None:
        answer = screen("atendente").get("/omnichannel/", {"c": c})
        assert answer.status_code == 200
        assert 'id="thread"' not in text_of(answer)

    def test_the_page_does_not_open_what_is_not_visible(self, screen: As) -> None:
        conversation = served("atendente2", name="Maria Secreta")
        answer = screen("atendente").get("/omnichannel/", {"c": conversation.pk})
        assert "Maria Secreta" not in text_of(answer)

    def test_the_owner_who_opens_it_has_read_it(self, screen: As) -> None:
        conversation = served()
        writes("Ainda aí?")
        screen("supervisor").get(at(conversation))
        assert Conversation.objects.get().unread_count == 1
        screen("atendente").get(at(conversation))
        assert Conversation.objects.get().unread_count == 0

    @pytest.mark.parametrize("make", [waiting, served, held])
    def test_more_messages_ask_the_database_no_more(
        self, screen: As, make: Any, django_assert_num_queries: Any
    ) -> None:
        conversation = make()
        client = screen("atendente")
        client.get(at(conversation))
        few = count_queries(lambda: client.get(at(conversation, "mensagens")))
        for _ in range(30):
            writes("mais uma")
        with django_assert_num_queries(few):
            assert text_of(client.get(at(conversation, "mensagens"))).count("mais uma") == 30

    def test_XS1_text_from_outside_is_text_on_every_screen(self, screen: As) -> None:
        person_ = User.objects.get(username="atendente")
        person_.first_name = SCRIPT
        person_.save()
        type(human()).objects.filter(pk=human().pk).update(description=SCRIPT)
        conversation = served(name=SCRIPT)
        writes(f'{SCRIPT} "><svg onload=x> {{{{7*7}}}} javascript:alert(1)', name=SCRIPT)
        client = screen("atendente")
        say(client, conversation, f"</textarea>{SCRIPT}")
        for address in (
            f"/omnichannel/?c={conversation.pk}",
            f"{LIST}?tab=meus",
            f"{LIST}?q={SCRIPT}",
            at(conversation),
            at(conversation, "mensagens"),
        ):
            page = text_of(client.get(address))
            assert SCRIPT not in page
            assert "<svg onload" not in page
            assert "</textarea><script" not in page
            assert 'href="javascript' not in page
            assert "&lt;script&gt;" in page
        assert "{{7*7}}" in text_of(client.get(at(conversation)))


class TestNews:
    """What an open screen fetches again and again."""

    def news(
        self, client: Client, conversation: Conversation, since: object
    ) -> tuple[set[int], int]:
        answer = client.get(at(conversation, "mensagens"), {"since": since})
        found = {
            int(number) for number in re.findall(r'<li class="msg[^>]*id="m(\d+)"', text_of(answer))
        }
        return found, int(answer.headers["X-Conversation-Version"])

    def test_since_gives_only_what_is_new_or_changed(self, screen: As) -> None:
        conversation = served()
        client = screen("atendente")
        everything, version = self.news(client, conversation, 0)
        assert everything == set(Message.objects.values_list("pk", flat=True))
        assert self.news(client, conversation, version) == (set(), version)
        writes("Nova")
        new, later = self.news(client, conversation, version)
        assert new == {Message.objects.latest("id").pk}
        assert later > version
        assert self.news(client, conversation, later)[0] == set()

    def test_a_tick_that_changed_is_news(self, screen: As) -> None:
        conversation = served()
        client = screen("atendente")
        _all, version = self.news(client, conversation, 0)
        message = Message.objects.filter(author="system").get()
        fail(message)
        changed, later = self.news(client, conversation, version)
        assert changed == {message.pk}
        fail(message)
        assert self.news(client, conversation, later)[0] == set(), "a repeat is no news"

    @pytest.mark.parametrize("since", ["x", "-1", "", "9" * 30, "١"])
    def test_a_version_that_is_none_gives_everything(self, screen: As, since: str) -> None:
        conversation = served()
        assert len(self.news(screen("atendente"), conversation, since)[0]) == 3

    def test_AZ8_seen_reads_only_for_the_owner(self, screen: As) -> None:
        conversation = served()
        writes("Ainda aí?")
        for username, left in (("supervisor", 1), ("atendente", 0)):
            screen(username).get(at(conversation, "mensagens"), {"seen": "1"})
            assert Conversation.objects.get().unread_count == left


def fail(message: Message) -> None:
    from provider.contracts import Status, StatusUpdate  # noqa: PLC0415

    messages.apply_update(
        StatusUpdate(Status.FAILED, timezone.now(), "botmaker", reference=message.reference)
    )


class TestActions:
    def test_assume_shows_the_thread_as_the_owners(self, screen: As) -> None:
        conversation = waiting()
        answer = screen("atendente").post(at(conversation, "assumir"))
        assert answer.status_code == 200
        assert 'data-state="active:atendente:' in text_of(answer)

    @pytest.mark.parametrize("action", ["assumir", "responder"])
    def test_a_lost_race_is_json_naming_the_owner(self, screen: As, action: str) -> None:
        conversation = served("atendente2")
        answer = screen("atendente").post(at(conversation, action), {"text": "Oi"})
        assert answer.status_code == 409
        assert set(answer.json()) == {"detail", "status", "agent"}
        assert answer.json()["agent"]["username"] == "atendente2"

    def test_the_same_client_id_sends_once(self, screen: As) -> None:
        conversation = waiting()
        client = screen("atendente")
        for _ in range(3):
            answer = say(client, conversation, "Bom dia!")
            assert answer.status_code == 200
            assert "X-Conversation-Version" in answer.headers
            assert answer.headers["X-Conversation-Name"] == quote(conversation.display_name)
        assert sent(conversation).count("Bom dia!") == 1
        assert Delivery.objects.filter(text="Bom dia!").count() == 1
        assert say(client, conversation, "Boa tarde!").status_code == 409

    def test_line_ends_of_a_form_are_plain_ones(self, screen: As) -> None:
        conversation = served()
        say(screen("atendente"), conversation, "um\r\ndois\x00")
        assert sent(conversation)[-1] == "um\ndois"

    @pytest.mark.parametrize(
        "text", ["", "   ", "\r\n", "x" * 4097], ids=["none", "spaces", "lines", "too long"]
    )
    def test_a_text_that_cannot_be_sent_is_400_as_json_and_assumes_nothing(
        self, screen: As, text: str
    ) -> None:
        conversation = waiting()
        answer = say(screen("atendente"), conversation, text)
        assert (answer.status_code, list(answer.json())) == (400, ["text"])
        conversation.refresh_from_db()
        assert conversation.status == "waiting"

    @pytest.mark.parametrize("client_id", ["a\x00b", "x" * 300, ""], ids=["nul", "long", "none"])
    def test_no_client_id_is_an_error(self, screen: As, client_id: str) -> None:
        conversation = served()
        assert say(screen("atendente"), conversation, "Oi", client_id).status_code == 200
        assert sent(conversation)[-1] == "Oi"

    def test_after_the_window_the_refusal_says_so(self, screen: As) -> None:
        conversation = served()
        with time_machine.travel(timezone.now() + timedelta(hours=25)):
            answer = say(screen("atendente"), conversation, "Oi")
        assert (answer.status_code, answer.json()["cause"]) == (409, "window")

    @pytest.mark.parametrize("username", ["atendente", "supervisor"])
    def test_close_shows_the_closed_thread(self, screen: As, username: str) -> None:
        conversation = served()
        answer = screen(username).post(at(conversation, "encerrar"))
        assert answer.status_code == 200
        assert 'data-state="closed:' in text_of(answer)
        again = screen(username).post(at(conversation, "encerrar"))
        assert (again.status_code, again.json()["status"]) == (409, "closed")


class TestResend:
    def failed(self, conversation: Conversation) -> Message:
        message = conversation.messages.get(author="system")
        fail(message)
        return message

    def address(self, conversation: Conversation, message: Message) -> str:
        return at(conversation, "mensagens", str(message.pk), "reenviar")

    def test_the_owner_sends_a_failed_message_once_more(self, screen: As) -> None:
        conversation = served()
        message = self.failed(conversation)
        client = screen("atendente")
        assert client.post(self.address(conversation, message)).status_code == 200
        message.refresh_from_db()
        assert message.status == "queued"
        assert Delivery.objects.filter(text=message.text).count() == 2
        again = client.post(self.address(conversation, message))
        assert (again.status_code, set(again.json())) == (409, {"detail", "status", "agent"})
        assert Delivery.objects.filter(text=message.text).count() == 2

    def test_ID3_a_message_of_another_conversation_is_not_there(self, screen: As) -> None:
        mine = served()
        other = served(who="5541977776666", kind=ChannelKind.WHATSAPP)
        message = self.failed(other)
        answer = screen("atendente").post(self.address(mine, message))
        assert answer.status_code == 404
        message.refresh_from_db()
        assert message.status == "failed"


def test_anonymous_fragments_answer_json_and_the_page_leads_to_the_login(house: None) -> None:
    conversation = waiting()
    client = Client()
    for address in (LIST, at(conversation), at(conversation, "mensagens")):
        answer = client.get(address)
        assert answer.status_code == 401
        assert list(json.loads(answer.content)) == ["detail"]
    page = client.get("/omnichannel/", {"c": conversation.pk})
    assert page.status_code == 302
    assert page.headers["Location"].startswith("/entrar/?next=")
