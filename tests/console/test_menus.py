"""Menus in the console: what is kept, what is refused, and what the preview shows."""

from __future__ import annotations

import re
import uuid
from html import unescape
from typing import Any

import pytest
from django.test import Client

from chat.bot import actions, texts
from chat.models import AuditEntry, Channel, Classification, Membership, Menu, MenuOption
from chat.services import bots
from tests.chat.conftest import human, person, sent, writes

LIST = "/supervisor/chat/menus/"
ADD = f"{LIST}incluir/"
PREVIEW = f"{LIST}previa/"
HAND_OFF = {"label": "Falar com atendente", "action": "hand_off"}


@pytest.fixture
def console(house: None) -> Client:
    client = Client()
    client.force_login(person("supervisor"))
    return client


def edit(menu: Menu) -> str:
    return f"{LIST}ver,{menu.pk}"


def main() -> Menu:
    return Menu.objects.get(default=True)


def form(*rows: dict[str, Any], name: str = "Vendas", **fields: Any) -> dict[str, Any]:
    """What a browser posts; each row is an option."""
    data = {"name": name, "options-TOTAL_FORMS": len(rows), "options-INITIAL_FORMS": 0}
    for index, row in enumerate(rows):
        values = {"action": "hand_off", "ORDER": index + 1, **row}
        data |= {f"options-{index}-{name}": value for name, value in values.items()}
    return data | {"submission": str(uuid.uuid4())} | fields


def rows_of(menu: Menu) -> list[dict[str, Any]]:
    """The rows its page posts untouched."""
    return [
        {"id": o.pk, "label": o.label, "action": o.action, "text": o.text}
        for o in menu.options.filter(parent=None).order_by("order")
    ]


def labels(menu: Menu) -> list[str]:
    return list(menu.options.filter(parent=None).order_by("order").values_list("label", flat=True))


def page(answer: Any) -> str:
    return unescape(answer.content.decode())


def shown(answer: Any) -> str:
    """The text of a page, without its tags."""
    return unescape(re.sub(r"<[^>]*>", "", answer.content.decode()))


def test_the_list_tells_the_default_its_options_and_its_channels(console: Client) -> None:
    text = shown(console.get(LIST))
    assert "Menu principal" in text
    assert "WhatsApp 5541999990000" in text
    assert "Telegram 700000001" in text


def test_a_menu_is_added_with_its_options_in_the_order_of_their_numbers(console: Client) -> None:
    hours = {"label": "Horário", "action": "text", "text": "Das 8h às 18h.", "ORDER": 9}
    people = {**HAND_OFF, "classification": human().pk, "ORDER": 2}
    answer = console.post(ADD, form(hours, people, greeting="Oi!"))
    menu = Menu.objects.get(name="Vendas")
    assert answer.status_code == 302
    assert answer["Location"] == edit(menu)
    assert menu.greeting == "Oi!"
    assert not menu.default
    found = menu.options.order_by("order").values_list("label", "action", "classification", "text")
    assert list(found) == [
        ("Falar com atendente", "hand_off", human().pk, ""),
        ("Horário", "text", None, "Das 8h às 18h."),
    ]


def test_the_form_sent_twice_makes_one_menu(console: Client) -> None:
    data = form(HAND_OFF)
    first, second = console.post(ADD, data), console.post(ADD, data)
    assert Menu.objects.filter(name="Vendas").count() == 1
    assert second["Location"] == first["Location"]


def test_an_edited_menu_sent_twice_is_changed_once(console: Client) -> None:
    data = form(*rows_of(main()), {"label": "Sair", "action": "end"}, name="Menu principal")
    for _ in range(2):
        # The second one knows the new option no more than the first did.
        assert console.post(edit(main()), data).status_code == 302
    assert labels(main()).count("Sair") == 1
    assert AuditEntry.objects.count() == 1


def test_a_label_somebody_else_used_meanwhile_is_refused(console: Client) -> None:
    data = form(*rows_of(main()), {"label": "Loja", "action": "end"})
    MenuOption.objects.create(menu=main(), order=9, label="LOJA", action="hand_off")
    assert console.post(edit(main()), data).status_code == 400


def test_options_keep_their_ids_when_they_are_moved_renamed_and_removed(console: Client) -> None:
    hours, people, leave = rows_of(main())
    people["label"], people["ORDER"], hours["ORDER"] = "Chamar alguém", 1, 2
    leave["DELETE"] = "on"
    assert console.post(edit(main()), form(hours, people, leave, default="on")).status_code == 302
    found = list(main().options.order_by("order").values_list("pk", "label"))
    assert found == [(people["id"], "Chamar alguém"), (hours["id"], "Horário de atendimento")]


