"""The menu bot as people write to it: what is meant by a line, and where it leads."""

from __future__ import annotations

import re

import pytest

from chat.bot import engine, texts
from chat.bot.menu import End, HandOff, Menu, Option, State, Step

HOURS = Option(10, "Horário de atendimento", "text", "Das 8h às 18h.")
PERSON = Option(20, "Falar com atendente", "hand_off")
EXCHANGE = Option(31, "Trocas & devoluções", "text", "Em até 7 dias.")
STORES = Option(33, "Lojas", "submenu", "", None, (Option(331, "Centro", "text", "Rua A, 1"),))
SALES = Option(32, "Vendas", "hand_off", "Chamando Vendas.", classification=7)
SUBJECTS = Option(30, "Assuntos", "submenu", "Sobre qual assunto?", None, (EXCHANGE, SALES, STORES))
LEAVE = Option(40, "Encerrar conversa", "end")
MENU = Menu(
    texts.GREETING,
    texts.NOT_UNDERSTOOD,
    texts.STILL_NOT_UNDERSTOOD,
    texts.HAND_OFF,
    texts.GOODBYE,
    (HOURS, PERSON, SUBJECTS, LEAVE),
)
TOP = State(greeted=True)
INSIDE = State((30,), greeted=True)
DEEP = State((30, 33), greeted=True)


def says(text: str, state: State = TOP, payload: str = "", menu: Menu = MENU) -> Step:
    step = engine.advance(menu, state, text, payload)
    assert step.reply.strip()
    return step


def offered(step: Step) -> list[str]:
    """The labels of the numbered lines, numbered 1, 2, 3, … and the same as can be tapped."""
    lines = re.findall(r"^\W*(\d+)\W+(.+)$", step.reply, re.MULTILINE)
    assert [int(number) for number, _label in lines] == list(range(1, len(lines) + 1))
    labels = [label for _number, label in lines]
    assert labels == [option.label for option in step.options]
    return labels


@pytest.mark.parametrize("text", ["Oi", "2", "falar com atendente", "", "😀", "Encerrar conversa"])
def test_a_first_message_gets_greeting_and_menu_in_one_reply(text: str) -> None:
    step = says(text, State())
    assert step.state == TOP
    assert step.effect is None
    assert step.reply.splitlines()[0] == texts.GREETING
    assert offered(step) == [option.label for option in MENU.options]


@pytest.mark.parametrize(
    "text",
    [
        "2",
        "2.",
        "2)",
        "(2)",
        " 2 ",
        "02",
        "2️⃣",
        "２",
        "*2*",
        "n 2",
        "op 2",
        "opção 2",
        "OPCAO 2",
        "Opção 02.",
        "número 2",
        "Falar com atendente",
        "falar com ATENDENTE",
        "Fálar com aténdente!",
        "𝐅alar com 𝓐tendente",
        "  falar   com  atendente ",
        "2 Falar com atendente",
        "2. falar com atendente",
        "*2* - Falar com atendente",
    ],
)
def test_every_way_of_naming_an_option_chooses_it(text: str) -> None:
    step = says(text)
    assert step.effect == HandOff()
    assert step.reply == texts.HAND_OFF


@pytest.mark.parametrize(
    "text", ["Trocas & devoluções", "trocas devolucoes", "1", "1 trocas & DEVOLUÇÕES"]
)
def test_a_label_with_signs_and_accents_is_found_without_them(text: str) -> None:
    assert says(text, INSIDE).reply.startswith("Em até 7 dias.")


@pytest.mark.parametrize(
    "text", ["quero falar com atendente", "Um ATENDENTE, por favor!", "3 Falar com atendente"]
)
def test_who_asks_for_a_person_in_a_sentence_gets_one(text: str) -> None:
    assert says(text).effect == HandOff(why="asked")


@pytest.mark.parametrize("text", ["0", "5", "99", "2 3", "1000", "-", "atende"])
def test_what_names_no_option_is_a_miss(text: str) -> None:
    step = says(text)
    assert step.state.misses == 1
    assert step.effect is None


def test_a_tapped_row_counts_whatever_its_text_says() -> None:
    assert says("texto da linha", payload="20").effect == HandOff()
    assert says("1", payload="40").effect == End()
    assert says("Horário de atendimento", payload="40").effect == End()


@pytest.mark.parametrize("payload", ["999", "xx", "0", " "])
def test_a_tapped_row_that_is_gone_leaves_it_to_the_text(payload: str) -> None:
    assert says("2", payload=payload).effect == HandOff()
    assert says("nada disso", payload=payload).state.misses == 1
    assert says("Vendas", State(), payload).reply.startswith(texts.GREETING)


@pytest.mark.parametrize("state", [State(), TOP, INSIDE, DEEP, State((999,), 2, greeted=True)])
def test_a_tapped_row_of_an_old_message_leads_to_where_its_option_is(state: State) -> None:
    exchange = says("Trocas & devoluções", state, "31")
    assert exchange.reply.startswith("Em até 7 dias.")
    assert exchange.state == INSIDE
    stores = says("Lojas", state, "33")
    assert (offered(stores), stores.state) == (["Centro"], DEEP)
    assert says("Vendas", state, "32").effect == HandOff(7)
    assert says("Horário de atendimento", state, "10").state == TOP


def test_a_tapped_row_is_found_by_its_id_after_the_menu_was_written_anew() -> None:
    moved = Option(20, "Pessoas", "submenu", "", None, (Option(10, "Quando abre?", "text", "9h"),))
    menu = Menu("a", "b", "c", "d", "e", (Option(50, "Horário de atendimento", "end"), moved))
    step = says("Horário de atendimento", payload="10", menu=menu)
    assert (step.reply.splitlines()[0], step.state) == ("9h", State((20,), greeted=True))


