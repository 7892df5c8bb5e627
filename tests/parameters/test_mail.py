"""Mail by SMTPCONFIG: what is sent, by which server, and what is said of a failure."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.mail import EmailMessage, send_mail
from django.core.mail.backends.smtp import EmailBackend
from django.utils import translation

from parameters import mail, store
from parameters.catalogue import SMTPCONFIG
from parameters.models import Parameter
from tests.smtp import Sink

SECRET = "canary-password-of-the-mail"


@pytest.fixture(autouse=True)
def _in_english() -> Any:
    with translation.override("en"):
        yield


def with_login(sink: Sink, password: str = SECRET) -> None:
    sink.login = ("robot", SECRET)
    store.write(SMTPCONFIG.USUARIO, answer="robot")
    store.write(SMTPCONFIG.SENHA, answer=password)


def test_a_mail_is_from_who_the_parameter_says(mailbox: Sink) -> None:
    assert send_mail("Olá", "Até já", None, ["maria@example.com"]) == 1
    ((sender, recipients, message),) = mailbox.mails
    assert (sender, recipients) == ("isobot@example.com", ["maria@example.com"])
    assert message["From"] == "isobot@example.com"
    assert "AUTH" not in mailbox.verbs


def test_a_mail_that_names_its_sender_keeps_it(mailbox: Sink) -> None:
    send_mail("Olá", "Até já", "outra@example.com", ["maria@example.com"])
    assert mailbox.mails[0][0] == "outra@example.com"


def test_a_change_of_the_parameter_holds_for_the_next_mail(mailbox: Sink) -> None:
    backend = mail.Backend()
    for sender in ("um@example.com", "dois@example.com"):
        store.write(SMTPCONFIG.REMETENTE, answer=sender)
        backend.send_messages([EmailMessage("Olá", "Até já", to=["maria@example.com"])])
    assert [sender for sender, _to, _mail in mailbox.mails] == [
        "um@example.com",
        "dois@example.com",
    ]


def test_one_connection_takes_several_mails(mailbox: Sink) -> None:
    with mail.Backend() as backend:
        for _ in range(2):
            backend.send_messages([EmailMessage("Olá", "Até já", to=["maria@example.com"])])
    assert mailbox.verbs.count("EHLO") == 1
    assert len(mailbox.mails) == 2


def test_a_login_is_made_where_there_is_a_user(mailbox: Sink) -> None:
    with_login(mailbox)
    assert mail.send_test("maria@example.com") is None
    assert "AUTH" in mailbox.verbs
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize(
    ("security", "port", "expected"),
    [
        ("nenhuma", "", (25, False, False)),
        ("starttls", "", (587, True, False)),
        ("tls", "", (465, False, True)),
        ("tls", "2465", (2465, False, True)),
    ],
)
def test_the_port_follows_the_security_unless_it_is_given(
    house: None,
    monkeypatch: pytest.MonkeyPatch,
    security: str,
    port: str,
    expected: tuple[int, bool, bool],
) -> None:
    seen = []

    def look(server: EmailBackend) -> None:
        seen.append((server.port, server.use_tls, server.use_ssl))
        assert server.timeout == mail.TIMEOUT_SECONDS

    monkeypatch.setattr(EmailBackend, "open", look)
    store.write(SMTPCONFIG.SEGURANCA, answer=security)
    store.write(SMTPCONFIG.PORTA, answer=port)
    mail.Backend().open()
    assert seen == [expected]


@pytest.mark.parametrize("question", ["HOST", "REMETENTE"])
def test_an_incomplete_parameter_sends_nothing_and_names_what_lacks(
    mailbox: Sink, question: str
) -> None:
    store.write(SMTPCONFIG.keys[question], answer="")
    with pytest.raises(mail.MailNotConfigured, match=question):
        send_mail("Olá", "Até já", None, ["maria@example.com"])
    assert question in str(mail.send_test("maria@example.com"))
    assert mailbox.verbs == []
    assert send_mail("Olá", "…", None, ["maria@example.com"], fail_silently=True) == 0


def test_an_inactive_parameter_sends_nothing(mailbox: Sink) -> None:
    Parameter.objects.filter(name="SMTPCONFIG").update(active=False)
    with pytest.raises(mail.MailNotConfigured):
        send_mail("Olá", "Até já", None, ["maria@example.com"])


def test_a_user_without_a_password_is_incomplete(mailbox: Sink) -> None:
    with_login(mailbox, password="")
    assert "SENHA" in str(mail.send_test("maria@example.com"))


@pytest.mark.parametrize(
    ("step", "answer", "said"),
    [
        ("greeting", "554 no", "ended the conversation"),
        ("mail", "550 no", "REMETENTE"),
        ("rcpt", "550 no", "recipient"),
        ("data", "554 no", "refused the message"),
        ("answer", "", "ended the conversation"),
    ],
)
def test_what_the_server_refuses_is_said_in_a_sentence(
    mailbox: Sink, step: str, answer: str, said: str
) -> None:
    mailbox.refuses[step] = answer
    assert said in str(mail.send_test("maria@example.com"))
    assert mailbox.mails == []


def test_a_refused_login_is_said_without_the_password(
    mailbox: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    with_login(mailbox, password=f"{SECRET}-wrong")
    said = str(mail.send_test("maria@example.com"))
    assert "USUARIO" in said
    assert SECRET not in said + caplog.text


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_security_the_server_does_not_have_is_never_left_out(mailbox: Sink, security: str) -> None:
    store.write(SMTPCONFIG.SEGURANCA, answer=security)
    with_login(mailbox)
    assert "SEGURANCA" in str(mail.send_test("maria@example.com"))
    assert "AUTH" not in mailbox.verbs
    assert mailbox.mails == []


def test_a_server_that_is_not_there_is_said_so(mailbox: Sink) -> None:
    store.write(SMTPCONFIG.PORTA, answer="9")
    assert "PORTA" in str(mail.send_test("maria@example.com"))


@pytest.mark.parametrize("address", ["", "maria@example.com\nBcc: all@example.com"])
def test_an_address_that_is_none_is_refused(mailbox: Sink, address: str) -> None:
    assert "who gets the mail" in str(mail.send_test(address))
    assert mailbox.mails == []