def test_rows_nobody_wrote_in_make_no_option(console: Client) -> None:
    blank = {"label": "", "text": "  ", "ORDER": ""}
    assert console.post(ADD, form(HAND_OFF, blank, blank)).status_code == 302
    assert labels(Menu.objects.get(name="Vendas")) == ["Falar com atendente"]


def test_a_submenu_and_what_is_below_it_survive_a_save(console: Client) -> None:
    menu = main()
    top = MenuOption.objects.create(menu=menu, order=4, label="Assuntos", action="submenu")
    MenuOption.objects.create(menu=menu, parent=top, order=1, label="Trocas", action="hand_off")
    text = shown(console.get(edit(menu)))
    assert "Assuntos" in text
    assert "Trocas" in text
    moved = {"id": top.pk, "ORDER": 1, "label": "hackeado", "action": "end", "DELETE": "on"}
    others = [{**row, "ORDER": 5} for row in rows_of(menu)[:3]]
    assert console.post(edit(menu), form(moved, *others)).status_code == 302
    assert labels(menu)[0] == "Assuntos"
    assert list(top.children.values_list("label", "action")) == [("Trocas", "hand_off")]


def test_an_option_somebody_else_added_meanwhile_stays(console: Client) -> None:
    data = form(*rows_of(main()), name="Menu principal")
    MenuOption.objects.create(menu=main(), order=9, label="Nova", action="end")
    assert console.post(edit(main()), data).status_code == 302
    assert labels(main())[-1] == "Nova"


def test_an_option_somebody_else_removed_meanwhile_is_told(console: Client) -> None:
    rows = rows_of(main())
    MenuOption.objects.filter(pk=rows[0]["id"]).delete()
    answer = console.post(edit(main()), form(*rows))
    assert answer.status_code == 400
    assert main().name == "Menu principal"


def test_an_option_of_another_menu_is_not_taken(console: Client) -> None:
    other = Menu.objects.create(name="Outro")
    assert console.post(edit(other), form(*rows_of(main()))).status_code == 400
    assert labels(other) == []
    assert len(labels(main())) == 3


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ([{"label": "", "text": "Oi", "action": "text"}], "options-0-label"),
        ([{"label": "x" * 61}], "options-0-label"),
        ([HAND_OFF, {**HAND_OFF, "label": " falar com ATENDENTE!"}], "options-1-label"),
        ([{"label": "🛒"}, {"label": "🛒"}], "options-1-label"),
        ([{"label": "Horário", "action": "text"}], "options-0-text"),
        ([{"label": "Horário", "action": "text", "text": " \r\n "}], "options-0-text"),
        ([{"label": "Horário", "action": "submenu"}], "options-0-action"),
        ([{"label": "Horário", "action": "nothing"}], "options-0-action"),
        ([{**HAND_OFF, "classification": "999"}], "options-0-classification"),
    ],
)
def test_a_wrong_option_is_refused_beside_it(
    console: Client, rows: list[dict[str, Any]], place: str
) -> None:
    answer = console.post(ADD, form(*rows))
    assert answer.status_code == 400
    assert f'id="id_{place}_error"' in page(answer)
    assert not Menu.objects.filter(name="Vendas").exists()


@pytest.mark.parametrize("spoiled", ["inactive", "bot"])
def test_people_are_called_only_in_a_classification_that_serves_them(
    console: Client, spoiled: str
) -> None:
    queue = Classification.objects.create(
        description="Loja", kind="bot" if spoiled == "bot" else "human", active=spoiled == "bot"
    )
    answer = console.post(ADD, form({**HAND_OFF, "classification": queue.pk}))
    assert answer.status_code == 400
    assert "id_options-0-classification_error" in page(answer)


@pytest.mark.parametrize("fields", [{"name": ""}, {"classification": "999"}, {"greeting": "\x00"}])
def test_a_wrong_field_is_refused_and_changes_nothing(
    console: Client, fields: dict[str, Any]
) -> None:
    before = AuditEntry.objects.count()
    assert console.post(edit(main()), form(**{"name": "Novo", **fields})).status_code == 400
    assert main().name == "Menu principal"
    assert AuditEntry.objects.count() == before


def test_a_human_classification_is_not_the_bots(console: Client) -> None:
    assert console.post(ADD, form(HAND_OFF, classification=human().pk)).status_code == 400


def test_more_options_than_a_menu_holds_are_refused(console: Client) -> None:
    rows = [{"label": f"Opção {number}"} for number in range(31)]
    assert console.post(ADD, form(*rows)).status_code == 400