@pytest.mark.parametrize("text", ["1", "2", "4", "atendente", "sair"])
def test_what_is_no_list_offers_nothing_to_tap(text: str) -> None:
    assert says(text).options == ()


def test_an_option_of_a_classification_hands_off_to_it_with_its_own_text() -> None:
    step = says("2", INSIDE)
    assert (step.reply, step.effect) == ("Chamando Vendas.", HandOff(7))


def test_a_text_option_answers_says_the_way_on_and_stays() -> None:
    assert says("1").reply == f"{HOURS.text}\n\n{texts.AGAIN}"
    step = says("1", State((30,), misses=2, greeted=True))
    assert step.reply.endswith(texts.BACK)
    assert step.state == INSIDE


def test_a_submenu_offers_its_own_numbers() -> None:
    step = says("3")
    assert step.state == INSIDE
    assert step.reply.splitlines()[0] == "Sobre qual assunto?"
    assert offered(step) == ["Trocas & devoluções", "Vendas", "Lojas"]


def test_back_goes_up_one_level_and_at_the_top_shows_the_menu() -> None:
    up = says("voltar", DEEP)
    assert up.state == INSIDE
    assert up.reply.splitlines()[0] == "Sobre qual assunto?"
    assert says("voltar", up.state).state == TOP
    assert says("voltar", TOP).state == TOP


@pytest.mark.parametrize("state", [State(), TOP, INSIDE, DEEP, State((30,), 2, greeted=True)])
@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("menu", None),
        ("MENU!", None),
        ("voltar", None),
        ("atendente", HandOff(why="asked")),
        ("Atendente.", HandOff(why="asked")),
        ("sair", End()),
        (" Sair ", End()),
    ],
)
def test_the_words_of_the_bot_work_everywhere(
    state: State, text: str, effect: HandOff | End | None
) -> None:
    step = says(text, state)
    assert step.effect == effect
    assert effect is not None or step.state.misses == 0


def test_an_option_named_like_a_word_of_the_bot_is_the_option() -> None:
    menu = Menu("a", "b", "c", "d", "e", (Option(1, "Sair", "text", "Por qual porta?"),))
    assert says("sair", menu=menu).effect is None


def test_three_misses_in_a_row_call_a_person_with_one_reply_each() -> None:
    first = says("quero um pônei")
    assert "quero um pônei" in first.reply
    assert offered(first)[1] == "Falar com atendente"
    second = says("um pônei!", first.state)
    assert second.reply.startswith(texts.STILL_NOT_UNDERSTOOD)
    third = says("pônei", second.state)
    assert third.reply == texts.HAND_OFF
    assert third.effect == HandOff(why="not_understood")
    assert [step.state.misses for step in (first, second, third)] == [1, 2, 3]


@pytest.mark.parametrize("text", ["1", "3", "menu", "voltar"])
def test_an_answer_that_is_understood_starts_the_count_again(text: str) -> None:
    assert says(text, State((), 2, greeted=True)).state.misses == 0


def test_a_miss_inside_a_submenu_stays_inside() -> None:
    step = says("?", INSIDE)
    assert step.state == State((30,), 1, greeted=True)
    assert offered(step)[1] == "Vendas"


@pytest.mark.parametrize("text", ["", "   ", "😀", "👍🏽", "…"])
def test_what_has_no_letters_chooses_nothing(text: str) -> None:
    menu = Menu("a", "b", "c", "d", "e", (Option(1, "🛒", "end"), PERSON))
    assert says(text, menu=menu).effect is None


@pytest.mark.parametrize("text", ["{texto}", "{0.__class__}", "%(x)s", "{{7*7}}", "${HOME}", "\\9"])
def test_what_was_typed_is_quoted_and_never_a_template(text: str) -> None:
    assert says(text).reply.startswith(f"Não entendi “{text}”.")


def test_what_was_typed_is_quoted_on_one_short_line() -> None:
    line = says("linha um\nlinha dois " + "x" * 5000).reply.splitlines()[0]
    assert "linha um linha dois" in line
    assert len(line) < 120


@pytest.mark.parametrize(
    "text",
    ["a" * 65_536, "(a+)+$" * 11_000, "2" * 65_536, " " * 65_536, "\u0301" * 65_536],
    ids=["letters", "a pattern", "digits", "spaces", "accents"],
)
def test_a_huge_message_is_answered_as_any_other(text: str) -> None:
    assert len(says(text).reply) < 1000


def test_a_submenu_that_is_gone_shows_the_menu_instead_of_another_lists_option() -> None:
    gone = State((999, 1), 1, greeted=True)
    for text in ("4", "opção 4"):
        step = says(text, gone)
        assert (step.effect, step.state) == (None, TOP)
        assert step.reply.startswith(texts.GREETING)
    assert says("atendente", gone).effect == HandOff(why="asked")
    assert says("Falar com atendente", gone).effect == HandOff()
    assert says("voltar", gone).state == TOP
    assert says("qualquer coisa", gone).state.path == ()


def test_an_action_nobody_knows_calls_a_person() -> None:
    menu = Menu("a", "b", "c", "Chamando.", "e", (Option(1, "Robô", "from_a_newer_version"),))
    step = says("1", menu=menu)
    assert (step.reply, step.effect) == ("Chamando.", HandOff(why="bot_error"))
