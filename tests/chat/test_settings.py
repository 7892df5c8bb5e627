"""Changing parameters: who did it is kept, and no secret with it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import QuerySet

from chat import audit as sentences
from chat.errors import NotAllowed
from chat.models import AuditEntry
from chat.services import settings
from parameters import store
from parameters.catalogue import ISOCHATBOT
from parameters.kinds import BadValue
from parameters.models import Detail, Parameter, ParameterUser

SECRET, OTHER = "canary-secret-7731", "canary-secret-9902"
JWT = "eyJhbGciOiJIUzI1NiJ9.canary.signature"
WHERE = "ISOCHATBOT › ISOPADRAO › "


@pytest.fixture
def silvia(house: None) -> User:
    QuerySet(AuditEntry).delete()  # its own refuses
    return User.objects.get(username="supervisor")


def put(question: str, by: User, **fields: Any) -> Detail:
    return settings.put_detail("ISOCHATBOT", "ISOPADRAO", question, by=by, **fields)[0]


def entries() -> list[tuple[str, str, str, dict[str, Any]]]:
    rows = AuditEntry.objects.order_by("pk")
    return [(row.by_name, row.what, row.about, row.data.get("changes", {})) for row in rows]


def test_a_change_keeps_who_what_and_both_values(silvia: User) -> None:
    put("NomeBot", silvia, answer=" outro ", order=2)
    assert entries() == [
        (
            "Sílvia Nunes",
            "changed",
            f"{WHERE}NomeBot",
            {"answer": ["isocrmsandbox", "outro"], "order": ["1", "2"]},
        )
    ]


def test_a_new_detail_is_added_and_a_removed_one_removed(silvia: User) -> None:
    row = put("AVISO_CONV_INICIADA", silvia, answer="s", note="Olá")
    settings.remove_detail(row, by=silvia)
    told = [(what, about) for _by, what, about, _changes in entries()]
    assert told == [
        ("added", f"{WHERE}AVISO_CONV_INICIADA"),
        ("removed", f"{WHERE}AVISO_CONV_INICIADA"),
    ]
    assert entries()[0][3]["answer"] == ["", "S"]
    assert entries()[1][3]["note"] == ["Olá", ""]
    assert not Detail.objects.filter(question="AVISO_CONV_INICIADA").exists()


def test_saving_the_same_again_leaves_no_entry(silvia: User) -> None:
    put("NomeBot", silvia, answer="isocrmsandbox")
    put("PROVEDOR_SECRET_ID", silvia, answer=store.mask(store.read(ISOCHATBOT.PROVEDOR_SECRET_ID)))
    assert entries() == []


def test_a_refused_value_leaves_no_entry(silvia: User) -> None:
    with pytest.raises(BadValue):
        put("AVISO_TRANSFER", silvia, answer="X")
    assert entries() == []


@pytest.mark.parametrize(
    ("question", "column"),
    [
        ("PROVEDOR_TOKEN", "note"),
        ("PROVEDOR_REFRESHTOKEN", "note"),
        ("PROVEDOR_REFRESHTOKEN", "answer"),
        ("PROVEDOR_SECRET_ID", "answer"),
        ("PROVEDOR_WEBHOOK_TOKEN", "answer"),
        ("PROVEDOR_TOKNE", "answer"),
        ("PROVEDOR_TOKNE", "note"),
        ("CLASS_CHAT_BOT", "note"),
    ],
)
def test_a_secret_is_kept_as_a_fingerprint_that_tells_changes(
    silvia: User, question: str, column: str
) -> None:
    for secret in (SECRET, OTHER):
        row = put(question, silvia, **{column: secret})
    settings.remove_detail(row, by=silvia)
    told = repr(list(AuditEntry.objects.values()))
    assert SECRET not in told
    assert OTHER not in told
    (_, first), (second, _) = (entries()[number][3][column] for number in (0, 2))
    assert first != second
    assert first
    assert second


def test_a_token_pasted_into_a_plain_text_is_not_kept_in_clear(silvia: User) -> None:
    put("NomeBot", silvia, answer=JWT)
    put("MSG_ENCERRAMENTO", silvia, note=f"Até logo {JWT}")
    assert "canary" not in repr(list(AuditEntry.objects.values()))


def test_rest_says_who_changed_and_removed(silvia: User, api: Any) -> None:
    rest = api("supervisor")
    address = "/api/v1/parameters/ISOCHATBOT/users/ISOPADRAO/details/NomeBot/"
    rest.put(address, {"answer": "outro"}, format="json")
    rest.delete(address)
    assert [entry[:2] for entry in entries()] == [
        ("Sílvia Nunes", "changed"),
        ("Sílvia Nunes", "removed"),
    ]


class TestParametersAndUsers:
    """The two levels above a detail have fields of their own."""

    def make(self, silvia: User, name: str = "NOVO") -> Parameter:
        return settings.save_parameter(
            Parameter(), by=silvia, name=name, description="Novo", note="x", active=True
        )

    def test_a_parameter_is_made_changed_and_told(self, silvia: User) -> None:
        row = self.make(silvia, " NOVO ")
        assert (row.name, row.description, row.note, row.active) == ("NOVO", "Novo", "x", True)
        settings.save_parameter(row, by=silvia, name="NOVO", description="Outra", active=False)
        assert [entry[1:3] for entry in entries()] == [("added", "NOVO"), ("changed", "NOVO")]
        assert entries()[1][3] == {
            "description": ["Novo", "Outra"],
            "note": ["x", ""],
            "active": ["True", "False"],
        }

    @pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\x00", "a\nb", "isochatbot"])
    def test_a_name_that_is_taken_or_cannot_be_is_refused(self, silvia: User, name: str) -> None:
        before = Parameter.objects.count()
        with pytest.raises(BadValue) as refusal:
            self.make(silvia, name)
        assert (refusal.value.field, Parameter.objects.count()) == ("name", before)
        assert str(refusal.value.message)
        assert entries() == []

    def test_a_parameter_keeps_its_own_name_in_another_case(self, silvia: User) -> None:
        row = self.make(silvia)
        assert settings.save_parameter(row, by=silvia, name="Novo").name == "Novo"

    def test_a_description_that_is_too_long_is_refused(self, silvia: User) -> None:
        with pytest.raises(BadValue) as refusal:
            settings.save_parameter(Parameter(), by=silvia, name="NOVO", description="x" * 201)
        assert refusal.value.field == "description"

    def test_adding_the_standard_user_makes_the_keys_of_our_own_once(self, silvia: User) -> None:
        Parameter.objects.filter(name="ISOCHATBOT").delete()
        owner = settings.save_parameter(Parameter(), by=silvia, name="ISOCHATBOT")
        user = settings.save_parameter_user(
            ParameterUser(parameter=owner), by=silvia, name="ISOPADRAO"
        )
        token = store.read(ISOCHATBOT.PROVEDOR_WEBHOOK_TOKEN)
        assert len(token) >= 32
        assert store.read(ISOCHATBOT.PROVEDOR_API) == "v2"
        settings.save_parameter_user(user, by=silvia, name="ISOPADRAO", order=2)
        assert user.details.count() == 2
        assert store.read(ISOCHATBOT.PROVEDOR_WEBHOOK_TOKEN) == token
        assert [entry[1:3] for entry in entries()][1:] == [
            ("added", "ISOCHATBOT › ISOPADRAO"),
            ("changed", "ISOCHATBOT › ISOPADRAO"),
        ]
        assert token not in repr(list(AuditEntry.objects.values()))

    @pytest.mark.parametrize(
        ("fields", "at"),
        [
            ({"name": "isopadrao"}, "name"),
            ({"name": " "}, "name"),
            ({"name": "FULANO", "order": 0}, "order"),
            ({"name": "FULANO", "order": 40_000}, "order"),
        ],
    )
    def test_a_user_that_cannot_be_is_refused(
        self, silvia: User, fields: dict[str, Any], at: str
    ) -> None:
        owner = Parameter.objects.get(name="ISOCHATBOT")
        with pytest.raises(BadValue) as refusal:
            settings.save_parameter_user(ParameterUser(parameter=owner), by=silvia, **fields)
        assert refusal.value.field == at
        assert owner.users.count() == 1
        assert entries() == []


def test_a_supervisor_sees_the_webhook_token_and_that_is_told(silvia: User) -> None:
    token = store.read(ISOCHATBOT.PROVEDOR_WEBHOOK_TOKEN)
    assert settings.reveal_webhook_token(by=silvia) == token
    assert entries() == [("Sílvia Nunes", "revealed", f"{WHERE}PROVEDOR_WEBHOOK_TOKEN", {})]
    assert str(sentences.line(AuditEntry.objects.get()).what) != "revealed"
    assert token not in repr(list(AuditEntry.objects.values()))


def test_an_agent_does_not_see_the_webhook_token(silvia: User) -> None:
    with pytest.raises(NotAllowed):
        settings.reveal_webhook_token(by=User.objects.get(username="atendente"))
    assert entries() == []
