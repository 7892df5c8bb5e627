"""The acceptance list of the guide, 2 to 7: what people type into ISOCHATBOT, and what acts."""

from __future__ import annotations

import json
from typing import Any

import pytest
import responses

from chat.models import Classification
from chat.services import classifications, notices
from chat.services.channels import default_menu
from parameters import lint, store
from parameters.models import Detail, Parameter, ParameterUser
from provider import credentials, registry
from tests.chat.conftest import person, waiting

TOKEN = "eyJhbGciOiJIUzI1NiJ9.payload.signature"
OTHER = "eyJhbGciOiJIUzI1NiJ9.another.signature"
REFRESH = "refresh-token-of-many-characters"
ADDRESS = "/api/v1/parameters/ISOCHATBOT/users/ISOPADRAO/details/"
NAMED = "Olá! Aqui é Ana Lima. Vou continuar o seu atendimento."
SIMPLE = "Seu atendimento foi iniciado."


@pytest.fixture
def put(api: Any) -> Any:
    """`put("NomeBot", answer="x")` is what a supervisor's program sends; its status comes back."""
    rest = api("supervisor")

    def send(question: str, **body: Any) -> int:
        status: int = rest.put(f"{ADDRESS}{question}/", body, format="json").status_code
        return status

    return send


def inside(question: str, answer: str, note: str = "") -> Detail:
    """The row as a copy of another installation brings it."""
    Detail.objects.filter(question__iexact=question).delete()
    user = store.add_user("ISOCHATBOT", "ISOPADRAO")
    return Detail.objects.create(user=user, question=question, answer=answer, note=note)


def found() -> set[tuple[str, str]]:
    return {(one.code, one.question) for one in lint.findings("ISOCHATBOT")}


def start_notice() -> str:
    return notices.start(waiting(), agent=person("atendente"))


def sent_to_provider() -> Any:
    return credentials.load(registry.get("botmaker"))


@pytest.mark.parametrize("typed", ["‘{}’", "'{}'", '"{}"', "  {} ", " “ {} ” "])
def test_02_quoted_or_spaced_code_is_accepted(put: Any, typed: str) -> None:
    human = Classification.objects.create(description="Vendas", kind="human")
    bot = Classification.objects.create(description="Outro bot", kind="bot")
    assert put("CLASS_CHAT_ATENDIMENTO", answer=typed.format(human.pk)) == 200
    assert put("CLASS_CHAT_BOT", answer=typed.format(bot.pk)) == 200
    assert classifications.for_people() == human
    assert classifications.for_bot(default_menu()) == bot


@pytest.mark.parametrize("question", ["AVISO_CONV_INCIADA", "AVISO_CONV_INICIADA"])
@pytest.mark.parametrize(("value", "text"), [("S", SIMPLE), ("C", NAMED), ("N", "")])
def test_03_both_spellings_of_aviso_conv_iniciada_act(
    put: Any, question: str, value: str, text: str
) -> None:
    Detail.objects.get(question="AVISO_CONV_INCIADA").delete()
    assert put(question, answer=value) == 201
    assert start_notice() == text


@pytest.mark.parametrize("question", ["AVISO_CONV_INCIADA", "AVISO_CONV_INICIADA"])
@pytest.mark.parametrize("value", ["X", "SIM", "0"])
def test_03_an_invalid_aviso_conv_iniciada_is_refused_and_inside_means_n(
    put: Any, question: str, value: str
) -> None:
    assert put(question, answer=value) == 400
    assert start_notice() == NAMED
    inside(question, value)
    assert start_notice() == ""
    assert ("illegal_value", question) in found()


def test_03_of_both_spellings_of_aviso_conv_iniciada_the_corrected_one_wins(put: Any) -> None:
    assert put("AVISO_CONV_INCIADA", answer="C") == 200
    assert put("AVISO_CONV_INICIADA", answer="S") == 201
    assert start_notice() == SIMPLE
    assert ("both_spellings", "AVISO_CONV_INCIADA") in found()


@pytest.mark.parametrize("level", [Parameter, ParameterUser, Detail])
def test_04_inactive_parameter_user_or_detail_disables_the_key(house: None, level: Any) -> None:
    assert start_notice() == NAMED
    level.objects.update(active=False)
    assert start_notice() == ""
    assert sent_to_provider()["access_token"] == ""
    assert "inactive" in {code for code, _question in found()}
    level.objects.update(active=True)
    assert start_notice() == NAMED


@pytest.mark.parametrize(
    ("answer", "note", "token", "odd"),
    [
        (TOKEN, "", TOKEN, None),
        ("", TOKEN, TOKEN, None),
        (TOKEN, TOKEN, TOKEN, None),
        (OTHER, TOKEN, TOKEN, "answer_note_differ"),
        ("PROVEDOR TOKEN", TOKEN, TOKEN, None),
        (TOKEN, "AcessarToken", TOKEN, None),
        ("PROVEDOR TOKEN", "AcessarToken", "", "guide_words_only"),
    ],
)
def test_05_token_in_resposta_observacao_both_conflicting_placeholder(
    put: Any, answer: str, note: str, token: str, odd: str | None
) -> None:
    assert put("PROVEDOR_TOKEN", answer=answer, note=note) == 200
    assert sent_to_provider()["access_token"] == token
    told = {code for code, question in found() if question == "PROVEDOR_TOKEN"} - {"missing_key"}
    assert told == ({odd} if odd else set())


def test_06_refreshtoken_resposta_numeric_is_ignored(put: Any) -> None:
    assert put("PROVEDOR_REFRESHTOKEN", answer="11", note=REFRESH) == 200
    assert sent_to_provider()["refresh_token"] == REFRESH
    assert ("unread_answer", "PROVEDOR_REFRESHTOKEN") in found()
    inside("PROVEDOR_REFRESHTOKEN", "11")
    assert sent_to_provider()["refresh_token"] == ""
    assert ("missing_key", "PROVEDOR_REFRESHTOKEN") in found()


@pytest.mark.parametrize("question", ["PROVEDOR_ID", "PROVEDOR_ACCOUNT"])
def test_07_id_account_alias_either_is_enough(put: Any, question: str) -> None:
    Detail.objects.filter(question__in=["PROVEDOR_ID", "PROVEDOR_ACCOUNT"]).delete()
    assert ("missing_key", "PROVEDOR_ID") in found()
    assert put(question, answer="‘isocrm’") == 201
    assert renews_as() == "isocrm"
    assert found() == set()


def test_07_id_account_alias_id_renews_where_they_differ(put: Any) -> None:
    assert put("PROVEDOR_ID", answer="isocrm") == 200
    assert put("PROVEDOR_ACCOUNT", answer="outra") == 200
    assert renews_as() == "isocrm"
    assert found() == {("id_account_differ", "PROVEDOR_ID")}


def renews_as() -> str:
    """The id of the user that the provider is asked to renew the token of."""
    with responses.RequestsMock() as provider:
        provider.post("http://127.0.0.1:9/v2.0/auth/credentials", status=204)
        registry.get("botmaker").refresh(sent_to_provider())
        body: dict[str, str] = json.loads(provider.calls[0].request.body or b"")
    return body["clientId"]
