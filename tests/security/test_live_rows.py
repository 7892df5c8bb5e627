"""LV: the live stream: who gets one, what it says, and how many there may be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.utils import timezone

from chat import live, permissions
from chat.models import Conversation, Membership
from chat.services import access, desk
from chat.views import events
from isobot import readers
from tests.chat.conftest import IN_STATE, colleague, human, person, served

STREAM = "/omnichannel/eventos/"
T = TypeVar("T")


def run(scenario: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """In a thread of its own: browser tests leave a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(scenario())).result()


@pytest.fixture
def ana(house: None) -> Client:
    client = Client()
    client.force_login(person("atendente"))
    return client


def status(client: Client, query: str = "", **headers: str) -> int:
    answer = client.get(STREAM + query, headers=headers)
    return int(answer.status_code)


def now_allowed(client: Client, query: str = "") -> events.Allowed | None:
    """What a stream that is open hears of at its next look."""
    request = RequestFactory().get(STREAM + query)
    request.session = client.session
    found: events.Allowed | None = events._looked_up(request)
    return found


def test_LV1_no_session_no_stream(house: None) -> None:
    token = access.issue(person("atendente"))
    assert status(Client()) == 401
    for query in (f"?token={token}", f"?Authorization=Token+{token}", "?sessionid=x"):
        assert status(Client(), query) == 401
    assert status(Client(), Authorization=f"Token {token}") == 401
    forged = Client()
    forged.cookies["sessionid"] = "x" * 32
    assert status(forged) == 401


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://testserver.evil.example", "http://[", "x", ""],
)
def test_LV1_no_stream_for_another_site(ana: Client, origin: str) -> None:
    assert status(ana, Origin=origin) == 403
    assert status(ana, Origin="http://testserver") == 200


def test_LV1_no_stream_after_the_session_ended(ana: Client) -> None:
    assert now_allowed(ana) is not None
    with time_machine.travel(timezone.now() + timedelta(hours=13)):
        assert status(ana) == 401
        assert now_allowed(ana) is None


@pytest.mark.parametrize(
    "query",
    ["?topics=all", "?topics=*", "?conversation=1&conversation=2", "?user=1", "?ids[]=1", "?%00=1"],
)
def test_LV2_nobody_chooses_what_to_hear(ana: Client, query: str) -> None:
    assert status(ana, query) == 200
    allowed = now_allowed(ana, query)
    assert allowed is not None
    user = person("atendente")
    codes = user.memberships.values_list("classification_id", flat=True)
    assert allowed.topics == {f"user:{user.pk}", *(f"classification:{code}" for code in codes)}


def lost_rights() -> list[Callable[[], Any]]:
    return [
        lambda: Membership.objects.filter(user__username="atendente").delete(),
        lambda: User.objects.filter(username="atendente").update(is_active=False),
        lambda: access.end_sessions(person("atendente")),
    ]


@pytest.mark.parametrize("lose", lost_rights(), ids=["membership", "disabled", "session"])
def test_LV2_what_was_lost_is_not_heard_at_the_next_look(ana: Client, lose: Any) -> None:
    topic = f"classification:{human().pk}"
    before = now_allowed(ana)
    assert before is not None and topic in before.topics
    lose()
    after = now_allowed(ana)
    assert after is None or topic not in after.topics
    assert events.RIGHTS_SECONDS < 5


@pytest.mark.parametrize("is_busy", [True, False], ids=["busy", "quiet"])
def test_LV2_an_open_stream_looks_again_busy_or_not(
    monkeypatch: pytest.MonkeyPatch, is_busy: bool
) -> None:
    monkeypatch.setattr(events, "RIGHTS_SECONDS", 0.05)
    looks = iter([events.Allowed(1, frozenset({"user:1"})), None])

    async def allowed(_: Any) -> Any:
        return next(looks)

    monkeypatch.setattr(events, "_allowed", allowed)

    async def scenario() -> tuple[frozenset[str], bool]:
        listener = live.Listener(frozenset({"all"}), asyncio.get_running_loop(), user=1)
        topics = listener.topics

        async def read() -> None:
            async for _line in events._written(None, listener):  # type: ignore[arg-type]
                if is_busy:
                    listener.give(live.News(1, 1, frozenset({"all"})))
                    await asyncio.sleep(0.02)

        async with asyncio.timeout(5):
            await read()
        assert topics != listener.topics
        return listener.topics, listener in live.hub._listeners

    assert run(scenario) == (frozenset({"user:1"}), False)


def test_LV2_a_screen_whose_rights_changed_is_told_to_look_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events, "RIGHTS_SECONDS", 0.05)
    looks = iter([events.Allowed(1, frozenset({"user:1"})), None])

    async def allowed(_: Any) -> Any:
        return next(looks)

    monkeypatch.setattr(events, "_allowed", allowed)

    async def scenario() -> list[bytes]:
        listener = live.Listener(frozenset({"all"}), asyncio.get_running_loop(), user=1)
        async with asyncio.timeout(5):
            return [line async for line in events._written(None, listener)]  # type: ignore[arg-type]

    assert sum(b"ready" in line for line in run(scenario)) == 2


