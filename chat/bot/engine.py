"""The menu bot: pure functions of a menu, where the customer is, and what was written.

Every answer is one message, and there always is one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import chain

from chat.bot import actions, render
from chat.bot.menu import End, HandOff, Menu, Option, State, Step

MISSES_BEFORE_A_PERSON = 3
_NUMBER = re.compile(r"(?:opcao |op |numero |n ?o? ?)?0*([0-9]{1,3})")


def advance(menu: Menu, state: State, text: str, payload: str = "") -> Step:
    """The answer to one message. `payload` is the id of a tapped row, where one was tapped.

    A tapped row says what is meant, whatever its words are by now and however old its message
    is: an option that is anywhere in the menu is taken where it is, even by who was not greeted
    yet. A row whose option is gone leaves it to its text, as if that had been typed.
    """
    if tapped := _tapped(menu, state, payload):
        path, row = tapped
        return _take(menu, State(path, state.misses, greeted=True), row)
    typed = plain(text)
    keyword = _KEYWORDS.get(typed)
    options = options_at(menu, state)
    if options is None:  # the menu changed under the customer
        if _NUMBER.fullmatch(typed):  # a number of the list that is gone means nothing in another
            return _top(menu)
        state, options = State(greeted=state.greeted), menu.options
    if not state.greeted and keyword is None:
        return _top(menu)
    option = _chosen(options, typed)
    if option is not None:
        return _take(menu, state, option)
    if keyword is not None:
        return keyword(menu, state)
    if "atendente" in typed.split():  # "quero falar com um atendente"
        return _to_person(menu, state, "asked")
    return _miss(menu, state, options, text)


def plain(text: str) -> str:
    """Lower case, without accents, punctuation and extra spaces."""
    decomposed = unicodedata.normalize("NFKD", text[:500]).casefold()
    kept = "".join(c if c.isalnum() else " " for c in decomposed if not unicodedata.combining(c))
    return " ".join(kept.split())


def options_at(menu: Menu, state: State) -> tuple[Option, ...] | None:
    """The options a customer chooses from there; None where the menu has no such place."""
    options = menu.options
    for option_id in state.path:
        entered = next((option for option in options if option.id == option_id), None)
        if entered is None:
            return None
        options = entered.options
    return options


def _tapped(menu: Menu, state: State, payload: str) -> tuple[tuple[int, ...], Option] | None:
    """The option with the id of a tapped row, and the submenus it is in; those here come first."""
    here = ((state.path, option) for option in options_at(menu, state) or ())
    anywhere = chain(here, _every(menu.options, ()))
    return next((found for found in anywhere if payload == str(found[1].id)), None)


def _every(
    options: tuple[Option, ...], path: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], Option]]:
    for option in options:
        yield path, option
        yield from _every(option.options, (*path, option.id))


def _take(menu: Menu, state: State, option: Option) -> Step:
    """What the option does; one of an action this version does not know calls a person."""
    known = actions.ACTIONS.get(option.action)
    if known is None:
        return _to_person(menu, state, "bot_error")
    return known.answer(menu, state, option)


def _chosen(options: tuple[Option, ...], typed: str) -> Option | None:
    """The option meant: by number, by label, or by both as in “2 Label”."""
    for number, option in enumerate(options, 1):
        label = plain(option.label)
        # A label of signs only has no letters; neither has a message that is only a picture.
        if typed and typed in (label, f"{number} {label}"):
            return option
    found = _NUMBER.fullmatch(typed)
    if found and 1 <= int(found[1]) <= len(options):
        return options[int(found[1]) - 1]
    return None


def _top(menu: Menu) -> Step:
    state = State(greeted=True)
    return render.choices(menu.greeting, menu.options, state)


def _back(menu: Menu, state: State) -> Step:
    """One level up; at the first level, the menu again."""
    if len(state.path) < 2:
        return _top(menu)
    above = State(state.path[:-1], 0, greeted=True)
    options = options_at(menu, above) or ()
    entered = options_at(menu, State(above.path[:-1])) or ()
    intro = next((o.text or o.label for o in entered if o.id == above.path[-1]), menu.greeting)
    return render.choices(intro, options, above)


def _to_person(menu: Menu, state: State, why: str) -> Step:
    return Step(menu.hand_off, state, HandOff(why=why))


def _miss(menu: Menu, state: State, options: tuple[Option, ...], text: str) -> Step:
    """First say what was not understood, then offer a person, then call one."""
    misses = state.misses + 1
    missed = State(state.path, misses, greeted=True)
    if misses >= MISSES_BEFORE_A_PERSON:
        return _to_person(menu, missed, "not_understood")
    if misses == 1:
        intro = render.quoted(menu.not_understood, text or "…")
    else:
        intro = menu.still_not_understood
    return render.choices(intro, options, missed)


_KEYWORDS: dict[str, Callable[[Menu, State], Step]] = {
    "atendente": lambda menu, state: _to_person(menu, state, "asked"),
    "menu": lambda menu, state: _top(menu),
    "voltar": _back,
    "sair": lambda menu, state: Step(menu.goodbye, state, End()),
}
