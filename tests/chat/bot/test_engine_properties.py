"""What holds for every menu, every state and every text."""

from __future__ import annotations

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from chat.bot import actions, engine, texts
from chat.bot.menu import End, HandOff, Menu, Option, State
from tests.conftest import examples

PLAIN = st.sampled_from(["", "  "]) | st.text(max_size=20)
ACTIONS = st.sampled_from([*actions.ACTIONS, "from_a_newer_version"])


@st.composite
def options(draw: st.DrawFn, depth: int = 2) -> tuple[Option, ...]:
    """Some options; ids may even repeat, as a careless import would leave them."""
    below = options(depth=depth - 1) if depth else st.just(())
    made = st.builds(
        Option,
        st.integers(1, 9),
        PLAIN,
        ACTIONS,
        PLAIN,
        st.none() | st.integers(1, 3),
        below,
    )
    return tuple(draw(st.lists(made, max_size=4)))


MENU_TEXTS = (
    texts.GREETING,
    texts.NOT_UNDERSTOOD,
    texts.STILL_NOT_UNDERSTOOD,
    texts.HAND_OFF,
    texts.GOODBYE,
)
MENUS = st.builds(
    Menu,
    st.just(texts.GREETING),
    st.sampled_from([texts.NOT_UNDERSTOOD, "Não entendi.", "{texto}{texto}"]),
    st.just(texts.STILL_NOT_UNDERSTOOD),
    st.just(texts.HAND_OFF),
    st.just(texts.GOODBYE),
    options(),
)
STATES = st.builds(
    State,
    st.lists(st.integers(1, 9), max_size=3).map(tuple),
    st.integers(0, 5),
    st.booleans(),
)
TYPED = st.one_of(
    st.text(),
    st.sampled_from(["menu", "voltar", "atendente", "sair", "1", "2.", "opção 3", "2 a", ""]),
)


@settings(max_examples=examples(300))
@given(MENUS, STATES, TYPED, st.sampled_from(["", "1", "5", "x"]))
def test_there_is_always_one_reply_and_a_state_to_go_on_from(
    menu: Menu, state: State, text: str, payload: str
) -> None:
    step = engine.advance(menu, state, text, payload)
    assert step.reply.strip()
    assert engine.advance(menu, step.state, "menu").reply.strip()


def is_one_place(menu: Menu, path: tuple[int, ...]) -> bool:
    """Whether each id on the way names one option: a list below another of the same id is lost."""
    options = menu.options
    for option_id in path:
        entered = [option for option in options if option.id == option_id]
        if len(entered) != 1:
            return False
        options = entered[0].options
    return True


TWO_OF_ONE_ID = Menu(
    *MENU_TEXTS,
    (
        Option(1, "", "submenu"),
        Option(1, "", "submenu", options=(Option(1, "", "hand_off"),)),
    ),
)


@example(TWO_OF_ONE_ID, State(greeted=True), "2")
@settings(max_examples=examples(300))
@given(MENUS, STATES, TYPED)
def test_whatever_is_offered_can_be_tapped_and_does_what_its_number_does(
    menu: Menu, state: State, text: str
) -> None:
    step = engine.advance(menu, state, text)
    assert all(f"{n} - {o.label}" in step.reply for n, o in enumerate(step.options, 1))
    assume(is_one_place(menu, step.state.path))
    assume(not any(engine.plain(o.label).isdigit() for o in step.options))  # “2” is a label, too
    first = {option.id: number for number, option in reversed([*enumerate(step.options, 1)])}
    for option_id, number in first.items():
        tapped = engine.advance(menu, step.state, "…", str(option_id))
        assert tapped == engine.advance(menu, step.state, str(number))


@settings(max_examples=examples(200))
@given(MENUS, st.lists(TYPED, min_size=1, max_size=12))
def test_a_talk_never_misses_more_than_three_times_before_a_person(
    menu: Menu, said: list[str]
) -> None:
    state = State()
    for text in said:
        step = engine.advance(menu, state, text)
        if isinstance(step.effect, HandOff | End):
            return
        assert step.state.greeted
        assert step.state.misses < engine.MISSES_BEFORE_A_PERSON
        state = step.state


@given(st.text(max_size=20))
def test_plain_text_is_plain_already(text: str) -> None:
    once = engine.plain(text)
    assert engine.plain(once) == once
    assert not set(once) & set(".,;!?*()")
