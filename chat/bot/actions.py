"""What an option of a menu can do; adding an action is adding a function here."""

from __future__ import annotations

from collections.abc import Callable

from chat.bot import render
from chat.bot.menu import End, HandOff, Menu, Option, State, Step

Action = Callable[[Menu, State, Option], Step]
ACTIONS: dict[str, Action] = {}


def action(name: str) -> Callable[[Action], Action]:
    def register(function: Action) -> Action:
        ACTIONS[name] = function
        return function

    return register


@action("hand_off")
def _hand_off(menu: Menu, state: State, option: Option) -> Step:
    """Call a person."""
    return Step(option.text.strip() or menu.hand_off, state, HandOff(option.classification))


@action("text")
def _text(menu: Menu, state: State, option: Option) -> Step:
    """Answer with a text and stay where the customer is."""
    return Step(render.with_way_on(option.text, state), State(state.path, 0, greeted=True))


@action("submenu")
def _submenu(menu: Menu, state: State, option: Option) -> Step:
    """Offer the options below this one."""
    inside = State((*state.path, option.id), 0, greeted=True)
    return Step(render.choices(option.text or option.label, option.options, inside), inside)


@action("end")
def _end(menu: Menu, state: State, option: Option) -> Step:
    """Say goodbye and close."""
    return Step(option.text.strip() or menu.goodbye, state, End())
