"""How people's edits are taken: secrets keep behind their masks, refusals leave nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from parameters import store
from parameters.catalogue import ISOCHATBOT
from parameters.kinds import BadValue
from parameters.models import STANDARD_USER, Detail, Parameter, ParameterUser

Put = Callable[..., Detail]
OLD, NEW = "the-old-secret-0001", "the-new-secret-0002"
OLD_MASK = "••••0001"


@pytest.mark.parametrize(
    ("secret", "shown"),
    [("", ""), (OLD, OLD_MASK), ("12345678", "••••5678"), ("1234567", "••••"), ("x", "••••")],
)
def test_a_mask_shows_four_letters_only_of_a_long_secret(secret: str, shown: str) -> None:
    assert store.mask(secret) == shown


def test_each_field_is_masked_alone(put: Put) -> None:
    assert store.shown(put("PROVEDOR_SECRET_ID", answer=OLD)) == (OLD_MASK, "")
    assert store.shown(put("PROVEDOR_TOKEN", answer=OLD, note=NEW)) == (OLD_MASK, "••••0002")


def test_what_is_no_secret_is_shown_as_it_is(put: Put) -> None:
    assert store.shown(put("NomeBot", answer="bot", note="nota")) == ("bot", "nota")


@pytest.mark.parametrize(
    ("sent", "held"),
    [
        ({}, (OLD, OLD)),
        ({"answer": OLD_MASK}, (OLD, OLD)),
        ({"answer": f"  {OLD_MASK} ", "note": OLD_MASK}, (OLD, OLD)),
        ({"answer": NEW, "note": OLD_MASK}, (NEW, "")),
        ({"answer": OLD_MASK, "note": NEW}, ("", NEW)),
        ({"answer": NEW}, (NEW, "")),
        ({"note": NEW}, ("", NEW)),
        ({"answer": NEW, "note": OLD}, (NEW, OLD)),
        ({"answer": "", "note": OLD_MASK}, ("", OLD)),
        ({"answer": ""}, ("", OLD)),
        ({"answer": "", "note": ""}, ("", "")),
        ({"answer": f" {NEW} ", "note": ""}, (NEW, "")),
    ],
)
def test_a_mask_keeps_its_secret_and_a_new_value_clears_the_others(
    put: Put, sent: dict[str, str], held: tuple[str, str]
) -> None:
    put("PROVEDOR_TOKEN", answer=OLD, note=OLD)
    row = put("PROVEDOR_TOKEN", **sent)
    row.refresh_from_db()
    assert (row.answer, row.note) == held


@pytest.mark.parametrize("field", ["answer", "note"])
@pytest.mark.parametrize("text", ["••••9999", "••••", "•••••0001", "••••0001x"])
def test_a_mask_of_another_secret_is_refused_and_nothing_changes(
    put: Put, field: str, text: str
) -> None:
    row = put("PROVEDOR_TOKEN", answer=OLD, note=OLD)
    with pytest.raises(BadValue) as refusal:
        put("PROVEDOR_TOKEN", **{field: text})
    row.refresh_from_db()
    assert refusal.value.field == field
    assert (row.answer, row.note) == (OLD, OLD)


def test_a_mask_is_never_stored_where_there_was_no_secret(put: Put) -> None:
    with pytest.raises(BadValue):
        put("PROVEDOR_SECRET_ID", answer=OLD_MASK)
    assert store.read(ISOCHATBOT.PROVEDOR_SECRET_ID) == ""


def test_a_refused_value_makes_no_parameter_no_user_and_no_row(put: Put) -> None:
    with pytest.raises(BadValue):
        put("TIPO_TELEFONE", answer="celular")
    assert not Parameter.objects.exists()
    assert not ParameterUser.objects.exists()
    assert not Detail.objects.exists()


def test_a_field_that_was_not_sent_stays(put: Put) -> None:
    put("NomeBot", answer="bot", note="nota", order=3, active=False)
    row = put("NomeBot", answer="outro")
    assert (row.answer, row.note, row.order, row.active) == ("outro", "nota", 3, False)


def test_a_row_whose_value_has_become_illegal_may_still_be_switched_off(put: Put) -> None:
    row = put("TAMANHO_MAX_ANEXO", answer="100")
    Detail.objects.filter(pk=row.pk).update(answer="cem")
    assert put("TAMANHO_MAX_ANEXO", active=False).active is False
    with pytest.raises(BadValue):
        put("TAMANHO_MAX_ANEXO", note="máximo", active=True)


def test_a_question_nobody_declared_is_kept_trimmed_and_otherwise_free(put: Put) -> None:
    row = put(" CONVERSATIONALFLOW ", answer=" ‘fluxo’, 1 ", note=" x ")
    assert (row.question, row.answer, row.note) == ("CONVERSATIONALFLOW", "‘fluxo’, 1", "x")


def test_a_spelling_and_its_alias_are_two_rows(put: Put) -> None:
    put("AVISO_CONV_INCIADA", answer="S")
    put("AVISO_CONV_INICIADA", answer="C")
    rows = Detail.objects.filter(question__startswith="AVISO_CONV")
    assert {(row.question, row.answer) for row in rows} == {
        ("AVISO_CONV_INCIADA", "S"),
        ("AVISO_CONV_INICIADA", "C"),
    }


def test_the_same_question_in_another_case_is_the_same_row(put: Put) -> None:
    first = put("NomeBot", answer="a")
    assert put(" NOMEBOT ", answer="b").pk == first.pk


def test_writing_a_key_of_our_own_first_makes_one_row_of_it(db: None) -> None:
    row, made = store.put_detail(
        "ISOCHATBOT", STANDARD_USER, "PROVEDOR_WEBHOOK_TOKEN", answer="chosen-by-a-person"
    )
    assert made
    assert Detail.objects.filter(question="PROVEDOR_WEBHOOK_TOKEN").count() == 1
    assert store.read(ISOCHATBOT.PROVEDOR_WEBHOOK_TOKEN) == "chosen-by-a-person"
    assert row.active


@pytest.mark.parametrize(
    ("parameter", "user", "question"),
    [
        ("", "ISOPADRAO", "X"),
        ("P", "  ", "X"),
        ("P", "ISOPADRAO", " "),
        ("P" * 101, "ISOPADRAO", "X"),
        ("P", "U" * 101, "X"),
        ("P", "ISOPADRAO", "X" * 101),
        ("P\x00", "ISOPADRAO", "X"),
        ("P", "ISOPADRAO", "X\x00"),
    ],
)
def test_a_name_no_database_keeps_is_refused(
    db: None, parameter: str, user: str, question: str
) -> None:
    assert store.find_detail(parameter, user, question) is None
    with pytest.raises(BadValue):
        store.put_detail(parameter, user, question, answer="x")
    assert not Parameter.objects.exists()


@pytest.mark.parametrize(
    ("question", "answer"),
    [("PROVEDOR_REFRESHTOKEN", "11"), ("PROVEDOR_TOKEN", "PROVEDOR TOKEN")],
)
def test_what_is_no_value_of_a_secret_does_not_replace_it(
    db: None, question: str, answer: str
) -> None:
    secret = "a-secret-of-many-characters"
    store.put_detail("ISOCHATBOT", "ISOPADRAO", question, note=secret)
    store.put_detail("ISOCHATBOT", "ISOPADRAO", question, answer=answer, note=store.mask(secret))
    row = store.find_detail("ISOCHATBOT", "ISOPADRAO", question)
    assert row is not None
    assert row.note == secret
