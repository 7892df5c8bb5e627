"""The bot's turn: the pure engine decides, this applies it to the conversation."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.utils import timezone

from chat.bot import engine, menu, texts
from chat.models import Conversation, Menu, MenuOption, Message
from chat.models.message import Author, Direction
from chat.services import classifications, conversations, messages
from provider.contracts import Choice

log = structlog.get_logger(__name__)

AUTOMATIC = (Author.BOT, Author.SYSTEM)
PACE_WINDOW = timedelta(minutes=10)
MAX_AUTOMATIC = 20


def turn(conversation: Conversation, message: Message, payload: str) -> None:
    """Answer one message of a conversation the bot owns. Inside `changing`."""
    if not _may_answer_by_itself(conversation):
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
        messages.send(
            conversation, step.reply, author=Author.BOT, choices=_as_choices(step.options)
        )


def _may_answer_by_itself(conversation: Conversation) -> bool:
    """Whether one more automatic message is within what one person may be sent, in all."""
    sent = Message.objects.filter(
        conversation__identity=conversation.identity_id,
        direction=Direction.OUT,
        author__in=AUTOMATIC,
        created_at__gt=timezone.now() - PACE_WINDOW,
    )
    return sent.count() < MAX_AUTOMATIC


def _give_to_people(conversation: Conversation, asked: menu.HandOff) -> None:
    classification = classifications.for_people(asked.classification)
    conversations.hand_off(conversation, classification, why=asked.why)


def _as_choices(options: tuple[menu.Option, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(str(option.id), option.label) for option in options)


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

    written = {name: getattr(stored, name) or usual for name, usual in texts.USUAL.items()}
    return menu.Menu(**written, options=below(None))