@pytest.mark.parametrize(
    "value", ["", "x", "-1", "9" * 5000, "1.5", "ação", "<script>", "' OR 1=1", "%00", "null"]
)
def test_LV3_a_place_to_go_on_from_that_is_none(ana: Client, value: str) -> None:
    told = {"Last-Event-ID": value, "X-Anything": "y" * 30_000}
    assert status(ana, "?since=" + "z" * 2000, **told) == 200
    assert status(Client(), **told) == 401
    for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "XYZ"):
        refused = ana.generic(method, STREAM, b"{", content_type="application/json")
        assert (refused.status_code, refused.content) == (405, b"")


@pytest.mark.parametrize("who", ["atendente", "marked", "stranger", "supervisor", "admin"])
def test_LV4_a_stream_names_what_its_reader_may_fetch_and_nothing_of_it(
    house: None, who: str
) -> None:
    colleague("stranger")
    colleague("marked", marked=True, of=human())
    for number, make in enumerate(IN_STATE.values()):
        make(who=f"55419777766{number:02d}")
    user = person(who)
    topics = events._topics(user)
    fetched = set(permissions.visible_conversations(user).values_list("pk", flat=True))
    for conversation in Conversation.objects.all():
        heard = bool(topics & live.topics_of(conversation))
        # Who may fetch it hears of it; who hears of it without, as of one a colleague took,
        # learns its number and that something happened.
        assert heard or conversation.pk not in fetched
        if not Membership.objects.filter(user=user).exists() or who == "stranger":
            assert heard == (conversation.pk in fetched)
    line = events._line(live.News(7, 3, frozenset({"all"})))
    assert line == b'event: news\ndata: {"conversation": 7, "version": 3}\n\n'


def test_LV5_one_person_has_so_many_streams_and_no_more(
    ana: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "hub", live.Hub())
    me, other = person("atendente").pk, person("atendente2").pk
    loop: Any = object()
    for _ in range(live.MAX_SCREENS):
        assert live.hub.add(live.Listener(frozenset(), loop, user=me))
    refused = ana.get(STREAM)
    assert (refused.status_code, refused.headers["Content-Type"][:10]) == (429, "text/plain")
    assert refused.content, "it says what to do"
    last = live.Listener(frozenset(), loop, user=me)
    assert not live.hub.add(last)
    assert live.hub.add(live.Listener(frozenset(), loop, user=other))
    live.hub.remove(next(iter(one for one in live.hub._listeners if one.user == me)))
    assert status(ana) == 200
    assert live.hub.add(last)


def test_LV5_who_opens_many_at_one_moment_gets_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "hub", live.Hub())

    async def scenario() -> int:
        loop = asyncio.get_running_loop()
        streams = [
            events._written(None, live.Listener(frozenset(), loop, user=1))  # type: ignore[arg-type]
            for _ in range(live.MAX_SCREENS + 5)
        ]
        begun = 0
        for stream in streams:
            begun += [line async for line in _first(stream)] != []
        return begun

    async def _first(stream: Any) -> Any:
        async for line in stream:
            yield line
            return

    held: list[Any] = []
    monkeypatch.setattr(live.Hub, "remove", lambda _hub, listener: held.append(listener))
    assert run(scenario) == live.MAX_SCREENS


def test_LV5_five_hundred_idle_streams_keep_nobody_from_the_news() -> None:
    async def scenario() -> list[int]:
        hub, loop = live.Hub(), asyncio.get_running_loop()
        idle = [live.Listener(frozenset({"all"}), loop, user=n) for n in range(500)]
        for listener in idle:
            hub.add(listener)
        for version in range(live.MAX_WAITING_NEWS + 50):
            hub.publish(live.News(1, version, frozenset({"all"})))
        await asyncio.sleep(0.05)
        assert all(listener.lagging for listener in idle)
        return [listener.queue.qsize() for listener in idle]

    assert set(run(scenario)) == {live.MAX_WAITING_NEWS}


def test_LV5_a_reader_who_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "PATIENCE", 0.05)
    sent: list[str] = []

    async def answers(_scope: Any, _receive: Any, send: Any) -> None:
        try:
            for _ in range(5):
                await send({"type": "http.response.body"})
        finally:
            sent.append("closed")

    async def scenario() -> None:
        async def send(_message: Any) -> None:
            sent.append("piece")
            if len(sent) == 2:
                await asyncio.Event().wait()

        async def receive() -> Any:
            return {"type": "http.request"}

        async with asyncio.timeout(5):
            await readers.given_up(answers)({"type": "http"}, receive, send)

    run(scenario)
    assert sent == ["piece", "piece", "closed"]


def test_ID7_an_old_stream_hears_nothing_more_of_what_was_transferred(house: None) -> None:
    other = colleague("estranha")
    conversation = served("atendente")
    classification = other.memberships.get().classification
    desk.transfer(conversation.pk, by=person("atendente"), classification=classification.pk)
    conversation.refresh_from_db()
    assert not events._topics(person("atendente")) & live.topics_of(conversation)
    assert events._topics(other) & live.topics_of(conversation)
    ana = Client()
    ana.force_login(person("atendente"))
    page = ana.get("/omnichannel/lista/", {"q": "Maria"}).content.decode()
    assert "Maria Souza" not in page
    program = Client(HTTP_AUTHORIZATION=f"Token {access.issue(person('atendente'))}")
    assert program.get("/api/v1/conversations/", {"q": "Maria"}).json()["results"] == []
    assert program.get(f"/api/v1/conversations/{conversation.pk}/messages/").status_code == 404
