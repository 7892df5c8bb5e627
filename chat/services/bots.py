"""The bot's turn: the pure engine decides, this applies it to the conversation."""

from __future__ import annotations

import structlog

from chat.bot import engine, menu, texts
from chat.models import Conversation, Menu, MenuOption, Message
from chat.models.message import Author
from chat.services import classifications, conversations, messages

log = structlog.get_logger(__name__)


def turn(conversation: Conversation, message: Message, payload: str) -> None:
    """Answer one message of a conversation the bot owns. Inside `changing`."""
    if not messages.may_answer_by_itself(conversation):
        # Two bots that greet each other would never stop: a person looks, and nothing is sent.
        _give_to_people(conversation, menu.HandOff(why="too_many_automatic"))
        return
    state = _state(conversation)
    try:
        step = engine.advance(
            as_values(conversation.identity.channel.menu), state, message.text, payload
        )
    except Exception:
        log.exception("bot failed", conversation=conversation.pk)
        _give_to_people(conversation, menu.HandOff(why="bot_error"))
        return
    conversation.bot_state = {
        "path": list(step.state.path),
        "misses": step.state.misses,
        "greeted": step.state.greeted,
    }
    conversation.save(update_fields=["bot_state"])
    match step.effect:
        case menu.HandOff():
            _give_to_people(conversation, step.effect)
        case menu.End():
            conversations.end(conversation, why="by_customer")
    if step.reply:
        messages.send(conversation, step.reply, author=Author.BOT)


def _give_to_people(conversation: Conversation, asked: menu.HandOff) -> None:
    classification = classifications.for_people(asked.classification)
    conversations.hand_off(conversation, classification, why=asked.why)


def _state(conversation: Conversation) -> menu.State:
    kept = conversation.bot_state or {}
    return menu.State(
        tuple(kept.get("path", ())), int(kept.get("misses", 0)), bool(kept.get("greeted", False))
    )


def as_values(stored: Menu) -> menu.Menu:
    """The menu as the engine takes it."""
    children: dict[int | None, list[MenuOption]] = {}
    for option in stored.options.order_by("order", "id"):
        children.setdefault(option.parent_id, []).append(option)

    def below(parent: int | None) -> tuple[menu.Option, ...]:
        return tuple(
            menu.Option(
                option.pk,
                option.label,
                option.action,
                option.text,
                option.classification_id,
                below(option.pk),
            )
            for option in children.get(parent, ())
        )

    return menu.Menu(
        stored.greeting or texts.GREETING,
        stored.not_understood or texts.NOT_UNDERSTOOD,
        stored.still_not_understood or texts.STILL_NOT_UNDERSTOOD,
        stored.hand_off or texts.HAND_OFF,
        stored.goodbye or texts.GOODBYE,
        below(None),
    )
