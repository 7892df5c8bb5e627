"""Why a request about a conversation is refused, as data; views turn these into answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.functional import Promise

if TYPE_CHECKING:
    from chat.models import Conversation

Text = str | Promise


class Refusal(Exception):
    """The root; `detail` is a sentence for the person who asked."""

    def __init__(self, detail: Text) -> None:
        super().__init__(str(detail))
        self.detail = detail


class Conflict(Refusal):
    """A lost race or an illegal move; carries the conversation as it is now."""

    def __init__(self, detail: Text, conversation: Conversation, cause: str = "") -> None:
        super().__init__(detail)
        self.conversation = conversation
        self.cause = cause


class NotAllowed(Refusal):
    """The person may see it, but not do this."""


class BadInput(Refusal):
    """A value that cannot be taken, and the field it came in."""

    def __init__(self, field: str, detail: Text) -> None:
        super().__init__(detail)
        self.field = field


class TooLarge(Refusal):
    """A file above a limit; the sentence names the limit and whose it is."""


class TooMany(Refusal):
    """More than one person may do in a short time; it works again a little later."""
