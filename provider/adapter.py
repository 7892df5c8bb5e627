"""What every provider adapter is; see docs/adding-a-provider.md."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from provider.contracts import ChannelKind, Credentials, OutboundMessage, Parsed, Receipt


class Adapter(ABC):
    """One provider. Pure: it reads no settings, no database and no clock; all comes in as values.

    `credentials` maps the names it asks `Credentials` for to where they are kept: a key of the
    catalogue ("ISOCHATBOT.PROVEDOR_TOKEN"), a base address of the settings
    ("setting:BOTMAKER_V2_URL"), or "" for a value kept with the channel.
    `secret_names` are those that must never be written down anywhere else.
    `event_headers` are the request headers worth keeping with an event.
    """

    slug: ClassVar[str]
    label: ClassVar[str]
    channels: ClassVar[frozenset[ChannelKind]]
    credentials: ClassVar[Mapping[str, str]]
    secret_names: ClassVar[tuple[str, ...]] = ()
    event_headers: ClassVar[tuple[str, ...]] = ("content-type",)
    token_name: ClassVar[str] = "access_token"  # noqa: S105 - a name, not a token
    refresh_names: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def verify(self, body: bytes, headers: Mapping[str, str], credentials: Credentials) -> None:
        """Return if the webhook is authentic. Raises ForgedWebhook. Header names are lower case."""

    @abstractmethod
    def parse(self, body: bytes) -> list[Parsed]:
        """Every item of the webhook, in its order. Raises UnreadableBody, and nothing else."""

    @abstractmethod
    def send(self, message: OutboundMessage, credentials: Credentials) -> Receipt:
        """Hand one message over. Raises the errors of `provider.errors`."""

    def refresh(self, credentials: Credentials) -> dict[str, str] | None:
        """New values for the names that changed; None where the provider kept the old ones.

        Raises RenewalRefused, or TemporaryError where another try may help.
        """
        return None
