"""What a key tells the form that edits it: all from the catalogue, for every key."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.models import Classification
from parameters import formats, masks, store
from parameters.catalogue import ISOCHATBOT as K
from parameters.catalogue import SMTPCONFIG
from parameters.kinds import BadValue
from parameters.models import Detail

WIDGETS = {"picker", "choice", "number", "phone", "secret", "text", "long_text", "link", "moment"}
EVERY = [*K.keys.values(), *SMTPCONFIG.keys.values()]


@pytest.mark.parametrize("key", EVERY, ids=lambda key: key.name)
def test_every_key_has_what_a_form_needs(key: Any) -> None:
    assert key.kind.widget in WIDGETS
    assert set(key.kind.columns) <= {"answer", "note"}
    assert bool(key.reference) == (key.kind.widget == "picker")
    assert bool(key.kind.choices) == (key.kind.widget == "choice")
    assert all(meaning for _value, meaning in key.kind.choices)
    if key.parameter == "ISOCHATBOT":
        assert key.answer_help
        assert bool(key.note_help) == (key.uses_note and key not in EITHER_COLUMN)


# One text is enough; a form shows the other only where something is in it already.
EITHER_COLUMN = {K.PROVEDOR_SECRET_ID, K.PROVEDOR_WEBHOOK_TOKEN}


@pytest.mark.parametrize(
    ("key", "widget", "columns"),
    [
        (K.CLASS_CHAT_BOT, "picker", ("answer",)),
        (K.PROVEDOR_TOKEN, "secret", ("answer", "note")),
        (K.PROVEDOR_REFRESHTOKEN, "secret", ("note",)),
        (K.AVISO_TRANSFER, "choice", ("answer", "note")),
        (K.MSG_ENCERRAMENTO, "long_text", ("note",)),
        (K.TAMANHO_MAX_ANEXO, "number", ("answer",)),
        (K.PROVEDOR_DATE, "moment", ("answer",)),
    ],
)
def test_a_value_lives_where_the_key_says(key: Any, widget: str, columns: tuple[str, ...]) -> None:
    assert (key.kind.widget, key.kind.columns) == (widget, columns)


def test_the_guides_letters_come_with_their_meanings() -> None:
    assert [value for value, _meaning in K.AVISO_CONV_INCIADA.kind.choices] == ["S", "C", "N"]
    assert [value for value, _meaning in K.AVISO_ESPERA.kind.choices] == ["S", "N"]
    assert K.TAMANHO_MAX_ANEXO.kind.unit == "MB"
    assert K.MSG_ENCERRAMENTO.kind.placeholders == ("atendente", "classificacao", "cliente")


def test_a_picker_offers_what_may_be_chosen_by_name(house: None) -> None:
    Classification.objects.create(description="Antiga", kind="human", active=False)
    for key in (K.CLASS_CHAT_ATENDIMENTO, K.CLASS_CHAT_BOT, K.TIPO_TELEFONE, K.TIPO_ECONTACT):
        offered = store.options(key.reference)
        assert offered
        assert "Antiga" not in dict(offered).values()
        for code, _name in offered:  # whatever is offered is taken
            store.put_detail("ISOCHATBOT", "ISOPADRAO", key.name, answer=str(code))
    assert [name for _code, name in store.options("classification.bot")] == ["ISOCHAT BOT"]


def test_nothing_is_offered_where_nobody_listed_anything() -> None:
    assert store.options("") == store.options("moon phases") == []


@given(st.text(alphabet="{}$% abcdclientatendente", max_size=40))
def test_what_a_notice_takes_holds_no_brace_once_filled_in(text: str) -> None:
    try:
        notice = K.AVISO_TRANSFER.kind.parse("S", text)
    except BadValue as refusal:
        assert refusal.field == "note"
        assert "{" in text or "}" in text
        return
    assert notice is not None
    filled = notice.text
    for name in formats.PLACEHOLDERS:
        filled = filled.replace("{" + name + "}", "")
    assert "{" not in filled
    assert "}" not in filled


@given(st.lists(st.sampled_from(["{cliente}", "{atendente}", "{classificacao}", " ", "Olá"])))
def test_known_placeholders_may_stand_anywhere(pieces: list[str]) -> None:
    assert formats.unknown_placeholder("".join(pieces)) == ""


@given(st.from_regex(r"[!-~]{8,60}", fullmatch=True))
def test_a_secrets_mask_sent_back_keeps_it_and_says_four_letters_of_it(secret: str) -> None:
    mask = masks.mask(secret)
    assert (len(mask), mask[-4:]) == (8, secret[-4:])
    row = Detail(question="PROVEDOR_SECRET_ID", answer=secret)
    assert masks.unmasked(row, K.PROVEDOR_SECRET_ID, f" {mask} ", "") == (secret, "")
