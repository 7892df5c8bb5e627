"""How the bot's answers are written."""

from __future__ import annotations

from chat.bot import texts
from chat.bot.menu import Option, State, Step

# What a customer typed is quoted back at no more than this length.
MAX_QUOTE = 60


def choices(intro: str, options: tuple[Option, ...], state: State) -> Step:
    """An introduction and the numbered options in one message, and the options beside it."""
    lines = [f"{number} - {option.label}" for number, option in enumerate(options, 1)]
    last = f"{texts.HINT} {texts.BACK}" if state.path else texts.HINT
    text = "\n".join([intro.strip(), "", *lines, "", last])
    return Step(text, state, options=options)


def with_way_on(text: str, state: State) -> str:
    """A text, and how to get on from it."""
    return f"{text.strip()}\n\n{texts.BACK if state.path else texts.AGAIN}"


def quoted(template: str, typed: str) -> str:
    """The template with what the customer typed, shortened; typed text is never a template."""
    shown = " ".join(typed.split())
    if len(shown) > MAX_QUOTE:
        shown = shown[: MAX_QUOTE - 1] + "…"
    return template.replace("{texto}", shown)
