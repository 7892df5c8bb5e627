"""What deserves a second look in a menu that can be saved all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from chat.bot import actions, engine
from chat.bot import menu as bot
from chat.models import Channel, Classification, Membership
from chat.services import classifications
from provider.channels import FACTS
from provider.contracts import ChannelKind

# A row of WhatsApp's interactive list shows no more of a label.
SHOWN_IN_A_LIST = 24


def warnings(menu: bot.Menu) -> list[str]:
    """Sentences for who edits the menu."""
    if not menu.options:
        return [_("There is no option yet: the customer reads only the greeting.")]
    about = (_about_people, _about_numbers, _about_labels, _about_lengths, _about_braces)
    found = [sentence for sentences in about for sentence in sentences(menu)]
    return list(dict.fromkeys(found))


def _every(options: tuple[bot.Option, ...]) -> Iterator[bot.Option]:
    for option in options:
        yield option
        yield from _every(option.options)


def _calls_people(option: bot.Option) -> bool:
    known = actions.ACTIONS.get(option.action)
    # What this version does not know calls a person, too.
    return known is None or known.calls_people


def _about_people(menu: bot.Menu) -> Iterator[str]:
    calling = [option for option in _every(menu.options) if _calls_people(option)]
    if not calling:
        yield _(
            "No option calls an agent: only who writes “atendente”, or is not understood three "
            "times, gets to a person."
        )
    for option in calling:
        yield from _about_queue(option)


def _about_queue(option: bot.Option) -> Iterator[str]:
    queue = classifications.for_people(option.classification)
    if queue is None:
        yield _(
            "“%(label)s” calls an agent, but CLASS_CHAT_ATENDIMENTO names no classification that "
            "can serve: only supervisors see who waits."
        ) % {"label": option.label}
    elif not _has_agents(queue):
        yield _(
            "“%(label)s” leads to %(classification)s, which has no agent: only supervisors see "
            "who waits there."
        ) % {"label": option.label, "classification": queue.description}


def _has_agents(queue: Classification) -> bool:
    return Membership.objects.filter(classification=queue, user__is_active=True).exists()


def _about_numbers(menu: bot.Menu) -> Iterator[str]:
    most = FACTS[ChannelKind.WHATSAPP].max_choices
    for options in (menu.options, *(option.options for option in _every(menu.options))):
        if len(options) > most:
            yield _(
                "There are %(count)d options together; WhatsApp lets people tap up to %(most)d. "
                "With more, they get the text alone and answer with the number."
            ) % {"count": len(options), "most": most}


def _about_labels(menu: bot.Menu) -> Iterator[str]:
    for option in _every(menu.options):
        if len(option.label) > SHOWN_IN_A_LIST:
            yield _(
                "“%(label)s” has %(count)d characters; a list on WhatsApp shows %(shown)d of them."
            ) % {"label": option.label, "count": len(option.label), "shown": SHOWN_IN_A_LIST}


def _about_lengths(menu: bot.Menu) -> Iterator[str]:
    kind, facts = min(FACTS.items(), key=lambda item: item[1].max_text)
    values = {"channel": Channel.Kind(kind).label, "longest": facts.max_text}
    first = engine.advance(menu, bot.State(), "").reply
    if len(first) > facts.max_text:
        yield _("The first message has %(count)d characters; %(channel)s takes %(longest)d.") % {
            **values,
            "count": len(first),
        }
    for option in menu.options:
        known = actions.ACTIONS.get(option.action)
        if known is None:
            continue
        reply = known.answer(menu, bot.State(greeted=True), option).reply
        if len(reply) > facts.max_text:
            yield _(
                "The answer to “%(label)s” has %(count)d characters; %(channel)s takes %(longest)d."
            ) % {**values, "label": option.label, "count": len(reply)}


def _about_braces(menu: bot.Menu) -> Iterator[str]:
    told = [menu.greeting, menu.still_not_understood, menu.hand_off, menu.goodbye]
    told += [text for option in _every(menu.options) for text in (option.label, option.text)]
    # Only here something takes the place of what stands in braces.
    told.append(menu.not_understood.replace("{texto}", ""))
    for text in told:
        for piece in re.findall(r"\{[^{}]*\}?|\}", text):
            yield _(
                "“%(piece)s” reaches the customer as it is: only {texto} is replaced, and only in "
                "the text for what is not understood."
            ) % {"piece": piece[:40]}
