"""What each type of value takes, how it keeps it, and what it refuses."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parameters.catalogue import ISOCHATBOT, SMTPCONFIG
from parameters.keys import Catalogue
from parameters.kinds import BadValue, Notice

K = ISOCHATBOT
LOGO = "../k2bimages/logoisocrm.png"
BRASILIA = timezone(timedelta(hours=-3))


@pytest.mark.parametrize(
    ("key", "answer", "kept", "value"),
    [
        (K.TIPO_TELEFONE, "11", "11", 11),
        (K.TIPO_TELEFONE, " ‘11’ ", "11", 11),
        (K.TIPO_TELEFONE, '"11"', "11", 11),
        (K.TIPO_TELEFONE, "' 11 '", "11", 11),
        (K.TIPO_TELEFONE, "`11´", "11", 11),
        (K.TIPO_TELEFONE, "007", "007", 7),
        (SMTPCONFIG.PORTA, "“587”", "587", 587),
        (K.PROVEDOR_PHONE, "+55 (41) 99999-9999", "5541999999999", "5541999999999"),
        (K.PROVEDOR_PHONE, "'5541999999999'", "5541999999999", "5541999999999"),
        (K.PROVEDOR_PHONE, "55.41.3333.4444", "554133334444", "554133334444"),
        (K.PROVEDOR_PHONE, "+1 212 555 0100", "12125550100", "12125550100"),
        (K.AVISO_TRANSFER, " ‘s’ ", "S", Notice("S")),
        (K.AVISO_ESPERA, "n", "N", Notice("N")),
        (K.AVISO_CONV_INCIADA, "c", "C", Notice("C")),
        (K.PROVEDOR_API, "V1", "V1", "v1"),
        (SMTPCONFIG.SEGURANCA, "'TLS'", "TLS", "tls"),
        (K.TAMANHO_MAX_ANEXO, " 100 ", "100", Decimal(100)),
        (K.TAMANHO_MAX_ANEXO, "2,5", "2,5", Decimal("2.5")),
        (K.TAMANHO_MAX_ANEXO, "0.001", "0.001", Decimal("0.001")),
        (K.TAMANHO_MAX_ANEXO, "10000", "10000", Decimal(10_000)),
        (K.linkImage, LOGO, LOGO, LOGO),
        (K.linkImage, "static/logo.png", "static/logo.png", "static/logo.png"),
        (K.linkImage, " https://cdn.example/a.png ", *2 * ("https://cdn.example/a.png",)),
        (K.NomeBot, "  isocrmsandbox ", "isocrmsandbox", "isocrmsandbox"),
        (
            K.PROVEDOR_DATE,
            "2026-11-20T13:05:11-03:00",
            "2026-11-20T13:05:11-03:00",
            datetime(2026, 11, 20, 13, 5, 11, tzinfo=BRASILIA),
        ),
    ],
)
def test_a_legal_value_is_kept_tidy_and_read_typed(
    key: Any, answer: str, kept: str, value: object
) -> None:
    assert key.clean(answer, "")[0] == kept
    assert key.kind.parse(*key.clean(answer, "")) == value


CODES = ["11,12", "11;12", "onze", "-1", "1.5", "11 12", "1" * 19, "١١", "11\x00"]
PHONES = [
    "99999-9999x",
    "1234567",
    "1" * 16,
    "5501999999999",
    "55419999",
    "554199999999999",
    "fone",
]
AREAS_NOBODY_HAS = ["5510999999999", "5550999999999"]
SIZES = ["0", "-1", "abc", "100MB", "1e9", "10001", "NaN", "sNaN", "Infinity", "-0"]
LINKS = [
    "javascript:alert(1)",
    "data:image/png;base64,AAAA",
    "http://cdn.example/a.png",
    "//evil.example/a.png",
    "../../etc/passwd",
    "images/../../x",
    "/absolute.png",
    "https://user@evil.example/a.png",
    'https://cdn.example/"onload=x',
    "https://cdn.example/a b.png",
    "https://",
]
INTERNAL_LINKS = [
    "https://127.0.0.1/a.png",
    "https://10.0.0.8/a.png",
    "https://169.254.169.254/latest",
    "https://100.64.0.1/a.png",
    "https://[::1]/a.png",
    "https://[::ffff:127.0.0.1]/a.png",
    "https://2130706433/a.png",
    "https://0x7f000001/a.png",
    "https://127.1:8443/a.png",
    "https://localhost/a.png",
    "https://224.0.0.1/a.png",
    "https://[bad/a.png",
]
MOMENTS = ["ontem", "2026-11-20T13:05:11", "2026-11-20", "20/11/2026 13:05", "2026-13-01T00:00:00Z"]


@pytest.mark.parametrize(
    ("key", "answer"),
    [(K.TIPO_TELEFONE, text) for text in CODES]
    + [(K.PROVEDOR_PHONE, text) for text in PHONES + AREAS_NOBODY_HAS]
    + [(K.TAMANHO_MAX_ANEXO, text) for text in SIZES]
    + [(K.linkImage, text) for text in LINKS + INTERNAL_LINKS]
    + [(K.PROVEDOR_DATE, text) for text in MOMENTS]
    + [(K.AVISO_TRANSFER, text) for text in ("C", "SIM", "X", "S N")]
    + [(K.AVISO_CONV_INCIADA, text) for text in ("X", "0", "nao")]
    + [(K.PROVEDOR_API, "v3"), (SMTPCONFIG.SEGURANCA, "ssl")],
)
def test_an_illegal_value_is_refused_with_a_sentence(key: Any, answer: str) -> None:
    with pytest.raises(BadValue) as refusal:
        key.clean(answer, "")
    assert refusal.value.field == "answer"
    assert str(refusal.value.message)


def test_the_refusal_of_a_notice_names_what_is_allowed() -> None:
    with pytest.raises(BadValue, match=r"S, C, N"):
        K.AVISO_CONV_INCIADA.clean("X", "")


def every_key() -> list[Any]:
    return [key for group in (ISOCHATBOT, SMTPCONFIG) for key in group.keys.values()]


@pytest.mark.parametrize("key", every_key(), ids=lambda key: key.name)
def test_nothing_filled_in_is_legal_and_means_the_default(key: Any) -> None:
    value = key.kind.parse(*key.clean("  ", "  "))
    assert value is None or value == key.default


@given(answer=st.text(), note=st.text())
def test_any_text_is_either_taken_or_refused(answer: str, note: str) -> None:
    for key in every_key():
        try:
            kept = key.clean(answer, note)
        except BadValue:
            continue
        assert key.clean(*kept) == kept, f"{key.name} changes what it already tidied"


@pytest.mark.parametrize("question", ["nomebot", " NOMEBOT ", "LinkImage", "aviso_conv_iniciada"])
def test_a_question_is_known_whatever_its_case(question: str) -> None:
    key = Catalogue.find("isochatbot", question)
    assert key is not None
    assert question.strip().casefold() in {text.casefold() for text in key.spellings}


@pytest.mark.parametrize(
    ("parameter", "question"), [("ISOCHATBOT", "HOST"), ("OUTRO", "NomeBot"), ("ISOCHATBOT", "")]
)
def test_a_question_nobody_declared_is_no_key(parameter: str, question: str) -> None:
    assert Catalogue.find(parameter, question) is None


def test_the_closing_message_is_the_note_and_only_n_keeps_it_from_leaving() -> None:
    parse = K.MSG_ENCERRAMENTO.kind.parse
    assert parse("", "Até logo") == Notice("S", "Até logo")
    assert parse("qualquer coisa", " Até logo ") == Notice("S", "Até logo")
    assert not parse("‘n’", "Até logo").is_sent
    assert parse("S", "   ") is None