def test_making_a_menu_the_default_moves_the_mark(console: Client) -> None:
    old = main()
    assert console.post(ADD, form(HAND_OFF, default="on")).status_code == 302
    assert main().name == "Vendas"
    assert Menu.objects.filter(default=True).count() == 1
    assert console.post(edit(old), form(*rows_of(old), default="on")).status_code == 302
    assert main() == old


def test_the_default_menu_stays_the_default_whatever_is_posted(console: Client) -> None:
    menu = main()
    assert console.post(edit(menu), form(*rows_of(menu), name="Principal")).status_code == 302
    assert main() == menu
    assert main().name == "Principal"


def test_the_default_menu_cannot_be_removed(console: Client) -> None:
    Channel.objects.all().delete()
    remove = f"{LIST}excluir,{main().pk}"
    assert 'type="submit" class="btn btn-danger"' not in page(console.get(remove))
    console.post(remove)
    assert main().options.count() == 3


def test_a_menu_channels_use_is_kept_and_they_are_named(console: Client) -> None:
    menu = Menu.objects.create(name="Loja")
    Channel.objects.filter(kind="telegram").update(menu=menu)
    remove = f"{LIST}excluir,{menu.pk}"
    assert "Telegram 700000001" in shown(console.get(remove))
    answer = console.post(remove, follow=True)
    assert "Telegram 700000001" in shown(answer)
    assert Menu.objects.filter(pk=menu.pk).exists()


def test_a_menu_nobody_uses_is_removed_with_its_options(console: Client) -> None:
    menu = Menu.objects.create(name="Loja")
    MenuOption.objects.create(menu=menu, label="Sair", action="end")
    console.post(f"{LIST}excluir,{menu.pk}")
    assert not Menu.objects.filter(pk=menu.pk).exists()
    entry = AuditEntry.objects.latest("id")
    assert (entry.what, entry.by) == ("removed", person("supervisor"))


def test_a_change_is_in_the_audit_with_what_was_before(console: Client) -> None:
    hours, people, leave = rows_of(main())
    hours["text"] = "Das 9h às 17h."
    console.post(edit(main()), form(hours, people, leave, name="Menu principal"))
    entry = AuditEntry.objects.get(what="changed")
    [(before, after)] = entry.data["changes"].values()
    assert "8h às 18h" in before
    assert "9h às 17h" in after


def test_a_menu_saved_as_it_was_leaves_no_entry(console: Client) -> None:
    console.post(edit(main()), form(*rows_of(main()), name="Menu principal"))
    assert not AuditEntry.objects.exists()


def test_a_conversation_in_the_middle_of_a_changed_menu_goes_on(console: Client) -> None:
    conversation = writes("Oi")
    hours, people, leave = rows_of(main())
    leave["ORDER"], people["ORDER"], hours["DELETE"] = 1, 2, "on"
    assert console.post(edit(main()), form(hours, people, leave)).status_code == 302
    writes("2")
    conversation.refresh_from_db()
    assert conversation.status == "waiting"
    assert sent(conversation)[-1].startswith(texts.HAND_OFF)


