"""Which stored row counts, and what it is worth where it is not what the key asks for."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection

from parameters import store
from parameters.catalogue import ISOCHATBOT, SMTPCONFIG
from parameters.kinds import Notice
from parameters.models import STANDARD_USER, Parameter, ParameterUser
from tests.parameters.conftest import Stored

K = ISOCHATBOT
TOKEN = "eyJhbGciOiJIUzI1NiJ9.payload.signature"
OTHER_TOKEN = "eyJhbGciOiJIUzI1NiJ9.another.signature"


@pytest.mark.parametrize("level", ["parameter", "user", "detail"])
def test_a_key_counts_only_while_parameter_user_and_detail_are_active(
    stored: Stored, level: str
) -> None:
    row = stored("NomeBot", "isocrmsandbox")
    assert store.read(K.NomeBot) == "isocrmsandbox"
    off = {"parameter": row.user.parameter, "user": row.user, "detail": row}[level]
    type(off).objects.filter(pk=off.pk).update(active=False)
    assert store.read(K.NomeBot) == ""
    assert store.read_many([K.NomeBot]) == {K.NomeBot: ""}


def test_a_row_of_another_user_is_never_read(stored: Stored) -> None:
    stored("NomeBot", "de outro", user="FULANO")
    assert store.read(K.NomeBot) == ""
    stored("NomeBot", "o nosso")
    assert store.read(K.NomeBot) == "o nosso"


def test_a_row_of_another_parameter_is_never_read(stored: Stored) -> None:
    stored("NomeBot", "alheio", parameter="OUTRO")
    assert store.read(K.NomeBot) == ""


def test_names_count_whatever_their_case(db: None) -> None:
    group = Parameter.objects.create(name="IsoChatBot")
    user = ParameterUser.objects.create(parameter=group, name="isopadrao")
    user.details.create(question="NOMEBOT", answer="bot")
    assert store.read(K.NomeBot) == "bot"


def test_the_corrected_spelling_wins_over_the_guides(stored: Stored) -> None:
    stored("AVISO_CONV_INCIADA", "S", order=1)
    assert store.read(K.AVISO_CONV_INCIADA) == Notice("S")
    alias = stored("aviso_conv_iniciada", "C", "Aqui é {atendente}", order=9)
    assert store.read(K.AVISO_CONV_INCIADA) == Notice("C", "Aqui é {atendente}")
    alias.delete()
    assert store.read(K.AVISO_CONV_INCIADA) == Notice("S")


def test_an_inactive_alias_does_not_hide_the_name(stored: Stored) -> None:
    stored("AVISO_CONV_INCIADA", "S")
    stored("AVISO_CONV_INICIADA", "C", active=False)
    assert store.read(K.AVISO_CONV_INCIADA) == Notice("S")


def test_an_alias_with_an_illegal_value_acts_as_the_default_not_as_the_name(
    stored: Stored,
) -> None:
    stored("AVISO_CONV_INCIADA", "S")
    stored("AVISO_CONV_INICIADA", "X")
    assert store.read(K.AVISO_CONV_INCIADA) == Notice("N")


@pytest.mark.parametrize(("orders", "winner"), [((1, 2), 0), ((2, 1), 1), ((1, 1), 1), ((3, 3), 1)])
def test_of_two_rows_the_lowest_order_wins_and_then_the_newest(
    stored: Stored, orders: tuple[int, int], winner: int
) -> None:
    # The index allows one active row; data copied from elsewhere may come without it.
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX detail_question_once_active")
    rows = [stored("NomeBot", str(order), order=order) for order in orders]
    assert store.effective_row(K.NomeBot) == rows[winner]


@pytest.mark.parametrize(
    ("answer", "note", "value"),
    [
        (TOKEN, "", TOKEN),
        ("", TOKEN, TOKEN),
        (TOKEN, TOKEN, TOKEN),
        (OTHER_TOKEN, TOKEN, TOKEN),
        ("PROVEDOR TOKEN", TOKEN, TOKEN),
        ("'PROVEDOR TOKEN'", TOKEN, TOKEN),
        (TOKEN, "AcessarToken", TOKEN),
        (TOKEN, "trocar todo mês de março", TOKEN),
        (TOKEN, "renovado", TOKEN),
        ("  " + TOKEN + "\n", "", TOKEN),
        ("PROVEDOR TOKEN", "AcessarToken", ""),
        ("‘provedor token’", "", ""),
        ("", "", ""),
    ],
)
def test_the_token_is_the_note_where_it_looks_like_one_else_the_answer(
    stored: Stored, answer: str, note: str, value: str
) -> None:
    stored("PROVEDOR_TOKEN", answer, note)
    assert store.read(K.PROVEDOR_TOKEN) == value


@pytest.mark.parametrize(
    ("answer", "note", "value"),
    [
        ("11", "", ""),
        ("11", "the-refresh-token", "the-refresh-token"),
        ("", "Atualizar Token", ""),
        ("a-token-in-the-wrong-place", "", ""),
    ],
)
def test_the_answer_of_the_refresh_token_is_ignored(
    stored: Stored, answer: str, note: str, value: str
) -> None:
    stored("PROVEDOR_REFRESHTOKEN", answer, note)
    assert store.read(K.PROVEDOR_REFRESHTOKEN) == value


@pytest.mark.parametrize(
    ("question", "answer", "default"),
    [
        ("CLASS_CHAT_BOT", "11,12", None),
        ("TIPO_TELEFONE", "celular", None),
        ("PROVEDOR_PHONE", "123", ""),
        ("AVISO_CONV_INCIADA", "SIM", Notice("N")),
        ("AVISO_TRANSFER", "C", Notice("N")),
        ("TAMANHO_MAX_ANEXO", "-1", Decimal(100)),
        ("PROVEDOR_DATE", "hoje", None),
        ("linkImage", "javascript:alert(1)", ""),
        ("PROVEDOR_API", "v9", "v2"),
        ("TAMANHO_MAX_ANEXO", "", Decimal(100)),
    ],
)
def test_a_stored_value_that_is_not_legal_acts_as_the_default(
    stored: Stored, question: str, answer: str, default: object
) -> None:
    key = K.keys[question]
    store.add_user("ISOCHATBOT", STANDARD_USER)
    store.find_detail("ISOCHATBOT", STANDARD_USER, question) or stored(question)
    row = store.find_detail("ISOCHATBOT", STANDARD_USER, question)
    assert row is not None
    row.answer = answer
    row.save()
    assert store.read(key) == default


def test_many_keys_are_read_by_one_query(stored: Stored, django_assert_num_queries: object) -> None:
    stored("NomeBot", "bot")
    stored("AVISO_CONV_INICIADA", "C")
    with django_assert_num_queries(1):  # type: ignore[operator]
        read = store.read_many([K.NomeBot, K.AVISO_CONV_INCIADA, K.TIPO_TELEFONE])
    assert read == {
        K.NomeBot: "bot",
        K.AVISO_CONV_INCIADA: Notice("C"),
        K.TIPO_TELEFONE: None,
    }


def test_the_system_writes_on_the_row_that_counts(stored: Stored) -> None:
    row = stored("provedor_date", "2026-01-01T00:00:00-03:00", "não apagar")
    store.write(K.PROVEDOR_DATE, answer="2026-11-20T13:05:11-03:00")
    row.refresh_from_db()
    assert (row.answer, row.note) == ("2026-11-20T13:05:11-03:00", "não apagar")


def test_the_system_makes_the_row_it_has_to_write(db: None) -> None:
    store.write(K.PROVEDOR_DATE, answer="2026-11-20T13:05:11-03:00")
    assert store.read(K.PROVEDOR_DATE) is not None


def test_adding_the_standard_user_makes_the_keys_of_our_own(db: None) -> None:
    store.add_user("ISOCHATBOT", STANDARD_USER)
    assert store.read(K.PROVEDOR_API) == "v2"
    first = store.read(K.PROVEDOR_WEBHOOK_TOKEN)
    assert len(first) >= 32
    Parameter.objects.all().delete()
    store.add_user("ISOCHATBOT", STANDARD_USER)
    assert store.read(K.PROVEDOR_WEBHOOK_TOKEN) not in ("", first)


def test_adding_the_standard_user_again_keeps_what_is_there(db: None) -> None:
    user = store.add_user("ISOCHATBOT", STANDARD_USER)
    token = store.read(K.PROVEDOR_WEBHOOK_TOKEN)
    assert store.add_user("isochatbot", "isopadrao") == user
    assert store.read(K.PROVEDOR_WEBHOOK_TOKEN) == token
    assert user.details.count() == 2


@pytest.mark.parametrize(
    ("parameter", "user"),
    [("ISOCHATBOT", "FULANO"), ("SMTPCONFIG", "ISOPADRAO"), ("OUTRO", "ISOPADRAO")],
)
def test_no_other_user_brings_rows_with_it(db: None, parameter: str, user: str) -> None:
    assert not store.add_user(parameter, user).details.exists()


def test_mail_keys_have_their_defaults(db: None) -> None:
    read = store.read_many(list(SMTPCONFIG.keys.values()))
    assert read[SMTPCONFIG.SEGURANCA] == "nenhuma"
    assert read[SMTPCONFIG.PORTA] is None
