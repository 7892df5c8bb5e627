"""What an agent's answer becomes on its channel: one message, or several in order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat import contents, files
from chat.errors import BadInput, Conflict
from chat.models import Attachment, Conversation, Message
from chat.services.extras import Extras, answered, data_of
from provider.channels import FACTS, Facts
from provider.contracts import ChannelKind, Content, OutboundFile


@dataclass(frozen=True, slots=True)
class Part:
    """One message of an answer, as `messages.send` takes it."""

    text: str
    file: Attachment | None = None
    data: dict[str, Any] = field(default_factory=dict)
    reply_to: Message | None = None


def parts(
    conversation: Conversation, text: str, file: Attachment | None, extras: Extras
) -> list[Part]:
    """The messages an answer is made of, in order; the first replies. Raises BadInput."""
    reply_to = answered(conversation, extras)
    if extras.place is not None or extras.contacts:
        found = [Part(contents.words_in(data), data=data) for data in data_of(conversation, extras)]
    else:
        found = _texts_and_files(conversation, text, file)
    return [replace(found[0], reply_to=reply_to), *found[1:]]


def _texts_and_files(conversation: Conversation, text: str, file: Attachment | None) -> list[Part]:
    facts = FACTS[ChannelKind(conversation.identity.channel.kind)]
    if file is None:
        check_text(text, facts)
        return [Part(text)]
    if not text.strip():
        return [Part("", file)]
    if is_captioned(facts, file):
        if facts.length(text) > facts.max_caption:
            raise BadInput(
                "text",
                _(
                    "The text has %(length)d characters; with a file, this channel takes up to "
                    "%(limit)d."
                )
                % {"length": facts.length(text), "limit": facts.max_caption},
            )
        return [Part(text, file)]
    check_text(text, facts)
    return [Part("", file), Part(text)]


def is_captioned(facts: Facts, file: Attachment) -> bool:
    """Whether a text goes with the file; nowhere does it with what is only listened to."""
    return facts.max_caption > 0 and file.content != Content.AUDIO


def check_text(text: str, facts: Facts) -> None:
    if not text.strip():
        raise BadInput("text", _("Write a message before sending."))
    if facts.length(text) > facts.max_text:
        raise BadInput(
            "text",
            _("The text has %(length)d characters; this channel takes up to %(limit)d.")
            % {"length": facts.length(text), "limit": facts.max_text},
        )


def check_window(conversation: Conversation) -> None:
    if conversation.window_is_closed:
        raise Conflict(why_closed(conversation), conversation, cause="window")


def why_closed(conversation: Conversation) -> str:
    """What a closed window means on this channel, for who wants to answer."""
    if conversation.has_templates:
        return gettext(
            "More than 24 hours have passed since the customer wrote: only a template is taken."
        )
    return gettext(
        "More than 24 hours have passed since the customer wrote: "
        "you can answer once they write again."
    )


def is_repeat(known: Message, text: str, file: Attachment | None, extras: Extras) -> bool:
    """Whether this is the answer that was given before, sent once more."""
    if not extras.are_of(known):
        return False
    if extras.place is not None or extras.contacts:
        return True  # their words may have changed with the cadastro
    before = known.attachments.first()
    if file is None or before is None:
        return file is before and known.text == text
    said = known.text or _text_after(known)
    if said != (text if text.strip() else "") or before.size != file.size:
        return False
    try:
        return files.are_same(before.file, file.file)
    except FileNotFoundError:
        return False  # it was removed here since; what was in it cannot be told any more


def _text_after(known: Message) -> str:
    """The text that left behind a file: of the same answer, so without a name of its own."""
    rows = Message.objects.filter(conversation=known.conversation_id, pk__gt=known.pk)
    after = rows.order_by("pk").first()
    is_of_it = after and after.agent_id == known.agent_id and after.client_id is None
    return after.text if after and is_of_it else ""


def file_of(attachment: Attachment) -> OutboundFile:
    return OutboundFile(
        content=Content(attachment.content),
        key=attachment.key,
        name=attachment.name,
        type=attachment.type,
        size=attachment.size or 0,
    )
