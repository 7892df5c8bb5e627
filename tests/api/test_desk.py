"""Transfer, hold, resume and link by program: answers and refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chat.models import Classification, Contact, Conversation
from chat.services import desk, messages
from tests.api.conftest import CONVERSATIONS, As
from tests.chat.conftest import IN_STATE, colleague, held, human, person, sent, served, waiting

BRUNO = {"username": "atendente2", "name": "Bruno Reis"}
ANA = {"username": "atendente", "name": "Ana Lima"}


def at(conversation: Conversation, verb: str) -> str:
    return f"{CONVERSATIONS}{conversation.pk}/{verb}/"


def test_transfer_to_an_agent_answers_with_the_conversation(rest: As) -> None:
    body = {"agent": "atendente2", "note": "Cliente antigo"}
    conversation = served()
    answer = rest("atendente").post(at(conversation, "transfer"), body)
    assert answer.status_code == 200
    found = answer.json()
    assert (found["status"], found["agent"]) == ("active", BRUNO)
    assert "Cliente antigo" in found["trace"][-1]["why"]
    assert not [text for text in sent(conversation) if "Cliente antigo" in text]


def test_transfer_out_of_ones_own_sight_still_answers(rest: As) -> None:
    other = Classification.objects.create(description="Vendas", kind="human")
    conversation = served()
    answer = rest("atendente").post(at(conversation, "transfer"), {"classification": other.pk})
    assert answer.status_code == 200
    assert answer.json()["classification"] == {"code": other.pk, "description": "Vendas"}
    assert rest("atendente").get(f"{CONVERSATIONS}{conversation.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "classification"),
        ({"agent": None, "classification": None}, "classification"),
        ({"agent": "atendente2", "classification": 1}, "classification"),
        ({"agent": "atendente"}, "agent"),
        ({"agent": "supervisor"}, "agent"),
        ({"agent": "x" * 151}, "agent"),
        ({"agent": "a\x00"}, "agent"),
        ({"agent": ["atendente2"]}, "agent"),
        ({"classification": 0}, "classification"),
        ({"classification": "um"}, "classification"),
        ({"classification": 2**70}, "classification"),
        ({"classification": 9_000_000}, "classification"),
        ({"agent": "atendente2", "note": "x" * 501}, "note"),
        ({"agent": "atendente2", "note": "\x00"}, "note"),
        ({"agent": "atendente2", "note": None}, "note"),
        ([], "non_field_errors"),
    ],
)
def test_a_bad_target_is_400_and_names_its_field(rest: As, body: Any, field: str) -> None:
    conversation = served()
    answer = rest("atendente").post(at(conversation, "transfer"), body)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert Conversation.objects.get(pk=conversation.pk).agent is not None


@pytest.mark.parametrize("status", ["bot", "closed"])
@pytest.mark.parametrize("verb", ["transfer", "hold", "resume"])
def test_from_bot_and_closed_it_is_409_with_the_state(rest: As, verb: str, status: str) -> None:
    conversation = IN_STATE[status]()
    body = {"agent": "atendente2"} if verb == "transfer" else None
    answer = rest("supervisor").post(at(conversation, verb), body)
    assert answer.status_code == 409
    assert (answer.json()["status"], set(answer.json())) == (status, {"detail", "status", "agent"})


def test_hold_and_resume(rest: As) -> None:
    conversation, ana = served(), rest("atendente")
    assert ana.post(at(conversation, "hold")).json()["status"] == "on_hold"
    again = ana.post(at(conversation, "hold"))
    assert (again.status_code, again.json()["agent"]) == (409, ANA)
    assert ana.post(at(conversation, "resume")).json()["status"] == "active"
    assert ana.post(at(conversation, "resume")).status_code == 409


@pytest.mark.parametrize("verb", ["transfer", "hold", "resume", "link"])
def test_who_sees_a_waiting_one_must_assume_it_first(rest: As, verb: str) -> None:
    contact = Contact.objects.create(name="Maria")
    bodies = {"transfer": {"agent": "atendente2"}, "link": {"contact": contact.pk}}
    answer = rest("atendente").post(at(waiting(), verb), bodies.get(verb))
    assert (answer.status_code, set(answer.json())) == (403, {"detail"})


@pytest.mark.parametrize("verb", ["transfer", "hold", "resume", "link"])
def test_what_somebody_does_not_see_is_not_there(rest: As, verb: str) -> None:
    colleague("de fora")
    address = at(held(), verb)
    assert rest("de fora").post(address, {}).status_code == 404
    # Who could have taken it is told who has it, instead of a transfer.
    told = rest("atendente2").post(address, {"agent": "atendente2"})
    assert told.status_code == (409 if verb == "transfer" else 404)
    assert rest(None).post(address, {}).status_code == 401


def test_the_marked_agent_reassigns_and_holds_what_others_have(rest: As) -> None:
    colleague("marcada", marked=True, of=human())
    conversation, marked = served(), rest("marcada")
    assert marked.post(at(conversation, "hold")).json()["agent"] == ANA
    answer = marked.post(at(conversation, "transfer"), {"agent": "marcada"})
    assert answer.json()["agent"]["username"] == "marcada"


def overtaken(
    monkeypatch: pytest.MonkeyPatch, service: Any, name: str, first: Callable[[], Any]
) -> None:
    """Have somebody else act after a request has looked, and before it writes."""
    act = getattr(service, name)

    def late(*args: Any, **options: Any) -> Any:
        monkeypatch.setattr(service, name, act)
        first()
        return act(*args, **options)

    monkeypatch.setattr(service, name, late)


class TestOvertaken:
    """Of several who act on one conversation at once, the others are told how it stands."""

    def test_a_transfer_after_one_to_an_agent(
        self, rest: As, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        conversation, silvia = served(), person("supervisor")
        overtaken(
            monkeypatch,
            desk,
            "transfer",
            lambda: desk.transfer(conversation.pk, by=silvia, agent="atendente2"),
        )
        answer = rest("atendente").post(at(conversation, "transfer"), {"agent": "atendente2"})
        assert (answer.status_code, answer.json()["agent"]) == (409, BRUNO)
        again = rest("atendente").post(at(conversation, "transfer"), {"agent": "atendente2"})
        assert (again.status_code, again.json()["agent"]) == (409, BRUNO)

    @pytest.mark.parametrize(
        ("service", "name"),
        [(desk, "transfer"), (desk, "hold"), (desk, "resume"), (messages, "close")],
    )
    def test_any_act_of_an_owner_after_a_transfer_to_a_queue(
        self, rest: As, monkeypatch: pytest.MonkeyPatch, service: Any, name: str
    ) -> None:
        other = Classification.objects.create(description="Vendas", kind="human")
        conversation, silvia, give = served(), person("supervisor"), desk.transfer
        overtaken(
            monkeypatch,
            service,
            name,
            lambda: give(conversation.pk, by=silvia, classification=other.pk),
        )
        body = {"agent": "atendente2"} if name == "transfer" else None
        answer = rest("atendente").post(at(conversation, name), body)
        expected = {
            "detail": "A conversa está aguardando um atendente.",
            "status": "waiting",
            "agent": None,
        }
        assert (answer.status_code, answer.json()) == (409, expected)

    @pytest.mark.parametrize(
        "path", ["/api/v1/conversations/{}/assume/", "/omnichannel/{}/assumir/"]
    )
    def test_an_assumption_after_a_transfer_to_a_queue(
        self, rest: As, monkeypatch: pytest.MonkeyPatch, path: str
    ) -> None:
        other = Classification.objects.create(description="Vendas", kind="human")
        conversation, silvia = waiting(), person("supervisor")
        overtaken(
            monkeypatch,
            messages,
            "assume",
            lambda: desk.transfer(conversation.pk, by=silvia, classification=other.pk),
        )
        ana = rest("atendente")
        ana.client.force_login(person("atendente"))
        answer = ana.post(path.format(conversation.pk))
        assert (answer.status_code, answer.json()["status"]) == (409, "waiting")


class TestLink:
    def test_link_and_undo(self, rest: As) -> None:
        contact = Contact.objects.create(name="Maria de Souza")
        conversation, ana = served(), rest("atendente")
        linked = ana.post(at(conversation, "link"), {"contact": contact.pk})
        expected = {"id": contact.pk, "name": "Maria de Souza", "anonymous": False}
        assert (linked.status_code, linked.json()["contact"]) == (200, expected)
        undone = ana.delete(at(conversation, "link"))
        assert (undone.status_code, undone.json()["contact"]["anonymous"]) == (200, True)
        assert ana.delete(at(conversation, "link")).status_code == 409

    @pytest.mark.parametrize("contact", [None, "", "x", 0, -1, 2**70, 9_000_000, [1]])
    def test_a_bad_contact_is_400(self, rest: As, contact: Any) -> None:
        answer = rest("atendente").post(at(served(), "link"), {"contact": contact})
        assert (answer.status_code, list(answer.json())) == (400, ["contact"])

    def test_the_anonymous_contact_is_nobody_to_link_to(self, rest: As) -> None:
        anonymous = Contact.objects.get(anonymous=True)
        answer = rest("atendente").post(at(served(), "link"), {"contact": anonymous.pk})
        assert answer.status_code == 400
