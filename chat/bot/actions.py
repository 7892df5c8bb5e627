"""What an option of a menu can do; adding an action is adding a function here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chat.bot import render
from chat.bot.menu import End, HandOff, Menu, Option, State, Step

Answer = Callable[[Menu, State, Option], Step]


@dataclass(frozen=True, slots=True)
class Action:
    """One action: the words people choose it by, and what an option of it holds.

    `label` is English; whoever shows it translates it.
    """

    label: str
    answer: Answer
    calls_people: bool = False
    needs_text: bool = False
    has_options: bool = False


ACTIONS: dict[str, Action] = {}


def _(text: str) -> str:
    """Marks a text for the translators; the bot itself speaks to customers only."""
    return text


def action(
    name: str,
    label: str,
    *,
    calls_people: bool = False,
    needs_text: bool = False,
    has_options: bool = False,
) -> Callable[[Answer], Answer]:
    def register(function: Answer) -> Answer:
        ACTIONS[name] = Action(label, function, calls_people, needs_text, has_options)
        return function

    return register


@action("hand_off", _("Call an agent"), calls_people=True)
def _hand_off(menu: Menu, state: State, option: Option) -> Step:
    """Call a person."""
    return Step(option.text.strip() or menu.hand_off, state, HandOff(option.classification))


@action("text", _("Answer with a text"), needs_text=True)
def _text(menu: Menu, state: State, option: Option) -> Step:
    """Answer with a text and stay where the customer is."""
    return Step(render.with_way_on(option.text, state), State(state.path, 0, greeted=True))


@action("submenu", _("Open a list of options"), has_options=True)
def _submenu(menu: Menu, state: State, option: Option) -> Step:
    """Offer the options below this one."""
    inside = State((*state.path, option.id), 0, greeted=True)
    return render.choices(option.text or option.label, option.options, inside)


@action("end", _("Say goodbye and close"))
def _end(menu: Menu, state: State, option: Option) -> Step:
    """Say goodbye and close."""
    return Step(option.text.strip() or menu.goodbye, state, End())
