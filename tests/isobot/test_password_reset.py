"""Esqueci a senha: one link, once, and the same answer whoever asks."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import timezone
from django.utils.http import urlsafe_base64_encode

from chat import permissions
from chat.models import ApiToken, Profile
from chat.services import access
from isobot import reset
from parameters.models import Detail
from tests.chat.conftest import person

NEW = "outra-senha-bem-longa-7"


@pytest.fixture(autouse=True)
def ana(house: None, monkeypatch: pytest.MonkeyPatch) -> User:
    monkeypatch.setattr(reset, "later", lambda message: message.send())
    ana = person("atendente")
    ana.email = "ana@example.com"
    ana.save()
    return ana


def ask(email: str = "ana@example.com", client: Client | None = None, **more: Any) -> Any:
    return (client or Client()).post("/entrar/esqueci/", {"email": email}, **more)


def link() -> str:
    (found,) = re.findall(r"https?://\S+", str(mail.outbox[-1].body))
    return str(found)


def path_of(address: str) -> str:
    return "/" + address.split("/", 3)[3]


def choose(address: str, password: str = NEW) -> Any:
    client = Client()
    form = client.get(path_of(address), follow=True)
    where = form.redirect_chain[-1][0] if form.redirect_chain else path_of(address)
    return client.post(where, {"new_password1": password, "new_password2": password})


def test_a_link_by_mail_gives_another_password_and_ends_everything_else(ana: User) -> None:
    before = Client()
    before.force_login(ana)
    access.issue(ana)
    assert ask().headers["Location"] == "/entrar/esqueci/enviado/"
    (message,) = mail.outbox
    assert message.to == ["ana@example.com"]
    assert message.from_email == "isobot@example.com"
    assert "escolha outra senha" in message.subject
    assert choose(link()).headers["Location"] == "/entrar/esqueci/pronto/"
    assert person("atendente").check_password(NEW)
    assert before.get("/perfil/").status_code == 302
    assert not ApiToken.objects.exists()


def test_LG5_a_link_works_once(ana: User) -> None:
    ask()
    address = link()
    choose(address)
    again = choose(address, "mais-uma-senha-longa-8")
    assert again.status_code == 200
    assert "não funciona mais" in again.content.decode()
    assert person("atendente").check_password(NEW)


def test_LG5_a_link_ends_after_two_hours(ana: User) -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        ask()
        clock.move_to(now + timedelta(hours=2, seconds=1))
        assert "não funciona mais" in choose(link()).content.decode()
        assert not person("atendente").check_password(NEW)
        ask()
        clock.move_to(now + timedelta(hours=4))
        assert choose(link()).headers["Location"] == "/entrar/esqueci/pronto/"


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.swapcase(),
        lambda path: path.upper(),
        lambda path: path.replace("-", "-%20"),
        lambda path: path[:-2] + "/",
        lambda path: path[:-1] + "%20/",
    ],
    ids=["other case", "upper case", "a space", "cut off", "a space at the end"],
)
def test_LG5_a_link_that_was_altered_is_refused(ana: User, change: Any) -> None:
    ask()
    _head, user, token, _end = path_of(link()).rsplit("/", 3)
    page = Client().get(f"/entrar/esqueci/{user}/{change(token + '/')}", follow=True)
    assert "não funciona mais" in page.content.decode()


def test_LG5_the_link_of_one_is_of_no_other(ana: User) -> None:
    ask()
    token = path_of(link()).rsplit("/", 2)[1]
    other = urlsafe_base64_encode(str(person("atendente2").pk).encode())
    page = Client().get(f"/entrar/esqueci/{other}/{token}/", follow=True)
    assert "não funciona mais" in page.content.decode()


def test_LG5_an_answer_names_no_link(ana: User) -> None:
    """Where it leads is taken out of the address, so that no page and no Referer tells it."""
    ask()
    form = Client().get(path_of(link()), follow=True)
    token = path_of(link()).rsplit("/", 2)[1]
    assert token not in form.content.decode()
    assert form.redirect_chain[-1][0].endswith("/nova/")
    assert form.headers["Cache-Control"].count("no-store") == 1


def test_LG2_who_asks_learns_nothing_about_who_exists(ana: User) -> None:
    User.objects.create_user("sem", email="off@example.com", password=None)
    ana2 = User.objects.create_user("fora", email="out@example.com", password=NEW)
    ana2.is_active = False
    ana2.save()
    answers = [ask(email) for email in ("ana@example.com", "x@x.com", "off@example.com",
                                        "out@example.com")]  # fmt: skip
    told = {(a.status_code, a.headers["Location"], a.content) for a in answers}
    assert len(told) == 1
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("username", ["supervisor", "admin"])
def test_nobody_who_configures_gets_a_link_and_nobody_learns_who_does(username: str) -> None:
    User.objects.filter(username=username).update(email="chefe@example.com")
    theirs, ours = ask("chefe@example.com"), ask("ana@example.com")
    assert theirs.headers["Location"] == ours.headers["Location"]
    assert [message.to for message in mail.outbox] == [["ana@example.com"]]
    page = Client().get(theirs.headers["Location"]).content.decode()
    assert "Supervisores e administradores não recebem link" in page


def test_a_link_ends_when_its_holder_comes_to_configure(ana: User) -> None:
    ask()
    permissions.make_supervisor(ana)
    assert "não funciona mais" in choose(link()).content.decode()
    assert not person("atendente").check_password(NEW)


def test_CS3_the_link_names_this_installation_whatever_the_caller_says(settings: Any) -> None:
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    ask(headers=forged)
    assert link().startswith("http://testserver/entrar/esqueci/")
    assert ask(headers={"Host": "evil.example"}).status_code == 400
    settings.ISOBOT_PUBLIC_URL = "https://chat.example.com/"
    ask(headers=forged)
    assert link().startswith("https://chat.example.com/entrar/esqueci/")
    assert len(mail.outbox) == 2


def test_the_mail_speaks_the_language_of_whom_it_is_for(ana: User) -> None:
    Profile.objects.create(user=ana, language="en")
    ask()
    assert "choose another password" in mail.outbox[0].subject
    assert "Hello, Ana Lima." in str(mail.outbox[0].body)


def test_where_no_mail_server_is_configured_everybody_is_told_the_same() -> None:
    Detail.objects.filter(user__parameter__name="SMTPCONFIG", question="HOST").update(answer="")
    asked = Client().get("/entrar/esqueci/").content.decode()
    assert "Peça outra senha" in asked and 'name="email"' not in asked
    pages = [ask(email).content.decode() for email in ("ana@example.com", "x@x.com")]
    pages = [re.sub(r'value="[^"]*"|<code>\w+</code>', "", page) for page in pages]
    assert pages[0] == pages[1]
    assert "Peça outra senha" in pages[0]
    assert not mail.outbox


def test_a_mail_server_that_fails_is_nobodys_business(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 9
    monkeypatch.setattr(reset, "later", reset.send)
    monkeypatch.setattr(reset.connections, "close_all", lambda: None)
    assert ask().headers["Location"] == "/entrar/esqueci/enviado/"


def test_the_mail_leaves_after_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    started: list[Any] = []
    monkeypatch.setattr(reset.threading.Thread, "start", lambda thread: started.append(thread))
    assert ask().status_code == 302
    assert len(started) == 1
    assert not mail.outbox


@pytest.mark.parametrize("email", ["ana@example.com", "x@x.com"])
def test_asking_too_often_for_an_address_is_refused(email: str) -> None:
    answers = [ask(spelling) for spelling in (email, email.upper(), email, email)]
    assert [answer.status_code for answer in answers] == [302, 302, 302, 429]
    page = answers[-1].content.decode()
    assert "Procure antes no seu e-mail" in page
    assert "/entrar/esqueci/" not in page, "asking again is what is refused"
    assert ask("other@example.com").status_code == 302


def test_asking_too_often_from_one_place_is_refused() -> None:
    answers = [ask(f"p{number}@example.com").status_code for number in range(21)]
    assert answers[-2:] == [302, 429]


@pytest.mark.parametrize(
    "email", ["", "no", "a@b\x00.com", "x" * 5000 + "@x.com", "ａna@example.com"]
)
def test_an_address_that_is_none_is_never_a_failure(email: str) -> None:
    assert ask(email).status_code in (200, 302)
    assert not mail.outbox


def test_a_weak_password_is_refused_in_words(ana: User) -> None:
    ask()
    page = choose(link(), "123")
    assert page.status_code == 200
    assert "muito curta" in page.content.decode()


@pytest.mark.parametrize(
    "made_up",
    ["MQ/x", "x/y", "%00/z", "9" * 400 + "/z", "MQ/nova", "MQ/%20", "MQ/null", "MQ/None", "MQ/%00"],
)
def test_LG5_a_made_up_link_is_refused(made_up: str) -> None:
    page = Client().get(f"/entrar/esqueci/{made_up}/")
    assert page.status_code == 200
    assert "não funciona mais" in page.content.decode()
