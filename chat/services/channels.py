"""Which channel a message belongs to, and channels that make themselves known."""

from __future__ import annotations

from django.db import transaction

from chat.models import Channel, Menu
from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider.contracts import ChannelKind, Line, Reason, Refused

MAIN_ADAPTER = "botmaker"


def receiving(line: Line) -> Channel | Refused:
    """The channel a webhook's line names; made here where its platform has none yet."""
    channels = list(Channel.objects.filter(adapter=line.adapter, kind=line.kind).order_by("id"))
    exact = next((c for c in channels if line.line and c.line == line.line), None)
    found = exact or _by_elimination(line, channels)
    if found is not None:
        return found if found.active else Refused(Reason.CHANNEL_INACTIVE)
    if channels or line.kind == ChannelKind.WHATSAPP:
        # Another WhatsApp line of the same account is somebody else's business, until configured.
        return Refused(Reason.UNKNOWN_LINE)
    return create(line.adapter, line.kind, line.line, discovered=True)


def _by_elimination(line: Line, channels: list[Channel]) -> Channel | None:
    """The only channel of its kind, where the webhook names no line, or none that tells them apart.

    A WhatsApp line is always compared: numbers are what tells them apart.
    """
    if len(channels) != 1 or (line.line and line.kind == ChannelKind.WHATSAPP):
        return None
    return channels[0]


def default_menu() -> Menu:
    menu, _made = Menu.objects.get_or_create(default=True, defaults={"name": "Menu principal"})
    return menu


def create(adapter: str, kind: str, line: str, *, discovered: bool = False) -> Channel:
    """A channel on the default menu, with a key made from its kind."""
    taken = set(Channel.objects.values_list("key", flat=True))
    key = next(
        candidate
        for number in range(1, len(taken) + 2)
        if (candidate := kind if number == 1 else f"{kind}-{number}") not in taken
    )
    return Channel.objects.create(
        key=key, kind=kind, adapter=adapter, line=line, discovered=discovered, menu=default_menu()
    )


@transaction.atomic
def follow_phone() -> None:
    """Make or update the WhatsApp channel that PROVEDOR_PHONE stands for."""
    phone = store.read(ISOCHATBOT.PROVEDOR_PHONE)
    ours = Channel.objects.filter(adapter=MAIN_ADAPTER, kind=ChannelKind.WHATSAPP)
    if not phone or ours.filter(line=phone).exists():
        return
    first = ours.order_by("id").first()
    if first is None:
        create(MAIN_ADAPTER, ChannelKind.WHATSAPP, phone)
    else:
        first.line = phone
        first.save(update_fields=["line"])