def test_the_actions_offered_are_those_of_the_bot(
    console: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = actions.ACTIONS["end"]
    monkeypatch.setitem(actions.ACTIONS, "ring", actions.Action("Ring a bell", known.answer))
    assert '<option value="ring">Ring a bell</option>' in page(console.get(ADD))
    assert console.post(ADD, form({"label": "Sino", "action": "ring"})).status_code == 302


def previewed(console: Client, *rows: dict[str, Any], **fields: Any) -> str:
    answer = console.post(PREVIEW, form(*rows, **fields))
    assert answer.status_code == 200
    return shown(answer)


def test_the_preview_is_what_a_customer_then_receives(console: Client) -> None:
    hours = {"label": "Horário", "action": "text", "text": "Das 8h às 18h."}
    text = previewed(console, hours, HAND_OFF, greeting="Bem-vindo!", menu=main().pk)
    assert main().greeting == ""
    assert labels(main())[0] == "Horário de atendimento"
    gone = [{**row, "DELETE": "on"} for row in rows_of(main())]
    console.post(edit(main()), form(*gone, hours, HAND_OFF, greeting="Bem-vindo!"))
    assert labels(main()) == ["Horário", "Falar com atendente"]
    assert sent(writes("Oi"))[0] in text


def test_the_preview_answers_the_option_chosen_and_says_what_follows(console: Client) -> None:
    hours = {"label": "Horário", "action": "text", "text": "Das 8h às 18h."}
    assert "Das 8h às 18h." in previewed(console, hours, HAND_OFF, choose="1")
    text = previewed(console, hours, HAND_OFF, choose=["1", "2"], hand_off="Chamando!")
    assert "Chamando!" in text
    assert human().description in text
    assert "data-choose" not in console.post(PREVIEW, form(HAND_OFF, choose="1")).content.decode()


def test_braces_nothing_takes_the_place_of_are_told(console: Client) -> None:
    assert "assim mesmo" not in previewed(console, HAND_OFF, not_understood="“{texto}”? Escolha:")
    for field in ("greeting", "still_not_understood", "hand_off", "goodbye"):
        assert "“{texto}” chega ao cliente assim" in previewed(
            console, HAND_OFF, **{field: "{texto}"}
        )
    assert "“{nome}” chega" in previewed(console, HAND_OFF, not_understood="{nome}, como?")
    assert "“{texto” chega" in previewed(console, HAND_OFF, not_understood="Não sei {texto")
    assert "“{hora}” chega" in previewed(console, {**HAND_OFF, "label": "Até {hora}"})


def test_the_preview_opens_the_submenus_of_the_stored_menu(console: Client) -> None:
    top = MenuOption.objects.create(menu=main(), order=4, label="Assuntos", action="submenu")
    MenuOption.objects.create(menu=main(), parent=top, order=1, label="Trocas", action="end")
    rows = [{"id": top.pk, "ORDER": 1}]
    assert "1 - Trocas" in previewed(console, *rows, menu=main().pk, choose="1")


def test_the_preview_takes_half_a_form_and_saves_nothing(console: Client) -> None:
    before = (Menu.objects.count(), MenuOption.objects.count(), AuditEntry.objects.count())
    previewed(console, {"label": ""}, {"label": "x" * 200}, {"ORDER": "z", "label": "y"}, name="")
    assert console.post(PREVIEW, {}).status_code == 200
    assert (Menu.objects.count(), MenuOption.objects.count(), AuditEntry.objects.count()) == before


@pytest.mark.parametrize("menu", ["999", "x", "9" * 30, "-1"])
def test_the_preview_of_a_menu_that_is_not_there_is_404(console: Client, menu: str) -> None:
    assert console.post(PREVIEW, form(menu=menu)).status_code == 404


def test_what_people_write_is_text_on_every_page(console: Client) -> None:
    bad = '"><script>alert(1)</script>'
    rows = [{"label": bad, "action": "text", "text": bad}]
    assert b"<script>alert" not in console.post(PREVIEW, form(*rows, greeting=bad)).content
    assert console.post(ADD, form(*rows, name=bad, greeting=bad)).status_code == 302
    menu = Menu.objects.get(greeting=bad)
    for address in (LIST, edit(menu), f"{LIST}excluir,{menu.pk}"):
        assert b"<script>alert" not in console.get(address).content
    assert bots.as_values(menu).greeting == bad


@pytest.mark.parametrize(
    ("rows", "warned"),
    [
        ([{"label": "Sair", "action": "end"}], 1),
        ([], 1),
        ([{**HAND_OFF, "label": "Falar com um dos nossos atendentes"}], 1),
        ([HAND_OFF, {"label": "Tudo", "action": "text", "text": "x" * 1000}], 1),
        ([{**HAND_OFF, "label": f"Equipe {number}"} for number in range(11)], 1),
        ([{**HAND_OFF, "label": f"Equipe {number}"} for number in range(10)], 0),
        ([HAND_OFF], 0),
    ],
)
def test_what_deserves_a_second_look_is_said_and_not_refused(
    console: Client, rows: list[dict[str, Any]], warned: int
) -> None:
    answer = console.post(PREVIEW, form(*rows))
    assert answer.content.count(b"is-warn") == warned
    assert console.post(ADD, form(*rows)).status_code == 302


def test_a_first_message_longer_than_a_channel_takes_is_warned_of(console: Client) -> None:
    answer = console.post(PREVIEW, form(HAND_OFF, greeting="x" * 990))
    assert "Instagram" in shown(answer)
    assert "1000" in shown(answer)


def test_a_queue_without_agents_is_warned_of(console: Client) -> None:
    Membership.objects.all().delete()
    assert "is-warn" in page(console.post(PREVIEW, form(HAND_OFF)))


@pytest.mark.parametrize("username", ["atendente", "atendente2"])
def test_menus_are_for_supervisors(house: None, username: str) -> None:
    client = Client()
    client.force_login(person(username))
    for address in (LIST, ADD, edit(main()), f"{LIST}excluir,{main().pk}"):
        assert client.get(address).status_code == 403
        assert client.post(address, form(HAND_OFF)).status_code == 403
    assert client.post(PREVIEW, form(HAND_OFF)).status_code == 403
    assert Menu.objects.count() == 1
