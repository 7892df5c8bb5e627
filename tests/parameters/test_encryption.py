"""Texts at rest: never in clear, opened by any key of the ring, never passed on unopened."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection

from parameters import encryption, store
from parameters.catalogue import ISOCHATBOT
from parameters.models import Detail

Put = Callable[..., Detail]
CANARY = "canary-4417-in-clear"
OLD_KEY = Fernet.generate_key().decode()
NEW_KEY = "any other text of thirty-two letters or more"


def at_rest() -> str:
    """Everything the database holds of details, as it holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM parameters_detail")
        return repr(cursor.fetchall())


@pytest.fixture
def keys(settings: Any) -> Callable[..., None]:
    return lambda *ring: setattr(settings, "ISOBOT_ENCRYPTION_KEYS", list(ring))


@pytest.mark.parametrize("question", ["PROVEDOR_TOKEN", "NomeBot", "PROVEDOR_TOKNE", "outra"])
@pytest.mark.parametrize("field", ["answer", "note"])
def test_SE2_no_text_of_any_detail_is_at_rest_in_clear(put: Put, question: str, field: str) -> None:
    row = put(question, **{field: CANARY})
    row.refresh_from_db()
    assert getattr(row, field) == CANARY
    assert CANARY not in at_rest()


def test_the_same_text_twice_is_two_ciphertexts(put: Put) -> None:
    put("NomeBot", answer=CANARY, note=CANARY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT answer, note FROM parameters_detail WHERE question = 'NomeBot'")
        answer, note = cursor.fetchone()
    assert answer != note


def test_an_empty_text_is_empty_at_rest(put: Put) -> None:
    row = put("NomeBot", answer="")
    row.refresh_from_db()
    assert (row.answer, encryption.encrypt("")) == ("", "")


def test_an_older_key_of_the_ring_opens_what_it_wrote(put: Put, keys: Callable[..., None]) -> None:
    keys(OLD_KEY)
    put("NomeBot", answer=CANARY)
    keys(NEW_KEY, OLD_KEY)
    assert store.read(ISOCHATBOT.NomeBot) == CANARY


def test_SE2_after_rotation_the_old_key_may_be_dropped(put: Put, keys: Callable[..., None]) -> None:
    keys(OLD_KEY)
    put("PROVEDOR_TOKEN", note=CANARY)
    put("sem chave", answer=CANARY)
    before = dict(Detail.objects.values_list("pk", "updated_at"))
    keys(NEW_KEY, OLD_KEY)
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    keys(NEW_KEY)
    assert store.read(ISOCHATBOT.PROVEDOR_TOKEN) == CANARY
    assert Detail.objects.get(question="sem chave").answer == CANARY
    assert dict(Detail.objects.values_list("pk", "updated_at")) == before
    assert CANARY not in out.getvalue() + at_rest()


def test_SE2_without_rotation_dropping_the_key_is_an_error_that_says_what_to_do(
    put: Put, keys: Callable[..., None]
) -> None:
    keys(OLD_KEY)
    put("PROVEDOR_TOKEN", note=CANARY)
    keys(NEW_KEY)
    with pytest.raises(encryption.WrongKey, match="ISOBOT_ENCRYPTION_KEYS") as error:
        store.read(ISOCHATBOT.PROVEDOR_TOKEN)
    assert "gAAAA" not in str(error.value)
    assert error.value.__cause__ is None


@pytest.mark.parametrize("stored", ["plain text of an older copy", "gAAAAA", CANARY])
def test_what_was_never_encrypted_is_not_passed_on(db: None, stored: str) -> None:
    with pytest.raises(encryption.WrongKey) as error:
        encryption.decrypt(stored)
    assert stored not in str(error.value)


@pytest.mark.parametrize("text", ["a", "ção ☕", "x" * 20_000, "a\nb"], ids=range(4))
def test_every_text_comes_back_as_it_was(text: str) -> None:
    assert encryption.decrypt(encryption.encrypt(text)) == text
