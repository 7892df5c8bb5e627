"""Supervisor > Chat > Canais: lines, the menu that answers on each, and what may not change."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest

from chat.models import AuditEntry, Channel, Menu
from chat.services import channels
from tests.chat.conftest import LINE, setting, writes
from tests.console.conftest import At

LIST = "/supervisor/chat/canais/"
ADD = f"{LIST}incluir/"


def row(channel: Channel) -> str:
    return f"{LIST}ver,{channel.pk}"


def whatsapp() -> Channel:
    return Channel.objects.get(key="whatsapp")


def filled(**fields: Any) -> dict[str, Any]:
    found = {
        "kind": "whatsapp",
        "line": "+55 (41) 97777-0000",
        "adapter": "botmaker",
        "menu": channels.default_menu().pk,
        "active": "on",
        "key": "",
    }
    return {**found, **fields}


def test_the_list_shows_each_line_with_its_menu_and_what_came_last(desk: At) -> None:
    writes()
    Channel.objects.filter(key="telegram").update(discovered=True, active=False)
    page = desk("supervisor").get(LIST).text
    assert ">+55 (41) 99999-0000</a>" in page and "Menu principal" in page
    assert "Descoberto" in page and "Inativo" in page and "Botmaker" in page
    assert page.count("<time ") == 1


def test_a_channel_is_saved_once_and_gets_a_key(desk: At) -> None:
    supervisor = desk("supervisor")
    token = supervisor.get(ADD).submission
    first, second = (supervisor.post(ADD, submission=token, **filled()) for _ in range(2))
    made = Channel.objects.get(line="5541977770000")
    assert first.location == second.location == row(made)
    assert (made.key, made.discovered, made.active) == ("whatsapp-2", False, True)
    assert 'value="whatsapp-2"' in supervisor.get(row(made)).text
    assert AuditEntry.objects.get().what == "added"


def test_the_form_offers_the_default_menu_and_only_providers_that_exist(desk: At) -> None:
    page = desk("supervisor").get(ADD).text
    assert f'value="{channels.default_menu().pk}" selected' in page
    assert 'value="botmaker"' in page
    assert desk("supervisor").add(ADD, **filled(adapter="outro")).status == 400


def test_menu_and_state_are_changed(desk: At) -> None:
    other = Menu.objects.create(name="Vendas")
    supervisor = desk("supervisor")
    answer = supervisor.post(row(whatsapp()), kind="whatsapp", adapter="botmaker", menu=other.pk)
    assert answer.status == 302
    assert (whatsapp().menu, whatsapp().active, whatsapp().line) == (other, False, LINE)
    assert "ninguém recebe o que os clientes escrevem nele" in supervisor.get(LIST).text
    assert AuditEntry.objects.get().what == "changed"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"line": "5541 99999 0000"}, "line"),
        ({"line": ""}, "line"),
        ({"line": "minha linha"}, "line"),
        ({"line": "41"}, "line"),
        ({"kind": "telegram", "line": "700000001"}, "line"),
        ({"kind": "messenger", "line": "104857600000001"}, "line"),
        ({"kind": "fax"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"key": "whatsapp"}, "key"),
        ({"key": "com espaço"}, "key"),
        ({"menu": "999999"}, "menu"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(desk: At, fields: dict[str, Any], wrong: str) -> None:
    page = desk("supervisor").add(ADD, **filled(**fields))
    assert page.status == 400
    assert len(page.errors) == 1 and f'href="#id_{wrong}"' in page.text
    assert Channel.objects.count() == 4


def test_a_number_that_serves_a_menu_is_refused_naming_its_channel(desk: At) -> None:
    page = desk("supervisor").add(ADD, **filled(line=LINE))
    assert any("whatsapp" in one and "Menu principal" in one for one in page.errors)


def test_a_channel_people_wrote_on_stays_of_its_kind(desk: At) -> None:
    writes()
    page = desk("supervisor").post(row(whatsapp()), **filled(kind="telegram", line=LINE))
    assert page.status == 400
    assert any("Já escreveram" in one or "Já" in one for one in page.errors)
    assert whatsapp().kind == "whatsapp"


def test_the_line_of_provedor_phone_is_changed_there_alone(desk: At) -> None:
    supervisor = desk("supervisor")
    assert "acompanha PROVEDOR_PHONE" in supervisor.get(row(whatsapp())).text
    supervisor.post(row(whatsapp()), **filled(line="5541911110000"))
    assert whatsapp().line == LINE
    setting("PROVEDOR_PHONE", "5541922220000")
    channels.follow_phone()
    Channel.objects.filter(key="whatsapp").update(line="5541933330000")
    assert "acompanha PROVEDOR_PHONE" not in supervisor.get(row(whatsapp())).text


def test_a_menu_of_two_numbers_is_told_in_the_guides_words(desk: At) -> None:
    supervisor = desk("supervisor")
    words = "Um número Whatsapp/Telegram para cada menubot (menu) no isoBot"
    assert words not in supervisor.get(row(whatsapp())).text
    other = supervisor.add(ADD, **filled()).location
    assert words in supervisor.get(row(whatsapp())).text and words in supervisor.get(other).text
    assert words not in supervisor.get(row(Channel.objects.get(key="telegram"))).text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "99999"}, {"whatsapp"}),
        ({"q": "telegram"}, {"telegram"}),
        ({"tipo": "messenger"}, {"messenger"}),
        ({"ativo": "0"}, set()),
        ({"q": "principal"}, {"whatsapp", "messenger", "instagram", "telegram"}),
    ],
)
def test_the_filter_leaves_what_was_asked_for(
    desk: At, query: dict[str, str], found: set[str]
) -> None:
    page = desk("supervisor").get(LIST, **query).text
    assert {one.key for one in Channel.objects.all() if f'href="{row(one)}"' in page} == found


def test_an_empty_list_says_what_makes_channels(desk: At) -> None:
    Channel.objects.all().delete()
    page = desk("supervisor").get(LIST).text
    assert "Nenhum canal ainda." in page and f'href="{ADD}"' in page


def test_an_agent_has_no_business_here(desk: At) -> None:
    for address in (LIST, ADD, row(whatsapp())):
        assert desk("atendente").get(address).status == 403
        assert desk("atendente").post(address, **filled()).status == 403
        assert unquote(desk(None).get(address).location) == f"/entrar/?next={address}"
    assert Channel.objects.count() == 4
