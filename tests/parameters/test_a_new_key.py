"""A key is one line of the catalogue: what the line alone brings with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from parameters import store
from parameters.keys import Catalogue, Key
from parameters.kinds import BadValue, ChoiceKind, CodeKind, SecretKind
from parameters.models import STANDARD_USER

ADDRESS = "/api/v1/parameters/PESQUISA/users/ISOPADRAO/details/"


@pytest.fixture
def survey() -> Iterator[Any]:
    """A parameter that exists in no release, with three keys of one line each."""

    class PESQUISA(Catalogue):
        MODO = Key(ChoiceKind("S", "N"), "Se pergunta", "N", initial=lambda: "N")
        NOTA_MINIMA = Key[int | None](CodeKind(), "Nota", None, reference="nota")
        CHAVE = Key[str](SecretKind("answer"), "Chave", "")

    store.references["nota"] = lambda code: "A nota vai até 10." if code > 10 else None
    yield PESQUISA
    del Catalogue.known["PESQUISA"], store.references["nota"]


def test_a_declared_key_is_read_tidied_and_validated(db: None, survey: Any) -> None:
    assert store.read(survey.NOTA_MINIMA) is None
    store.put_detail("pesquisa", STANDARD_USER, "nota_minima", answer=" '7' ")
    assert store.read(survey.NOTA_MINIMA) == 7
    for answer in ("sete", "11"):
        with pytest.raises(BadValue):
            store.put_detail("PESQUISA", STANDARD_USER, "NOTA_MINIMA", answer=answer)
    assert store.read(survey.NOTA_MINIMA) == 7


def test_a_declared_initial_value_comes_with_the_standard_user(db: None, survey: Any) -> None:
    user = store.add_user("PESQUISA", STANDARD_USER)
    assert [row.question for row in user.details.all()] == ["MODO"]
    assert store.read(survey.MODO) == "N"


def test_a_declared_secret_is_masked_through_rest(api: Callable[[str], Any], survey: Any) -> None:
    rest = api("supervisor")
    made = rest.put(f"{ADDRESS}CHAVE/", {"answer": "survey-secret-0099"}, format="json")
    assert (made.status_code, made.json()["answer"]) == (201, "••••0099")
    kept = rest.put(f"{ADDRESS}CHAVE/", {"answer": "••••0099", "note": "da loja"}, format="json")
    assert kept.status_code == 200
    assert store.read(survey.CHAVE) == "survey-secret-0099"  # this key reads no note


def test_a_declared_key_is_validated_through_rest(api: Callable[[str], Any], survey: Any) -> None:
    rest = api("supervisor")
    refused = rest.put(f"{ADDRESS}NOTA_MINIMA/", {"answer": "11"}, format="json")
    assert (refused.status_code, refused.json()) == (400, {"answer": ["A nota vai até 10."]})
    taken = rest.put(f"{ADDRESS}MODO/", {"answer": " s "}, format="json")
    assert (taken.status_code, taken.json()["answer"]) == (201, "s")
    assert store.read(survey.MODO) == "S"
