"""The four demonstration channels and the names a caller may use for each."""

from collections.abc import Sequence
from dataclasses import dataclass

WHATSAPP_LINE = "5541999990000"
MESSENGER_PAGE = "104857600000001"
INSTAGRAM_PAGE = "104857600000002"
INSTAGRAM_ACCOUNT = "17841400000000001"
TELEGRAM_TOKEN = "700000001:sandbox-telegram-bot-token"  # noqa: S105 - an invented value
WEBHOOK_ID = "sandbox-webhook"

_ALIASES = {"instagram_chat": "instagram", "facebook": "messenger"}


@dataclass(frozen=True)
class Channel:
    """One connected line or page."""

    id: str
    platform: str
    name: str
    line: str
    also_known_as: tuple[str, ...]
    details: tuple[tuple[str, object], ...]

    def as_listed(self) -> dict[str, object]:
        """The channel as the list of channels shows it."""
        shown: dict[str, object] = {
            "id": self.id,
            "platform": self.platform,
            "active": True,
            "name": self.name,
            "webhookId": WEBHOOK_ID,
        }
        shown.update(self.details)
        return shown


class Channels:
    """Finds a channel by any of its names."""

    def __init__(self, business_id: str) -> None:
        self.all: Sequence[Channel] = _demonstration(business_id)

    def find(self, reference: str) -> Channel | None:
        """By channel id, line number, recipient id or bot token."""
        for channel in self.all:
            if reference in (channel.id, channel.line, *channel.also_known_as):
                return channel
        return None

    def of_platform(self, platform: str) -> Channel | None:
        """The channel of a platform, in any of the platform's spellings."""
        name = platform.lower()
        name = _ALIASES.get(name, name)
        return next((channel for channel in self.all if channel.platform == name), None)


@dataclass(frozen=True)
class _Plan:
    platform: str
    suffix: str
    also_known_as: tuple[str, ...]
    details: tuple[tuple[str, object], ...]


_PLANS = (
    _Plan(
        platform="whatsapp",
        suffix=WHATSAPP_LINE,
        also_known_as=(),
        details=(
            ("number", WHATSAPP_LINE),
            ("status", "CONNECTED"),
            ("quality", "GREEN"),
            ("wabaId", "100000000000001"),
            ("trial", False),
        ),
    ),
    _Plan(
        platform="messenger",
        suffix=MESSENGER_PAGE,
        also_known_as=(),
        details=(("recipientId", MESSENGER_PAGE), ("daysToExpire", 60)),
    ),
    _Plan(
        platform="instagram",
        suffix=INSTAGRAM_ACCOUNT,
        also_known_as=(INSTAGRAM_PAGE,),
        details=(("pageId", INSTAGRAM_PAGE), ("recipientId", INSTAGRAM_ACCOUNT)),
    ),
    _Plan(
        platform="telegram",
        suffix=TELEGRAM_TOKEN.partition(":")[0],
        also_known_as=(TELEGRAM_TOKEN,),
        details=(("token", TELEGRAM_TOKEN),),
    ),
)


def _demonstration(business: str) -> Sequence[Channel]:
    return [
        Channel(
            id=f"{business}-{plan.platform}-{plan.suffix}",
            platform=plan.platform,
            name=f"Sandbox {plan.platform.capitalize()}",
            line=plan.suffix,
            also_known_as=plan.also_known_as,
            details=plan.details,
        )
        for plan in _PLANS
    ]
