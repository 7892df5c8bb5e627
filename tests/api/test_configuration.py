"""Classifications, their agents, channels and menus by program."""

from __future__ import annotations

from typing import Any

import pytest

from chat.models import AuditEntry, Channel, Classification, Membership, Menu
from tests.api.conftest import As
from tests.chat.conftest import colleague, human, person, waiting
from tests.conftest import LINE

CLASSIFICATIONS = "/api/v1/classifications/"
CHANNELS = "/api/v1/channels/"
MENUS = "/api/v1/menus/"


def bot() -> Classification:
    return Classification.objects.get(kind="bot")


def audited() -> list[tuple[str, str, str]]:
    rows = AuditEntry.objects.order_by("id")
    return [(entry.by_name, entry.what, entry.about) for entry in rows]


class TestClassifications:
    def test_everybody_signed_in_reads_them(self, rest: As) -> None:
        for who in ("atendente", "supervisor"):
            found = rest(who).get(CLASSIFICATIONS).json()
            assert set(found) == {"next", "previous", "results"}
            assert [row["description"] for row in found["results"]] == ["ISOCHAT BOT", "WhatsApp"]
            one = rest(who).get(f"{CLASSIFICATIONS}{human().pk}/").json()
            assert one == {
                "code": human().pk, "description": "WhatsApp", "kind": "human", "active": True,
            }  # fmt: skip

    def test_added_and_changed_with_an_audit(self, rest: As) -> None:
        supervisor = rest("supervisor")
        made = supervisor.post(CLASSIFICATIONS, {"description": " Vendas ", "kind": "human"})
        assert made.status_code == 201
        assert (made.json()["description"], made.json()["active"]) == ("Vendas", True)
        one = f"{CLASSIFICATIONS}{made.json()['code']}/"
        changed = supervisor.patch(one, {"active": False, "code": 1, "x": 2})
        assert changed.json() == {**made.json(), "active": False}
        assert audited() == [
            ("Sílvia Nunes", "added", "Vendas"),
            ("Sílvia Nunes", "changed", "Vendas"),
        ]
        changes = AuditEntry.objects.latest("id").data["changes"]
        assert changes == {"active": ["True", "False"]}

    def test_a_change_of_nothing_is_not_audited(self, rest: As) -> None:
        body = {"description": "WhatsApp", "kind": "human", "active": True}
        one = f"{CLASSIFICATIONS}{human().pk}/"
        assert rest("supervisor").patch(one, body).status_code == 200
        assert audited() == []

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"kind": "human"}, "description"),
            ({"description": "Vendas"}, "kind"),
            ({"description": "  ", "kind": "human"}, "description"),
            ({"description": "x" * 101, "kind": "human"}, "description"),
            ({"description": "Vendas", "kind": "outra"}, "kind"),
            ({"description": "Vendas", "kind": "human", "active": "talvez"}, "active"),
        ],
    )
    def test_bad_input_names_its_field(self, rest: As, body: Any, field: str) -> None:
        answer = rest("supervisor").post(CLASSIFICATIONS, body)
        assert (answer.status_code, list(answer.json())) == (400, [field])

    def test_the_type_stays_while_somebody_relies_on_it(self, rest: As) -> None:
        supervisor = rest("supervisor")
        answer = supervisor.patch(f"{CLASSIFICATIONS}{human().pk}/", {"kind": "bot"})
        assert (answer.status_code, list(answer.json())) == (400, ["kind"])
        waiting()
        Membership.objects.all().delete()
        answer = supervisor.patch(f"{CLASSIFICATIONS}{human().pk}/", {"kind": "bot"})
        assert answer.status_code == 400
        unused = Classification.objects.create(description="Nova", kind="human")
        answer = supervisor.patch(f"{CLASSIFICATIONS}{unused.pk}/", {"kind": "bot"})
        assert answer.json()["kind"] == "bot"


class TestAgents:
    def at(self, classification: Classification) -> str:
        return f"{CLASSIFICATIONS}{classification.pk}/agents/"

    def test_members_and_supervisors_read_them(self, rest: As) -> None:
        colleague("de fora")
        for who in ("atendente", "supervisor", "admin"):
            found = rest(who).get(self.at(human())).json()["results"]
            assert found == [
                {"agent": "atendente", "supervisor": False},
                {"agent": "atendente2", "supervisor": False},
            ]
        assert rest("de fora").get(self.at(human())).status_code == 403

    def test_added_with_an_audit(self, rest: As) -> None:
        colleague("nova")
        body = {"agent": "nova", "supervisor": True}
        answer = rest("supervisor").post(self.at(human()), body)
        assert (answer.status_code, answer.json()) == (201, body)
        assert Membership.objects.get(classification=human(), user__username="nova").supervisor
        assert audited() == [("Sílvia Nunes", "added", "nova › WhatsApp")]

    @pytest.mark.parametrize("agent", ["atendente", "ninguém", "saiu", "", "x" * 151])
    def test_who_cannot_be_one_is_400(self, rest: As, agent: str) -> None:
        type(person("admin")).objects.filter(pk=colleague("saiu").pk).update(is_active=False)
        answer = rest("supervisor").post(self.at(human()), {"agent": agent})
        assert (answer.status_code, list(answer.json())) == (400, ["agent"])
        assert audited() == []

    def test_the_bots_has_none(self, rest: As) -> None:
        answer = rest("supervisor").post(self.at(bot()), {"agent": "atendente"})
        assert (answer.status_code, list(answer.json())) == (400, ["agent"])


