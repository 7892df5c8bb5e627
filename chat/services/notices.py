"""The notices of the guide: whether one goes out, and what it says."""

from __future__ import annotations

import re

from django.contrib.auth.models import User

from chat.models import Conversation
from parameters import store
from parameters.catalogue import ISOCHATBOT

_PLACEHOLDER = re.compile(r"\{(atendente|classificacao|cliente)\}")
START = "Seu atendimento foi iniciado."
START_WITH_NAME = "Olá! Aqui é {atendente}. Vou continuar o seu atendimento."


def start(conversation: Conversation, *, agent: User) -> str:
    """AVISO_CONV_INCIADA: the text for a conversation just assumed, or nothing."""
    notice = store.read(ISOCHATBOT.AVISO_CONV_INCIADA)
    if not notice.is_sent:
        return ""
    usual = START_WITH_NAME if notice.mode == "C" else START
    return filled(notice.text or usual, conversation, agent=agent)


def closing(conversation: Conversation) -> str:
    """MSG_ENCERRAMENTO: the closing text, or nothing."""
    notice = store.read(ISOCHATBOT.MSG_ENCERRAMENTO)
    return filled(notice.text, conversation, agent=conversation.agent) if notice.is_sent else ""


def filled(text: str, conversation: Conversation, *, agent: User | None) -> str:
    """The text with its placeholders replaced once; what replaces them is never a template."""
    contact = conversation.contact
    values = {
        "atendente": (agent.get_full_name() or agent.username) if agent else "",
        "classificacao": str(conversation.classification or ""),
        "cliente": conversation.identity.name if contact.anonymous else contact.name,
    }
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)
