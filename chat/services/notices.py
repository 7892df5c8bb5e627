"""The notices of the guide: whether one goes out, and what it says."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import User

from chat import person_names
from chat.models import Conversation
from parameters import store
from parameters.catalogue import ISOCHATBOT
from parameters.formats import PLACEHOLDERS
from parameters.keys import Key

_PLACEHOLDER = re.compile(r"\{(" + "|".join(PLACEHOLDERS) + r")\}")
START = "Seu atendimento foi iniciado."
START_WITH_NAME = "Olá! Aqui é {atendente}. Vou continuar o seu atendimento."
TRANSFER = "Seu atendimento foi transferido para {atendente}, que já vai falar com você."
TRANSFER_TO_QUEUE = (
    "Seu atendimento foi transferido para {classificacao}. "
    "Em breve, {atendente} vai falar com você."
)
HOLD = "Seu atendimento está em espera. Já voltamos a falar com você."
# What goes out where the note is blank, by key and answer; forms show it beside the note.
USUAL: dict[tuple[Key[Any], str], str] = {
    (ISOCHATBOT.AVISO_CONV_INCIADA, "S"): START,
    (ISOCHATBOT.AVISO_CONV_INCIADA, "C"): START_WITH_NAME,
    (ISOCHATBOT.AVISO_TRANSFER, "S"): TRANSFER,
    (ISOCHATBOT.AVISO_ESPERA, "S"): HOLD,
}
# Who {atendente} is while nobody has the conversation.
SOMEBODY = "um atendente"


def start(conversation: Conversation, *, agent: User) -> str:
    """AVISO_CONV_INCIADA: the text for a conversation just assumed, or nothing."""
    notice = store.read(ISOCHATBOT.AVISO_CONV_INCIADA)
    if not notice.is_sent:
        return ""
    usual = USUAL[ISOCHATBOT.AVISO_CONV_INCIADA, notice.mode]
    return filled(notice.text or usual, conversation, agent=agent)


def closing(conversation: Conversation) -> str:
    """MSG_ENCERRAMENTO: the closing text, or nothing."""
    notice = store.read(ISOCHATBOT.MSG_ENCERRAMENTO)
    return filled(notice.text, conversation, agent=conversation.agent) if notice.is_sent else ""


def transfer(conversation: Conversation, *, agent: User | None) -> str:
    """AVISO_TRANSFER: the text for a conversation just given to `agent`, or to a queue."""
    notice = store.read(ISOCHATBOT.AVISO_TRANSFER)
    usual = TRANSFER_TO_QUEUE if agent is None else TRANSFER
    return filled(notice.text or usual, conversation, agent=agent) if notice.is_sent else ""


def hold(conversation: Conversation) -> str:
    """AVISO_ESPERA: the text for a conversation just put on hold, or nothing."""
    notice = store.read(ISOCHATBOT.AVISO_ESPERA)
    text = notice.text or HOLD
    return filled(text, conversation, agent=conversation.agent) if notice.is_sent else ""


def filled(text: str, conversation: Conversation, *, agent: User | None) -> str:
    """The text with its placeholders replaced once; what replaces them is never a template."""
    contact = conversation.contact
    values = {
        "atendente": (agent.get_full_name() or agent.username) if agent else SOMEBODY,
        "classificacao": str(conversation.classification or ""),
        "cliente": conversation.identity.name if contact.anonymous else contact.name,
    }
    return _PLACEHOLDER.sub(lambda found: person_names.clean(values[found[1]]), text)