class TestChannels:
    NEW = {"kind": "whatsapp", "adapter": "botmaker", "line": "+55 (41) 99999-0001"}

    def test_a_channel_has_the_shape_of_the_contract(self, rest: As) -> None:
        channel = Channel.objects.get(kind="whatsapp")
        found = rest("supervisor").get(f"{CHANNELS}{channel.pk}/").json()
        assert found == {
            "id": channel.pk, "key": "whatsapp", "kind": "whatsapp", "adapter": "botmaker",
            "line": LINE, "active": True, "menu": channel.menu_id,
        }  # fmt: skip
        assert found in rest("supervisor").get(CHANNELS).json()["results"]

    def test_key_and_menu_are_made_where_left_out(self, rest: As) -> None:
        made = rest("supervisor").post(CHANNELS, self.NEW)
        assert made.status_code == 201
        found = made.json()
        assert (found["key"], found["line"]) == ("whatsapp-2", "5541999990001")
        assert found["menu"] == Menu.objects.get(default=True).pk
        assert "credentials" not in found
        assert audited() == [("Sílvia Nunes", "added", "WhatsApp 5541999990001")]

    def test_a_change_is_partial_and_audited(self, rest: As) -> None:
        channel = Channel.objects.get(kind="telegram")
        one = f"{CHANNELS}{channel.pk}/"
        answer = rest("supervisor").patch(one, {"active": False, "id": 9, "discovered": True})
        assert answer.json()["active"] is False
        channel.refresh_from_db()
        assert (channel.line, channel.discovered, channel.active) == ("700000001", False, False)
        assert AuditEntry.objects.get().data["changes"] == {"active": ["True", "False"]}

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"adapter": "telegram"}, "kind"),
            ({"adapter": "x"}, "adapter"),
            ({"adapter": ""}, "adapter"),
            ({"kind": "fax"}, "kind"),
            ({"line": "abc"}, "line"),
            ({"line": ""}, "line"),
            ({"line": "²²²"}, "line"),
            ({"line": LINE}, "line"),
            ({"line": "+55 41 99999-0000"}, "line"),
            ({"line": "1" * 256}, "line"),
            ({"key": "whatsapp"}, "key"),
            ({"key": "com espaço"}, "key"),
            ({"key": "x" * 51}, "key"),
            ({"menu": 9_000_000}, "menu"),
            ({"menu": 2**70}, "menu"),
            ({"active": "talvez"}, "active"),
            ({"credentials": {"access_token": "x"}}, "credentials"),
            ({"credentials": "x"}, "credentials"),
        ],
    )
    def test_bad_input_names_its_field(self, rest: As, change: Any, field: str) -> None:
        answer = rest("supervisor").post(CHANNELS, {**self.NEW, **change})
        assert (answer.status_code, list(answer.json())) == (400, [field])
        assert audited() == []

    def test_one_number_answers_with_one_menu(self, rest: As) -> None:
        other = Menu.objects.create(name="Outro menu")
        body = {**self.NEW, "line": LINE, "menu": other.pk}
        refused = rest("supervisor").post(CHANNELS, body)
        assert refused.status_code == 400
        main = Menu.objects.get(default=True).name
        assert main in refused.json()["line"][0] and "whatsapp" in refused.json()["line"][0]

    def test_what_people_wrote_on_keeps_its_type(self, rest: As) -> None:
        channel = waiting().identity.channel
        answer = rest("supervisor").patch(f"{CHANNELS}{channel.pk}/", {"kind": "messenger"})
        assert (answer.status_code, list(answer.json())) == (400, ["kind"])


def test_menus(rest: As) -> None:
    main = Menu.objects.get(default=True)
    found = rest("supervisor").get(MENUS).json()["results"]
    assert found == [{"id": main.pk, "name": main.name, "default": True}]


@pytest.mark.parametrize("who", ["atendente", "marcada"])
def test_AZ2_agents_configure_nothing(rest: As, who: str) -> None:
    colleague("marcada", marked=True, of=human())
    agent = rest(who)
    for answer in (
        agent.post(CLASSIFICATIONS, {"description": "x", "kind": "human"}),
        agent.patch(f"{CLASSIFICATIONS}{human().pk}/", {"active": False}),
        agent.post(f"{CLASSIFICATIONS}{human().pk}/agents/", {"agent": "admin"}),
        agent.get(CHANNELS),
        agent.post(CHANNELS, TestChannels.NEW),
        agent.patch(f"{CHANNELS}{Channel.objects.latest('id').pk}/", {"active": False}),
        agent.get(MENUS),
    ):
        assert answer.status_code == 403
    assert audited() == []


def test_what_is_not_there_is_404(rest: As) -> None:
    supervisor = rest("supervisor")
    for address in ("classifications/9000000/", "classifications/9000000/agents/"):
        assert supervisor.get(f"/api/v1/{address}").status_code == 404
    assert supervisor.patch("/api/v1/channels/9000000/", {"active": True}).status_code == 404


@pytest.mark.parametrize("address", [CLASSIFICATIONS, CHANNELS])
def test_half_a_character_is_refused_in_words(rest: As, address: str) -> None:
    answer = rest("supervisor").raw("POST", address, b'{"kind": "\\ud800"}')
    assert answer.status_code == 400
    assert '"?"' in answer.json()["kind"][0]
