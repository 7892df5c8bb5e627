"""What is found odd about stored parameters, and that a sound installation has nothing odd."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from parameters import lint, store
from parameters.catalogue import ISOCHATBOT
from parameters.models import Detail, Parameter, ParameterUser
from tests.parameters.conftest import Stored

K = ISOCHATBOT
TOKEN = "eyJhbGciOiJIUzI1NiJ9.payload.signature"
OTHER_TOKEN = "eyJhbGciOiJIUzI1NiJ9.another.signature"


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def found(code: str) -> list[lint.Finding]:
    return [one for one in lint.findings() if one.code == code]


def one(code: str) -> lint.Finding:
    (finding,) = found(code)
    assert finding.sentence.endswith(".")
    assert finding.hint
    return finding


def test_nothing_stored_is_nothing_odd(db: None) -> None:
    assert lint.findings() == []


def test_the_demo_has_nothing_odd(house: None) -> None:
    assert lint.findings() == []


def test_looking_takes_a_few_queries_however_much_is_stored(house: None) -> None:
    with CaptureQueriesContext(connection) as few:
        lint.findings()
    user = ParameterUser.objects.get(parameter__name="ISOCHATBOT")
    for number in range(30):
        Detail.objects.create(user=user, question=f"OUTRA_{number}")
    with CaptureQueriesContext(connection) as many:
        lint.findings()
    assert len(many) == len(few) < 12


def test_one_parameter_is_looked_at_alone_and_the_worst_comes_first(stored: Stored) -> None:
    stored("NomeBot", "a\nb")
    stored("NADA_DISSO", "x", order=2)
    stored("PORTA", "70000", parameter="SMTPCONFIG")
    assert {one.parameter for one in lint.findings()} == {"ISOCHATBOT", "SMTPCONFIG"}
    ours = lint.findings("isochatbot")
    assert {one.parameter for one in ours} == {"ISOCHATBOT"}
    order = [one.severity for one in ours]
    assert order == sorted(order, key=["error", "warning", "info"].index)
    assert (order[0], order[-1]) == ("error", "info")


@pytest.mark.parametrize(
    ("question", "severity", "meant"),
    [
        ("PROVEDOR_TOKNE", "warning", "PROVEDOR_TOKEN"),
        ("nome_bot", "warning", "NomeBot"),
        ("AVISO_CONV_INICADA", "warning", "AVISO_CONV_INI"),
        ("COR_DA_TELA", "info", ""),
    ],
)
def test_an_unknown_question_is_told_with_what_was_meant(
    stored: Stored, question: str, severity: str, meant: str
) -> None:
    row = stored(question, "x")
    finding = one("unknown_question")
    assert (finding.severity, finding.detail) == (severity, row.pk)
    assert meant in finding.hint


@pytest.mark.parametrize(
    ("parameter", "question"),
    [
        ("ISOCHATBOT", "CONVERSATIONALFLOW"),
        ("ISOCHATBOT", "Encerramento_Chat"),
        ("ISOTOKEN", "ISOCHATBOT"),
        ("ISOMOTORPESQUISA", "ACAO_ENCERRAR_NPS"),
        ("ISOCHATBOT_ATENDIMENTO", "Financeiro"),
        ("DA_CASA", "qualquer"),
    ],
)
def test_reserved_questions_and_parameters_of_others_are_not_odd(
    stored: Stored, parameter: str, question: str
) -> None:
    stored(question, "x", parameter=parameter)
    assert [one for one in lint.findings() if one.code != "missing_key"] == []


def test_a_key_that_is_needed_is_added_where_it_is_absent_and_filled_in_where_empty(
    stored: Stored,
) -> None:
    def hint() -> str:
        (finding,) = (one for one in found("missing_key") if one.question == "CLASS_CHAT_BOT")
        return str(finding.hint)

    stored("NomeBot", "x")
    assert hint() == "Add the detail CLASS_CHAT_BOT to the user ISOPADRAO."
    stored("CLASS_CHAT_BOT", "")
    assert hint() == "Open the detail CLASS_CHAT_BOT and fill it in."


def test_a_misspelt_parameter_is_told_with_what_was_meant(stored: Stored) -> None:
    stored("NomeBot", "x", parameter="ISOCHATBTO")
    assert "ISOCHATBOT" in one("unknown_parameter").hint


def test_a_question_twice_is_told_of_the_one_that_does_not_count(stored: Stored) -> None:
    stored("NomeBot", "a")
    old = stored("nomebot", "b", active=False)
    assert one("duplicate_question").detail == old.pk
    assert found("inactive") == []  # it hides nothing: the other one counts


def test_both_spellings_are_told_of_the_one_that_loses(stored: Stored) -> None:
    row = stored("AVISO_CONV_INCIADA", "S")
    alias = stored("AVISO_CONV_INICIADA", "C")
    finding = one("both_spellings")
    assert (finding.detail, finding.severity) == (row.pk, "warning")
    assert "AVISO_CONV_INICIADA counts" in finding.sentence
    alias.active = False
    alias.save()
    assert found("both_spellings") == []


@pytest.mark.parametrize(
    ("parameter", "question"), [("ISOCHATBOT", "NomeBot"), ("SMTPCONFIG", "HOST")]
)
def test_a_key_under_another_user_is_told_as_never_read(
    stored: Stored, parameter: str, question: str
) -> None:
    row = stored(question, "x", user="ISOCHATBOT", parameter=parameter)
    finding = one("other_user")
    assert (finding.detail, finding.user) == (row.pk, "ISOCHATBOT")
    assert store.read(ISOCHATBOT.NomeBot) == ""


@pytest.mark.parametrize("model", [Parameter, ParameterUser])
def test_what_is_switched_off_above_is_told_once(stored: Stored, model: Any) -> None:
    stored("NomeBot", "a")
    stored("AVISO_TRANSFER", "S")
    model.objects.update(active=False)
    assert one("inactive").detail is None


def test_an_empty_inactive_detail_hides_nothing(stored: Stored) -> None:
    stored("NomeBot", "", active=False)
    assert found("inactive") == []


@pytest.mark.parametrize(
    ("question", "answer", "note", "severity"),
    [
        ("PROVEDOR_TOKEN", OTHER_TOKEN, TOKEN, "error"),
        ("PROVEDOR_SECRET_ID", "one-secret", "another-secret", "warning"),
        ("PROVEDOR_TOKEN", TOKEN, TOKEN, None),
        ("PROVEDOR_TOKEN", TOKEN, "renovado em março", None),
        ("PROVEDOR_TOKEN", TOKEN, "renovado", None),
        ("PROVEDOR_TOKEN", "PROVEDOR TOKEN", TOKEN, None),
        ("NomeBot", "bot", "another text", None),
    ],
)
def test_two_secrets_in_one_detail_are_told(
    stored: Stored, question: str, answer: str, note: str, severity: str | None
) -> None:
    stored(question, answer, note)
    assert [f.severity for f in found("answer_note_differ")] == ([severity] if severity else [])
    for finding in lint.findings():
        assert TOKEN not in finding.sentence + finding.hint
        assert "secret" not in finding.sentence


@pytest.mark.parametrize(
    ("answer", "says"), [("‘11’", "classification"), ("token-in-the-wrong-place", "Nothing reads")]
)
def test_an_answer_of_the_refresh_token_is_told(stored: Stored, answer: str, says: str) -> None:
    stored("PROVEDOR_REFRESHTOKEN", answer, "the-refresh-token")
    finding = one("unread_answer")
    assert says in finding.sentence
    assert answer not in finding.sentence


@pytest.mark.parametrize("answer", ["", "Atualizar Token"])
def test_the_guides_words_there_are_not_odd(stored: Stored, answer: str) -> None:
    stored("PROVEDOR_REFRESHTOKEN", answer, "the-refresh-token")
    assert found("unread_answer") == []


def test_only_the_guides_words_for_a_token_is_told(stored: Stored) -> None:
    stored("PROVEDOR_TOKEN", "‘PROVEDOR TOKEN’", "AcessarToken")
    assert "example" in one("guide_words_only").sentence


def test_two_ids_of_the_same_user_are_told(stored: Stored) -> None:
    stored("PROVEDOR_ID", "isocrm")
    stored("PROVEDOR_ACCOUNT", "isocrm")
    assert found("id_account_differ") == []
    Detail.objects.filter(question="PROVEDOR_ACCOUNT").delete()
    stored("PROVEDOR_ACCOUNT", "outra")
    assert "PROVEDOR_ID" in one("id_account_differ").hint


@pytest.mark.parametrize("question", ["NomeBot", "PROVEDOR_TOKNE", "MSG_ENCERRAMENTO"])
@pytest.mark.parametrize("column", ["answer", "note"])
def test_a_token_where_everybody_sees_it_is_told_without_showing_it(
    stored: Stored, question: str, column: str
) -> None:
    row = stored(question, **{column: f"token: {TOKEN}"})
    finding = one("pasted_token")
    assert (finding.detail, finding.severity) == (row.pk, "error")
    assert all(TOKEN not in one.sentence + one.hint for one in lint.findings())


def test_an_unusual_order_is_told_of_details_and_users(stored: Stored) -> None:
    row = stored("NomeBot", "a", order=3)
    ParameterUser.objects.update(order=2)
    assert [f.detail for f in found("unusual_order")] == [None, row.pk]
    assert {f.severity for f in found("unusual_order")} == {"info"}


def test_two_codes_stored_the_wrong_way_round_can_be_put_right_one_by_one(house: None) -> None:
    human, bot = (store.read(key) for key in (K.CLASS_CHAT_ATENDIMENTO, K.CLASS_CHAT_BOT))
    for question, code in (("CLASS_CHAT_ATENDIMENTO", bot), ("CLASS_CHAT_BOT", human)):
        row = Detail.objects.get(question=question)
        row.answer = str(code)
        row.save()
    assert len(found("illegal_value")) == 2
    store.put_detail("ISOCHATBOT", "ISOPADRAO", "CLASS_CHAT_BOT", answer=str(bot))
    store.put_detail("ISOCHATBOT", "ISOPADRAO", "CLASS_CHAT_ATENDIMENTO", answer=str(human))
    assert lint.findings() == []


def test_a_code_that_is_the_other_keys_is_refused_naming_it(house: None) -> None:
    bot = store.read(K.CLASS_CHAT_BOT)
    with pytest.raises(store.BadValue, match="CLASS_CHAT_BOT already has the code"):
        store.put_detail("ISOCHATBOT", "ISOPADRAO", "CLASS_CHAT_ATENDIMENTO", answer=str(bot))
