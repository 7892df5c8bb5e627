"""People who do one thing at one moment: run inside an installation, ends badly if they err."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import django
from django.db import connections

from tests.stack import Stack

ROUNDS, PEOPLE = 8 if os.environ.get("FULL", "") not in ("", "0") else 4, 4


def run(profile: str, scene: str) -> None:
    """Have a scene of this module played on an installation of its own."""
    stack = Stack(profile, runs=False)
    stack.env["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    stack.env["FULL"] = os.environ.get("FULL", "")
    with stack:
        stack.run("scene", "-m", "tests.together", scene, seconds=180)


def inserir() -> None:
    """One form sent several times at once is one record, and everybody is led to it."""
    for number in range(ROUNDS):
        people = [_browser() for _ in range(PEOPLE)]
        add = "/supervisor/chat/classificacao/incluir/"
        page = people[0].get(add).content.decode()
        token = re.findall(r'name="submission" value="([^"]+)"', page)[0]
        fields = {"description": f"Vendas {number}", "kind": "human", "active": "on"}
        body = {**fields, "submission": token}
        answers = _together(people, lambda one, at=add, body=body: one.post(at, body))
        made = Classification.objects.get(description=f"Vendas {number}")
        expected = [(302, f"/supervisor/chat/classificacao/ver,{made.pk}")] * PEOPLE
        assert [(one.status_code, one.headers.get("Location")) for one in answers] == expected
        assert AuditEntry.objects.filter(about__contains=f"Vendas {number}").count() == 1


def first_put() -> None:
    """Of several first PUTs of one detail, one makes it and the others change it."""
    for number in range(ROUNDS):
        # Every other round the parameter and its user are not there yet either.
        parameter = "ISOCHATBOT" if number % 2 else f"OUTRO{number}"
        user = "ISOPADRAO" if number % 2 else "FULANO"
        address = f"/api/v1/parameters/{parameter}/users/{user}/details/NOVA{number}/"
        people = [_program() for _ in range(PEOPLE)]
        body = {"answer": "a", "note": "b"}
        answers = _together(
            people, lambda one, at=address, body=body: one.put(at, body, format="json")
        )
        told = sorted(one.status_code for one in answers)
        assert told == [200] * (PEOPLE - 1) + [201], told
        assert Detail.objects.filter(question=f"NOVA{number}").count() == 1
        about = f"{parameter} › {user} › NOVA{number}"
        assert AuditEntry.objects.filter(about=about, what="added").count() == 1


def two_forms() -> None:
    """People whose first messages name them by two forms of one number at once are one person."""
    line = Line("botmaker", ChannelKind.WHATSAPP, Channel.objects.get(kind="whatsapp").line)
    for number in range(ROUNDS):
        forms = [f"5541{ninth}8888{number:04d}" for ninth in ("", "9", "", "9")]
        messages = [
            InboundMessage(line, f"in-{number}-{at}", form, "", "Oi", None)
            for at, form in enumerate(forms)
        ]
        assert set(_together(messages, receive)) == {Applied()}
        person = IdentityAlias.objects.get(external_id=forms[1]).identity
        assert Identity.objects.filter(external_id__in=forms).get() == person
        assert person.conversations.get().messages.filter(direction="in").count() == len(forms)


def new_number() -> None:
    """Who answers while their customer changes number is not refused, and writes to the new one."""
    line = Line("botmaker", ChannelKind.WHATSAPP, Channel.objects.get(kind="whatsapp").line)
    agent = User.objects.get(username="atendente")
    for number, says_so in enumerate([True, False] * (ROUNDS // 2)):
        bound, old, new = f"BR.{number}", f"55419888810{number:02d}", f"55419888820{number:02d}"
        event = InboundMessage(line, f"in-{number}", old, "", "atendente", None, aliases=(bound,))
        assert receive(event) == Applied()
        conversation = Message.objects.get(external_id=event.external_id).conversation
        messages.assume(conversation.pk, by=agent)
        moves = (
            PersonMoved(line, f"moved-{number}", (old,), (new,))
            if says_so
            else replace(event, external_id=f"then-{number}", contact_id=new)
        )
        answering = threading.Event()

        def answer(held: Conversation = conversation, begun: threading.Event = answering) -> bool:
            with conversations.changing(held.pk) as current:
                messages.send(current, "Um momento", author=Author.AGENT, agent=agent)
                begun.set()
                time.sleep(0.3)  # until the other waits for this
            return True

        def move(event: Any = moves, begun: threading.Event = answering) -> bool:
            begun.wait(60)
            return receive(event) == Applied()

        assert _together([answer, move], lambda act: act()) == [True, True]
        stream = Delivery.objects.filter(stream=conversation.identity.stream)
        assert set(stream.values_list("recipient", flat=True)) == {new}, says_so


def search() -> None:
    """Of several who find one new channel, one makes it; two of a kind get keys of their own."""
    for number in range(ROUNDS):
        lines = tuple(
            ReportedLine(ChannelKind.MESSENGER, "", f"{number}-{part}", True) for part in range(2)
        )
        known = Channel.objects.filter(kind="messenger").values_list("line", flat=True)
        held = tuple(ReportedLine(ChannelKind.MESSENGER, "", line, True) for line in known)
        event = LinesReported("botmaker", (*held, *lines))
        # Half of them see the new lines the other way round, and so meet in the middle.
        events = [event, LinesReported("botmaker", event.lines[::-1])] * (PEOPLE // 2)
        found = _together(events, discovery.apply)
        made = sorted(line.number for one in found for line in one.made)
        assert made == sorted(line.number for line in lines), made
        assert Channel.objects.filter(kind="messenger", line__startswith=f"{number}-").count() == 2


def guess() -> None:
    """Of wrong passwords typed at one moment no more are looked at than one after the other."""
    form = {"username": "atendente", "password": "not-the-password-1"}
    _fifty([Client() for _ in range(10)], "/entrar/", form)


def guess_the_old_one() -> None:
    """So it is with the old password, wherever a session was left open."""
    new = "another-password-1"
    form = {"old_password": "not-the-password-1", "new_password1": new, "new_password2": new}
    _fifty([_browser("atendente") for _ in range(10)], "/perfil/senha/", form)


def _fifty(people: list[Client], door: str, form: dict[str, str]) -> None:
    answers = [one for _ in range(5) for one in _together(people, lambda c: c.post(door, form))]
    told = sorted(answer.status_code for answer in answers)
    assert told == [200] * PER_NAME_AT_PLACE + [429] * (50 - PER_NAME_AT_PLACE), told


def _together(people: list[Any], act: Callable[[Any], Any]) -> list[Any]:
    barrier, answers = threading.Barrier(len(people), timeout=60), []

    def one(person: Any) -> None:
        barrier.wait()
        answers.append(act(person))
        connections.close_all()

    threads = [threading.Thread(target=one, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == len(people), "everybody got an answer"
    return answers


def _browser(username: str = "supervisor") -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(username=username))
    return client


def _program() -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(User.objects.get(username="supervisor"))
    return client


if __name__ == "__main__":
    django.setup()

from django.contrib.auth.models import User  # noqa: E402 - models exist once Django is set up
from django.test import Client  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

from chat.models import (  # noqa: E402
    AuditEntry,
    Channel,
    Classification,
    Conversation,
    Identity,
    IdentityAlias,
    Message,
)
from chat.models.message import Author  # noqa: E402
from chat.services import conversations, discovery, messages  # noqa: E402
from chat.services.intake import receive  # noqa: E402
from isobot.signin import PER_NAME_AT_PLACE  # noqa: E402
from parameters.models import Detail  # noqa: E402
from provider.accounts import LinesReported, ReportedLine  # noqa: E402
from provider.contracts import (  # noqa: E402
    Applied,
    ChannelKind,
    InboundMessage,
    Line,
    PersonMoved,
)
from provider.models import Delivery  # noqa: E402

if __name__ == "__main__":
    globals()[sys.argv[1]]()
