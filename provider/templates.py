"""Templates as providers list and register them; sending one is in `provider.contracts`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TemplateState(StrEnum):
    """Whether the channel's vendor lets a template be sent."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    UNUSABLE = "unusable"  # known there, but not to be sent from here now; its note says why


@dataclass(frozen=True, slots=True)
class Template:
    """A template as its provider lists it. Variables stand in its texts as `${name}`.

    `note` is what the provider says of the state, such as why it was rejected; `buttons` are
    the labels of its buttons.
    """

    name: str
    language: str
    state: TemplateState
    body: str
    header: str = ""
    footer: str = ""
    category: str = ""
    buttons: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class TemplateDraft:
    """A template to register. `bot` is NomeBot, `image` the address linkImage stands for."""

    name: str
    language: str
    category: str
    body: str
    header: str = ""
    footer: str = ""
    buttons: tuple[str, ...] = ()
    line: str = ""
    bot: str = ""
    image: str = ""
