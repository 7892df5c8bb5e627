"""What every provider adapter is; see docs/adding-a-provider.md."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import jwt

from provider.accounts import AccountReport
from provider.contracts import (
    ChannelKind,
    Content,
    Credentials,
    Extra,
    InboundMessage,
    Located,
    Media,
    OutboundMessage,
    Parsed,
    Receipt,
)
from provider.templates import Template, TemplateDraft


class Adapter(ABC):
    """One provider. Pure: it reads no settings, no database and no clock; all comes in as values.

    `credentials` maps the names it asks `Credentials` for to where they are kept: a key of the
    catalogue ("ISOCHATBOT.PROVEDOR_TOKEN"), a base address of the settings
    ("setting:BOTMAKER_V2_URL"), an address that is the same everywhere ("https://…"), or "" for a
    value kept with the channel.
    `optional_names` are those kept with the channel that may be left blank.
    `secret_names` are those that must never be written down anywhere else.
    `event_headers` are the request headers worth keeping with an event.
    `verified_place` is the key of the catalogue that holds when the token was last verified.
    `webhook_fields` are the kinds of news the provider is to post, in its own words.
    `tells_names`: `name_of` answers; for providers whose webhooks say who wrote by an id alone.
    `registers_webhook`: `register_webhook` has it post; without it people see to that there.
    `most_people`: how many contact cards one message takes, where `carries` has them.
    """

    slug: ClassVar[str]
    label: ClassVar[str]
    channels: ClassVar[frozenset[ChannelKind]]
    credentials: ClassVar[Mapping[str, str]]
    optional_names: ClassVar[tuple[str, ...]] = ()
    secret_names: ClassVar[tuple[str, ...]] = ()
    event_headers: ClassVar[tuple[str, ...]] = ("content-type",)
    token_name: ClassVar[str] = "access_token"  # noqa: S105 - a name, not a token
    refresh_names: ClassVar[tuple[str, ...]] = ()
    verified_place: ClassVar[str] = ""
    webhook_fields: ClassVar[tuple[str, ...]] = ()
    registers_webhook: ClassVar[bool] = False
    tells_names: ClassVar[bool] = False
    most_people: ClassVar[int] = 1

    @property
    def channel_names(self) -> tuple[str, ...]:
        """The credentials that are kept with the channel, in the order people fill them in."""
        return tuple(name for name, place in self.credentials.items() if not place)

    def own_line(self, credentials: Credentials) -> tuple[str, str]:
        """The line these credentials are for and the provider's name of it (`Line.reference`).

        Empty where the credentials do not say. An item that names another one is refused.
        """
        return "", ""

    @abstractmethod
    def verify(self, body: bytes, headers: Mapping[str, str], credentials: Credentials) -> None:
        """Return if the webhook is authentic. Raises ForgedWebhook. Header names are lower case."""

    def challenge(self, query: Mapping[str, str], credentials: Credentials) -> str | None:
        """What a provider that asks for the webhook address by GET is answered; None refuses it.

        Raises NotImplementedError where the provider only posts.
        """
        raise NotImplementedError

    @abstractmethod
    def parse(self, body: bytes) -> list[Parsed]:
        """Every item of the webhook, in its order. Raises UnreadableBody, and nothing else."""

    def acknowledge(self, message: InboundMessage) -> Callable[[Credentials], None] | None:
        """What the provider is still to be told once this message is stored; None where nothing.

        It is called once, beside the way of the message; its errors are logged and forgotten.
        """
        return None

    @abstractmethod
    def send(self, message: OutboundMessage, credentials: Credentials) -> Receipt:
        """Hand one message over. Raises the errors of `provider.errors`."""

    def takes(self, content: Content, type_: str, credentials: Credentials) -> bool:
        """Whether a file of this MIME type can be sent as this content; the channel takes it."""
        return True

    def carries(self, kind: ChannelKind, credentials: Credentials) -> frozenset[Extra]:
        """What `send` hands over besides text and files on this kind of channel; asks nobody.

        A place or people that are not named here never come to `send`.
        """
        return frozenset()

    def can_answer(self, external_id: str) -> bool:
        """Whether a `reply_to` of this id is one the provider knows, and not made up by `parse`."""
        return True

    def locate(self, media: Media, credentials: Credentials) -> Located:
        """Where a file that came in can be fetched from now. The file itself is not fetched here.

        Raises the errors of `provider.errors`.
        """
        return Located(media.source)

    def name_of(self, contact_id: str, credentials: Credentials) -> str:
        """What a customer is called, or the empty text; asked only where `tells_names`.

        Raises the errors of `provider.errors`.
        """
        raise NotImplementedError

    def relocate(self, media: Media, credentials: Credentials) -> Located | None:
        """Another way to a file whose address answered 403; None where there is none.

        Raises the errors of `provider.errors`.
        """
        return None

    def refresh(self, credentials: Credentials) -> dict[str, str] | None:
        """New values for the names that changed; None where the provider kept the old ones.

        Raises RenewalRefused, or TemporaryError where another try may help.
        """
        return None

    def check(self, credentials: Credentials) -> AccountReport | None:
        """Make an authenticated call that changes nothing; None where there is none to make.

        Raises CredentialsError, and nothing else, where the provider refused the token itself;
        RejectedError where it knows the token and says no; other errors where it is not known.
        """
        return None

    def register_webhook(self, url: str, credentials: Credentials) -> None:
        """Have the provider post to this address from now on, and to no other.

        Asked only where `registers_webhook`. Raises the errors of `provider.errors`.
        """
        raise NotImplementedError

    def has_templates(self, credentials: Credentials) -> bool:
        """Whether this account has templates, so that the next three are asked; asks nobody."""
        return False

    def templates(self, credentials: Credentials) -> list[Template]:
        """Every template of the account. Like the next two, raises those of `provider.errors`."""
        raise NotImplementedError

    def create_template(self, draft: TemplateDraft, credentials: Credentials) -> Template:
        """Register a template and answer it as the provider does, its state included."""
        raise NotImplementedError

    def delete_template(self, name: str, credentials: Credentials) -> None:
        """Remove a template. One that is not there any more is removed."""
        raise NotImplementedError

    def token_expiry(self, credentials: Credentials) -> datetime | None:
        """When the token ends, as it says itself; None where it does not say."""
        return jwt_expiry(credentials[self.token_name])

    def renew_after(self, credentials: Credentials) -> timedelta | None:
        """How old a token that does not say when it ends may get; None where age is no matter."""
        return None


def jwt_expiry(token: str) -> datetime | None:
    """The `exp` of a JSON web token. Nobody here can verify it; it is only a date to plan by."""
    try:
        expiry = jwt.decode(token, options={"verify_signature": False})["exp"]
        return datetime.fromtimestamp(float(expiry), UTC)
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
