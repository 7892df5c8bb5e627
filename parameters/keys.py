"""What a key of the catalogue is, and how the catalogue knows its keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from parameters.kinds import Kind, Text

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Need:
    """When a key has to be filled in, in words that also say what stops without it.

    `given` names the key that makes it so: empty for always, None where only people can tell.
    `instead` names a key that does as well.
    """

    when: Text
    given: str | None = None
    instead: str = ""


@dataclass(eq=False)
class Key(Generic[T]):
    """One known question of a parameter.

    `aliases` are other spellings, the strongest first; they win over the name where both exist.
    `reference` names a check another app provides (see `store.references`).
    `initial` makes the row when the standard user is added to the parameter.
    `unlike` names a key that must not have the same value.
    `answer_help` and `note_help` are the guide's words under the two fields of the form.
    """

    kind: Kind[T]
    label: Text
    default: T
    aliases: tuple[str, ...] = ()
    reference: str = ""
    initial: Callable[[], str] | None = None
    system: bool = False
    unlike: str = ""
    need: Need | None = None
    answer_help: Text = ""
    note_help: Text = ""
    name: str = ""
    parameter: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        # A class that merely holds a key of the catalogue does not name it anew.
        self.name = self.name or name
        self.parameter = self.parameter or owner.__name__

    @property
    def is_secret(self) -> bool:
        return self.kind.secret

    @property
    def uses_note(self) -> bool:
        """Whether the note is part of the value; else it is only a remark of people."""
        return "note" in self.kind.columns

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every spelling, the strongest first."""
        return (*self.aliases, self.name)

    def clean(self, answer: str, note: str) -> tuple[str, str]:
        """The two texts as they are stored. Raises BadValue where the value is not legal."""
        answer, note = self.kind.tidy(answer, note)
        self.kind.parse(answer, note)
        return answer, note


class Catalogue:
    """A parameter the system knows; its attributes are its keys, named as the guide names them.

    `reserved` are questions that other products of the guide's house read here: known, not used.
    """

    known: ClassVar[dict[str, type[Catalogue]]] = {}
    keys: ClassVar[dict[str, Key[Any]]]
    reserved: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls.keys = {key.name: key for key in vars(cls).values() if isinstance(key, Key)}
        Catalogue.known[cls.__name__] = cls

    @classmethod
    def find(cls, parameter: str, question: str) -> Key[Any] | None:
        """The key a detail answers, whatever its case; None for a question nobody declared."""
        catalogue = cls.known.get(parameter.strip().upper())
        wanted = question.strip().casefold()
        if catalogue is None:
            return None
        for key in catalogue.keys.values():
            if wanted in {spelling.casefold() for spelling in key.spellings}:
                return key
        return None
