"""Parameters through REST: one detail, by its literal question."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chat.models import Channel
from parameters import store
from parameters.catalogue import ISOCHATBOT
from parameters.models import Detail, Parameter
from tests import together
from tests.api.conftest import As
from tests.chat.conftest import human
from tests.stack import PROFILES, why_not

CANARY = "canary-secret-7731"


def at(question: str, parameter: str = "ISOCHATBOT", user: str = "ISOPADRAO") -> str:
    return f"/api/v1/parameters/{parameter}/users/{user}/details/{question}/"


def test_a_detail_has_four_fields(rest: As) -> None:
    answer = rest("supervisor").get(at("NomeBot"))
    assert answer.status_code == 200
    assert answer.json() == {"answer": "isocrmsandbox", "note": "", "order": 1, "active": True}


def test_put_makes_then_changes_then_delete_removes(rest: As) -> None:
    client = rest("supervisor")
    address = at("NOVA", "OUTRO", "FULANO")
    made = client.put(address, {"answer": "a", "note": "b", "order": 3, "active": False})
    expected = {"answer": "a", "note": "b", "order": 3, "active": False}
    assert (made.status_code, made.json()) == (201, expected)
    changed = client.put(address, {"answer": "c"})
    assert (changed.status_code, changed.json()) == (200, {**expected, "answer": "c"})
    gone = client.delete(address)
    assert (gone.status_code, gone.content) == (204, b"")
    assert client.get(address).status_code == client.delete(address).status_code == 404


def test_put_makes_a_missing_parameter_and_user_active(rest: As) -> None:
    rest("supervisor").put(at("NOVA", "OUTRO", "FULANO"), {"answer": "a"})
    parameter = Parameter.objects.get(name="OUTRO")
    assert parameter.active
    assert parameter.users.get().active


@pytest.mark.parametrize("sent", ["'{}'", "‘{}’", '"{}"', " {} ", " ' {} ' "])
def test_codes_are_stored_and_returned_without_quotes_and_spaces(rest: As, sent: str) -> None:
    code = str(human().code)
    answer = rest("supervisor").put(at("CLASS_CHAT_ATENDIMENTO"), {"answer": sent.format(code)})
    assert (answer.status_code, answer.json()["answer"]) == (200, code)
    row = Detail.objects.get(question="CLASS_CHAT_ATENDIMENTO")
    assert row.answer == code


def test_the_question_is_literal_and_its_alias_another_row(rest: As) -> None:
    client = rest("supervisor")
    assert client.get(at("AVISO_CONV_INICIADA")).status_code == 404
    made = client.put(at("AVISO_CONV_INICIADA"), {"answer": "s"})
    assert (made.status_code, made.json()["answer"]) == (201, "S")
    assert client.get(at("AVISO_CONV_INCIADA")).json()["answer"] == "C"
    assert client.get(at("aviso_conv_iniciada")).json()["answer"] == "S"


@pytest.mark.parametrize(
    ("question", "answer", "says"),
    [
        ("CLASS_CHAT_ATENDIMENTO", "1,2", "menu"),
        ("CLASS_CHAT_ATENDIMENTO", "onze", "Código"),
        ("CLASS_CHAT_ATENDIMENTO", "9000", "9000"),
        ("CLASS_CHAT_ATENDIMENTO", "the bot's", "CLASS_CHAT_BOT"),
        ("CLASS_CHAT_BOT", "the people's", "CLASS_CHAT_ATENDIMENTO"),
        ("AVISO_CONV_INCIADA", "X", "S, C, N"),
        ("AVISO_TRANSFER", "C", "S, N"),
        ("TAMANHO_MAX_ANEXO", "100MB", "100"),
        ("PROVEDOR_PHONE", "123", "5541999999999"),
        ("PROVEDOR_PHONE", "(41) 99999-9999", "55"),
        ("PROVEDOR_PHONE", "+55 (20) 99999-9999", "5541999999999"),
        ("PROVEDOR_ACCOUNT", "iso crm", "espaço"),
        ("PROVEDOR_ID", "iso\ncrm", "espaço"),
        ("AVISO_ESPERA", "C", "S, N"),
        ("NomeBot", "duas\nlinhas", "linha"),
        ("TIPO_ECONTACT", "1;2", "menu"),
        ("TIPO_TELEFONE", "9000", "9000"),
        ("PROVEDOR_API", "v3", "v2, v1"),
        ("linkImage", "javascript:alert(1)", "https://"),
        ("linkImage", "../outra.png", "https://"),
        ("linkImage", "https://intranet/a.png", "https://"),
        ("PROVEDOR_DATE", "2026-11-20T13:05:11-03:00", "sistema"),
    ],
)
def test_a_bad_value_is_400_naming_the_reason_and_the_old_one_stays(
    rest: As, question: str, answer: str, says: str
) -> None:
    kept = Detail.objects.filter(question=question).values("answer", "order").get()
    codes = {
        "the bot's": str(store.read(ISOCHATBOT.CLASS_CHAT_BOT)),
        "the people's": str(human().code),
    }
    refused = rest("supervisor").put(
        at(question), {"answer": codes.get(answer, answer), "order": 7}
    )
    assert (refused.status_code, list(refused.json())) == (400, ["answer"])
    assert says in refused.json()["answer"][0]
    assert Detail.objects.filter(question=question).values("answer", "order").get() == kept


@pytest.mark.parametrize(
    "question",
    [
        "AVISO_CONV_INCIADA",
        "AVISO_CONV_INICIADA",
        "AVISO_TRANSFER",
        "AVISO_ESPERA",
        "MSG_ENCERRAMENTO",
    ],
)
@pytest.mark.parametrize("piece", ["{nome}", "{{cliente}}", "{0.__class__}", "${}", "{% now %}"])
def test_a_text_with_an_unknown_placeholder_is_400_naming_the_known_ones(
    rest: As, question: str, piece: str
) -> None:
    refused = rest("supervisor").put(at(question), {"answer": "S", "note": f"Olá {piece}"})
    assert (refused.status_code, list(refused.json())) == (400, ["note"])
    assert "{atendente}, {classificacao}, {cliente}" in refused.json()["note"][0]


def test_the_date_of_the_verification_is_ordered_and_removed_but_not_written(rest: As) -> None:
    client = rest("supervisor")
    held = client.get(at("PROVEDOR_DATE")).json()
    same = client.put(at("PROVEDOR_DATE"), {**held, "order": 2, "active": False})
    assert (same.status_code, same.json()) == (200, {**held, "order": 2, "active": False})
    assert client.put(at("PROVEDOR_DATE"), {"note": "x"}).status_code == 400
    assert client.delete(at("PROVEDOR_DATE")).status_code == 204
    assert list(client.put(at("PROVEDOR_DATE"), held).json()) == ["answer"]
    assert client.get(at("PROVEDOR_DATE")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"answer": None},
        {"answer": ["a"]},
        {"answer": "a\x00"},
        {"answer": "a\ud800"},
        {"note": {}},
        {"order": 0},
        {"order": "um"},
        {"order": 40_000},
        {"active": "talvez"},
        {"active": None},
        [],
        "text",
    ],
)
def test_bad_input_is_400(rest: As, body: Any) -> None:
    client = rest("supervisor")
    assert client.raw("PUT", at("NomeBot"), json.dumps(body).encode()).status_code == 400
    assert client.get(at("NomeBot")).json()["answer"] == "isocrmsandbox"


@pytest.mark.parametrize(
    ("names", "status"),
    [
        (("%00", "ISOCHATBOT", "ISOPADRAO"), 404),
        (("X", "ISO%00", "ISOPADRAO"), 404),
        (("X", "ISOCHATBOT", "%00"), 404),
        (("x" * 101, "ISOCHATBOT", "ISOPADRAO"), 404),
        (("%20", "ISOCHATBOT", "ISOPADRAO"), 404),
        (("%F0%9F%98%80", "ISOCHATBOT", "ISOPADRAO"), 404),
    ],
)
def test_a_name_nothing_can_have_is_404_and_cannot_be_made(
    rest: As, names: tuple[str, str, str], status: int
) -> None:
    client = rest("supervisor")
    address = at(*names)
    assert client.get(address).status_code == status
    assert client.delete(address).status_code == status
    makes = client.put(address, {"answer": "a"}).status_code
    assert makes == (201 if "%F0" in address else 400)


def test_saving_the_phone_moves_the_whatsapp_channel_to_it(rest: As) -> None:
    rest("supervisor").put(at("PROVEDOR_PHONE"), {"answer": "+55 41 97777-0000"})
    assert Channel.objects.get(kind="whatsapp").line == "5541977770000"


class TestSecrets:
    """What REST says of a secret: its last four letters, and nothing else, ever."""

    QUESTIONS = (
        "PROVEDOR_TOKEN",
        "PROVEDOR_REFRESHTOKEN",
        "PROVEDOR_SECRET_ID",
        "PROVEDOR_WEBHOOK_TOKEN",
    )

    @pytest.mark.parametrize("question", QUESTIONS)
    @pytest.mark.parametrize("field", ["answer", "note"])
    def test_SE1_a_secret_is_in_no_answer(self, rest: As, question: str, field: str) -> None:
        client = rest("supervisor")
        empty = {"answer": "", "note": ""}
        seen = [
            client.put(at(question), {**empty, field: CANARY}),
            client.get(at(question)),
            client.put(at(question), {"order": 2}),
            client.put(at(question), {field: f"{CANARY}\x00"}),
            client.put(at(question), {field: "••••0000"}),
            client.get("/api/v1/events/"),
            client.get("/api/v1/conversations/"),
            client.delete(at(question)),
        ]
        for answer in seen:
            assert CANARY.encode() not in answer.content
        other = "note" if field == "answer" else "answer"
        assert seen[1].json()[field] == "••••7731"
        assert seen[1].json()[other] == ""
        assert [answer.status_code for answer in seen] == [200, 200, 200, 400, 400, 200, 200, 204]

    def test_the_mask_keeps_and_a_new_value_replaces(self, rest: As) -> None:
        client = rest("supervisor")
        client.put(at("PROVEDOR_SECRET_ID"), {"answer": CANARY, "note": ""})
        kept = client.put(at("PROVEDOR_SECRET_ID"), {"answer": "••••7731", "note": ""})
        assert kept.status_code == 200
        assert store.read(ISOCHATBOT.PROVEDOR_SECRET_ID) == CANARY
        new = {"answer": "••••7731", "note": "the-new-secret-0002"}
        assert client.put(at("PROVEDOR_SECRET_ID"), new).json()["answer"] == ""
        assert store.read(ISOCHATBOT.PROVEDOR_SECRET_ID) == "the-new-secret-0002"

    def test_a_secret_of_mail_is_masked_too(self, rest: As) -> None:
        made = rest("supervisor").put(at("SENHA", "SMTPCONFIG"), {"answer": CANARY})
        assert made.json()["answer"] == "••••7731"


@pytest.mark.parametrize("username", ["atendente", "atendente2"])
def test_AZ2_agents_neither_read_nor_write_parameters(rest: As, username: str) -> None:
    client = rest(username)
    assert client.get(at("NomeBot")).status_code == 403
    assert client.put(at("NomeBot"), {"answer": "mine"}).status_code == 403
    assert client.delete(at("NomeBot")).status_code == 403
    assert store.read(ISOCHATBOT.NomeBot) == "isocrmsandbox"


@pytest.mark.flow
@pytest.mark.parametrize("profile", PROFILES)
def test_first_puts_of_one_detail_at_one_moment_make_one_row(profile: str) -> None:
    if why_not(profile):
        pytest.skip(why_not(profile))
    together.run(profile, "first_put")
