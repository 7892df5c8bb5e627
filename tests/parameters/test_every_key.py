"""The guide's 18 keys, each in every state it can be in: door, effective value, findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from chat.models import Classification, EContactType, PhoneType
from parameters import lint, store
from parameters.catalogue import ISOCHATBOT
from parameters.kinds import BadValue, Notice
from parameters.models import STANDARD_USER, Detail, Parameter, ParameterUser

K = ISOCHATBOT
TOKEN = "eyJhbGciOiJIUzI1NiJ9.payload.signature"
OTHER_TOKEN = "eyJhbGciOiJIUzI1NiJ9.another.signature"
REFRESH = "refresh-token-of-many-characters"
LOGO = "../k2bimages/logoisocrm.png"
CLOSING = (
    "Olá cliente, esse atendimento foi finalizado, mas qualquer dúvida, estamos a disposição. "
    "Atenciosamente, Central de Atendimento."
)
MOMENT = datetime(2026, 11, 20, 13, 5, 11, tzinfo=timezone(timedelta(hours=-3)))
PEOPLE, BOT, OFF, LEGACY = 11, 12, 13, 14


@dataclass(frozen=True)
class Legal:
    """What a person may save, how it is kept, what it means, and what is found odd about it."""

    key: Any
    answer: str = ""
    note: str = ""
    value: Any = None
    kept: tuple[str, str] | None = None
    findings: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True)
class Illegal:
    """What nobody may save: the field at fault and words of the sentence."""

    key: Any
    answer: str
    says: str
    note: str = ""
    at: str = "answer"


def codes(key: Any, code: int) -> list[Legal]:
    kept = (str(code), "")
    spellings = (f"{code}", f" {code} ", f"‘{code}’", f"'{code}'", f'"{code}"', f"“ {code} ”")
    return [Legal(key, text, "", code, kept) for text in spellings]


def no_codes(key: Any) -> list[Illegal]:
    return [
        Illegal(key, "11,12", "use the menu"),
        Illegal(key, "11;12", "use the menu"),
        Illegal(key, "onze", "Código column"),
        Illegal(key, "-1", "Código column"),
        Illegal(key, "9000", "9000"),
    ]


def texts(key: Any, modes: str) -> list[Legal]:
    """A notice in every mode and spelling, with and without a text of its own."""
    spelled = [
        Legal(key, text, "", Notice(mode), (mode, ""))
        for mode in modes
        for text in (mode, mode.lower(), f" ‘{mode}’ ")
    ]
    own = "Olá {cliente}, aqui é {atendente} ({classificacao}).\n\nAté já."
    return [*spelled, Legal(key, "S", f" {own} ", Notice("S", own), ("S", own))]


NOTES = ["{nome}", "{{cliente}}", "{0.__class__}", "${cliente}", "${}", "{% include 'x' %}", "{}"]
NOTES += ["{Cliente}", "{ cliente }", "{cliente", "{cliente.phone}", "{cliente!r}"]


def no_notes(key: Any) -> list[Illegal]:
    says = "use only: {atendente}, {classificacao}, {cliente}"
    return [Illegal(key, "S", says, f"Olá {piece}!", "note") for piece in NOTES]


def ids(key: Any) -> list[Legal]:
    return [Legal(key, text, "", "isocrm", ("isocrm", "")) for text in ("isocrm", " ‘isocrm’ ")]


def no_ids(key: Any) -> list[Illegal]:
    return [Illegal(key, text, "Copy it again") for text in ("iso crm", "a\nb", "isoção")]


LEGAL = [
    *codes(K.CLASS_CHAT_ATENDIMENTO, PEOPLE),
    *codes(K.CLASS_CHAT_BOT, BOT),
    Legal(K.PROVEDOR_TOKEN, TOKEN, "", TOKEN),
    Legal(K.PROVEDOR_TOKEN, "", TOKEN, TOKEN),
    Legal(K.PROVEDOR_TOKEN, TOKEN, TOKEN, TOKEN),
    Legal(K.PROVEDOR_TOKEN, f" {TOKEN}\n", "", TOKEN, (TOKEN, "")),
    Legal(K.PROVEDOR_TOKEN, OTHER_TOKEN, TOKEN, TOKEN, findings=frozenset({"answer_note_differ"})),
    Legal(K.PROVEDOR_TOKEN, "PROVEDOR TOKEN", TOKEN, TOKEN),
    Legal(K.PROVEDOR_TOKEN, TOKEN, "AcessarToken", TOKEN),
    Legal(K.PROVEDOR_REFRESHTOKEN, "", REFRESH, REFRESH),
    Legal(K.PROVEDOR_REFRESHTOKEN, "Atualizar Token", REFRESH, REFRESH),
    Legal(K.PROVEDOR_REFRESHTOKEN, "11", REFRESH, REFRESH, findings=frozenset({"unread_answer"})),
    *[
        Legal(K.PROVEDOR_PHONE, text, "", kept, (kept, ""))
        for text, kept in {
            "5541999999999": "5541999999999",
            "+55 (41) 99999-9999": "5541999999999",
            "‘5541999999999’": "5541999999999",
            "55 41 3333-4444": "554133334444",
            "55 41 9999 8888": "554199998888",
            "+1 212 555 0100": "12125550100",
        }.items()
    ],
    *ids(K.PROVEDOR_ACCOUNT),
    *ids(K.PROVEDOR_ID),
    Legal(K.PROVEDOR_SECRET_ID, "a-secret-of-the-client", "", "a-secret-of-the-client"),
    Legal(K.PROVEDOR_SECRET_ID, "", "a-secret-of-the-client", "a-secret-of-the-client"),
    *texts(K.AVISO_CONV_INCIADA, "SCN"),
    *texts(K.AVISO_TRANSFER, "SN"),
    *texts(K.AVISO_ESPERA, "SN"),
    *codes(K.TIPO_TELEFONE, LEGACY),
    *codes(K.TIPO_ECONTACT, LEGACY),
    Legal(K.MSG_ENCERRAMENTO, "", CLOSING, Notice("S", CLOSING)),
    Legal(K.MSG_ENCERRAMENTO, "Utilizar a observação", CLOSING, Notice("S", CLOSING)),
    Legal(K.MSG_ENCERRAMENTO, "", "Até\n\n\nlogo", Notice("S", "Até\n\n\nlogo")),
    Legal(K.MSG_ENCERRAMENTO, "‘n’", CLOSING, Notice("N", CLOSING)),
    *[
        Legal(K.TAMANHO_MAX_ANEXO, text, "", value, (text.strip(), ""))
        for text, value in {
            "100": Decimal(100),
            " 64 ": Decimal(64),
            "100,5": Decimal("100.5"),
            "0.5": Decimal("0.5"),
        }.items()
    ],
    Legal(K.NomeBot, "isocrmsandbox", "", "isocrmsandbox"),
    Legal(K.NomeBot, " “Bot da loja” ", "", "Bot da loja", ("Bot da loja", "")),
    Legal(K.linkImage, LOGO, "", LOGO),
    Legal(K.linkImage, "‘static/logo.png’", "", "static/logo.png", ("static/logo.png", "")),
    Legal(K.linkImage, "https://cdn.example/a.png", "", "https://cdn.example/a.png"),
]

ILLEGAL = [
    *no_codes(K.CLASS_CHAT_ATENDIMENTO),
    Illegal(K.CLASS_CHAT_ATENDIMENTO, str(BOT), "ISOCHAT BOT"),
    Illegal(K.CLASS_CHAT_ATENDIMENTO, str(OFF), "not active"),
    *no_codes(K.CLASS_CHAT_BOT),
    Illegal(K.CLASS_CHAT_BOT, str(PEOPLE), "WhatsApp"),
    Illegal(K.PROVEDOR_TOKEN, "eyJ with spaces", "Copy it again"),
    Illegal(K.PROVEDOR_TOKEN, "eyJhbGci\nOiJIUzI1NiJ9", "Copy it again"),
    Illegal(K.PROVEDOR_TOKEN, "", "Copy it again", f"Bearer {TOKEN}", "note"),
    Illegal(K.PROVEDOR_REFRESHTOKEN, "", "Copy it again", "dois pedaços", "note"),
    *[
        Illegal(K.PROVEDOR_PHONE, text, says)
        for text, says in {
            "123": "country and area codes",
            "fone": "country and area codes",
            "(41) 99999-9999": "55",
            "55 10 99999-9999": "area code that exists",
            "55 20 99999-9999": "area code that exists",
            "55 41 89999-9999": "9 that start with 9",
            "55 41 1999-9999": "8 digits",
            "55 41 999999": "8 digits",
        }.items()
    ],
    *no_ids(K.PROVEDOR_ACCOUNT),
    *no_ids(K.PROVEDOR_ID),
    Illegal(K.PROVEDOR_SECRET_ID, "não identificado", "Copy it again"),
    Illegal(K.AVISO_CONV_INCIADA, "X", "S, C, N"),
    Illegal(K.AVISO_CONV_INCIADA, "SIM", "S, C, N"),
    *no_notes(K.AVISO_CONV_INCIADA),
    Illegal(K.AVISO_TRANSFER, "C", "S, N"),
    *no_notes(K.AVISO_TRANSFER),
    Illegal(K.AVISO_ESPERA, "C", "S, N"),
    *no_notes(K.AVISO_ESPERA),
    *no_notes(K.MSG_ENCERRAMENTO),
    *no_codes(K.TIPO_TELEFONE),
    *no_codes(K.TIPO_ECONTACT),
    Illegal(K.TAMANHO_MAX_ANEXO, "100MB", "without the unit"),
    Illegal(K.TAMANHO_MAX_ANEXO, "100 MB", "without the unit"),
    *[
        Illegal(K.TAMANHO_MAX_ANEXO, text, "greater than zero")
        for text in ("0", "-1", "1.000", "1_0", "1e2!", "١٠", "99999", "100,5,5")
    ],
    Illegal(K.NomeBot, "bot\nde duas linhas", "one line"),
    *[
        Illegal(K.linkImage, text, "https://")
        for text in (
            "../outra.png",
            "a/../../b.png",
            "javascript:alert(1)",
            "//evil.example/a.png",
            "http://cdn.example/a.png",
            "https://127.0.0.1/a.png",
            "https://10.0.0.1/a.png",
            "https://localhost/a.png",
            "https://intranet/a.png",
            "https://files.local/a.png",
            "https://[::1]/a.png",
        )
    ],
]
GUIDE = [key for key in K.keys.values() if key.initial is None]
DATE = K.PROVEDOR_DATE
EXAMPLES = {case.key: case for case in LEGAL if not case.findings}


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def town(db: None) -> None:
    """The rows that codes point at."""
    human, bot = Classification.Kind.HUMAN, Classification.Kind.BOT
    Classification.objects.create(code=PEOPLE, description="WhatsApp", kind=human)
    Classification.objects.create(code=BOT, description="ISOCHAT BOT", kind=bot)
    Classification.objects.create(code=OFF, description="Antiga", kind=human, active=False)
    for model in (PhoneType, EContactType):
        model.objects.create(code=LEGACY, description="Outro")


def put(key: Any, answer: str, note: str = "") -> Detail:
    return store.put_detail("ISOCHATBOT", STANDARD_USER, key.name, answer=answer, note=note)[0]


def inside(key: Any, answer: str, note: str = "") -> Detail:
    """A row as a copy of another installation brings it: nothing looked at it."""
    user = store.add_user("ISOCHATBOT", STANDARD_USER)
    return Detail.objects.create(user=user, question=key.name, answer=answer, note=note)


def said_of(key: Any) -> set[str]:
    return {one.code for one in lint.findings("ISOCHATBOT") if one.question == key.name}


def test_the_table_knows_every_key_of_the_guide() -> None:
    assert len(GUIDE) == 18
    known = {case.key for case in LEGAL}, {case.key for case in ILLEGAL}
    assert set(GUIDE) - known[0] == set(GUIDE) - known[1] == {K.PROVEDOR_DATE}


@pytest.mark.parametrize("key", GUIDE, ids=lambda key: key.name)
def test_an_absent_key_is_its_default(town: None, key: Any) -> None:
    store.add_user("ISOCHATBOT", STANDARD_USER)
    assert store.read(key) == key.default
    effective = store.effective(key)
    assert (effective.value, effective.source, effective.state) == (key.default, None, "absent")
    assert key.name in effective.reason
    always = {K.CLASS_CHAT_ATENDIMENTO, K.CLASS_CHAT_BOT, K.PROVEDOR_TOKEN}
    assert said_of(key) == ({"missing_key"} if key in always else set())


def test_an_absent_key_is_missed_where_another_makes_it_necessary(town: None) -> None:
    put(K.PROVEDOR_TOKEN, "", TOKEN)
    missed = {one.question for one in lint.findings() if one.code == "missing_key"}
    renewal = {"PROVEDOR_ID", "PROVEDOR_SECRET_ID", "PROVEDOR_REFRESHTOKEN"}
    assert missed == renewal | {"CLASS_CHAT_ATENDIMENTO", "CLASS_CHAT_BOT"}
    put(K.PROVEDOR_ACCOUNT, "isocrm")  # either of the two will do
    assert said_of(K.PROVEDOR_ID) == set()


@pytest.mark.parametrize("case", LEGAL, ids=lambda case: f"{case.key.name}-{case.answer!r}")
def test_a_legal_value_is_taken_and_counts(town: None, case: Legal) -> None:
    row = put(case.key, case.answer, case.note)
    row.refresh_from_db()
    assert (row.answer, row.note) == (case.kept or (case.answer, case.note))
    assert store.read(case.key) == case.value
    effective = store.effective(case.key)
    assert (effective.value, effective.source, effective.state) == (case.value, row.pk, "counts")
    assert said_of(case.key) == case.findings


@pytest.mark.parametrize("case", ILLEGAL, ids=lambda c: f"{c.key.name}-{c.answer!r}{c.note!r}")
def test_an_illegal_value_is_refused_at_the_door(town: None, case: Illegal) -> None:
    good = EXAMPLES[case.key]
    before = put(case.key, good.answer, good.note)
    with pytest.raises(BadValue) as refusal:
        put(case.key, case.answer, case.note)
    assert refusal.value.field == case.at
    assert case.says in str(refusal.value.message)
    assert store.read(case.key) == good.value
    assert Detail.objects.get(pk=before.pk).updated_at == before.updated_at


@pytest.mark.parametrize("case", ILLEGAL, ids=lambda c: f"{c.key.name}-{c.answer!r}{c.note!r}")
def test_an_illegal_value_already_inside_acts_as_the_default(town: None, case: Illegal) -> None:
    row = inside(case.key, case.answer, case.note)
    if not case.key.reference:
        assert store.read(case.key) == case.key.default
    effective = store.effective(case.key)
    assert (effective.value, effective.source) == (case.key.default, None)
    assert effective.state == "illegal"
    assert case.says in effective.reason
    found = [one for one in lint.findings() if one.code == "illegal_value"]
    assert [(one.detail, one.severity) for one in found] == [(row.pk, "error")]
    assert found[0].sentence == effective.reason
    if case.key.is_secret:
        assert (case.answer or case.note) not in found[0].sentence


@pytest.mark.parametrize("level", [Detail, ParameterUser, Parameter], ids=lambda m: m.__name__)
@pytest.mark.parametrize("key", GUIDE, ids=lambda key: key.name)
def test_a_key_counts_only_while_everything_above_it_is_active(
    town: None, key: Any, level: Any
) -> None:
    example = EXAMPLES.get(key, Legal(key, MOMENT.isoformat(), "", MOMENT))
    inside(key, example.answer, example.note)
    assert store.read(key) == example.value
    off = {"name": "ISOCHATBOT"} if level is Parameter else {"name": STANDARD_USER}
    off = {"question": key.name} if level is Detail else off
    level.objects.filter(**off).update(active=False)
    assert store.read(key) == key.default
    effective = store.effective(key)
    assert (effective.value, effective.source, effective.state) == (key.default, None, "inactive")
    assert next(iter(off.values())) in effective.reason
    told = [one for one in lint.findings() if one.code == "inactive"]
    assert [one.question for one in told] == [key.name if level is Detail else ""]


class TestTheDateOfTheVerification:
    """PROVEDOR_DATE is the system's to write; people may order, switch off and remove it."""

    @pytest.mark.parametrize("answer", [MOMENT.isoformat(), "", "ontem"])
    def test_a_person_cannot_make_it(self, db: None, answer: str) -> None:
        with pytest.raises(BadValue, match="system writes"):
            put(DATE, answer)
        with pytest.raises(BadValue, match="system writes"):
            store.put_detail("ISOCHATBOT", STANDARD_USER, DATE.name, active=False)
        assert not Detail.objects.exists()

    @pytest.mark.parametrize(
        ("sent", "at"),
        [
            ({"answer": "2027-01-01T00:00:00-03:00"}, "answer"),
            ({"answer": ""}, "answer"),
            ({"note": "mudei"}, "note"),
            ({"answer": MOMENT.isoformat(), "note": "mudei"}, "note"),
        ],
    )
    def test_a_person_cannot_change_it(self, db: None, sent: dict[str, str], at: str) -> None:
        store.write(DATE, answer=MOMENT.isoformat())
        with pytest.raises(BadValue, match="system writes") as refusal:
            store.put_detail("ISOCHATBOT", STANDARD_USER, DATE.name, **sent)
        assert refusal.value.field == at
        assert store.read(DATE) == MOMENT

    def test_the_rest_of_the_row_is_peoples(self, db: None) -> None:
        store.write(DATE, answer=MOMENT.isoformat())
        row = store.put_detail(
            "ISOCHATBOT",
            STANDARD_USER,
            "provedor_date",
            answer=f" {MOMENT.isoformat()} ",
            order=2,
            active=False,
        )[0]
        assert (row.order, row.active) == (2, False)
        assert store.read(DATE) is None

    @pytest.mark.parametrize("garbage", ["ontem", "2026-11-20", "2026-11-20T13:05:11"])
    def test_garbage_is_as_if_it_were_not_there(self, db: None, garbage: str) -> None:
        row = inside(DATE, garbage)
        assert store.effective(DATE).state == "illegal"
        assert said_of(DATE) == {"illegal_value"}
        store.write(DATE, answer=MOMENT.isoformat())
        row.refresh_from_db()
        assert (row.answer, store.read(DATE)) == (MOMENT.isoformat(), MOMENT)
