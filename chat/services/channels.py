"""Which channel a message belongs to, channels that make themselves known, and writing one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from chat.errors import BadInput
from chat.models import Channel, Menu
from chat.services import audit, channel_credentials
from chat.services.held import hold
from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider import gateway
from provider.channels import bare_id
from provider.contracts import ChannelKind, Line, Reason, Refused

MAIN_ADAPTER = "botmaker"


def receiving(line: Line) -> Channel | Refused:
    """The channel a webhook's line names; made here where its platform has none yet."""
    if line.channel_key:
        return _addressed(line)
    channels = list(Channel.objects.filter(adapter=line.adapter, kind=line.kind).order_by("id"))
    exact = next((c for c in channels if line.line and c.line == line.line), None)
    found = exact or _by_elimination(line, channels)
    if found is not None:
        return found if found.active else Refused(Reason.CHANNEL_INACTIVE)
    if channels or line.kind == ChannelKind.WHATSAPP:
        # Another WhatsApp line of the same account is somebody else's business, until configured.
        return Refused(Reason.UNKNOWN_LINE)
    return create(line.adapter, line.kind, line.line, discovered=True)


def _addressed(line: Line) -> Channel | Refused:
    """The channel whose own address was posted to, unless the webhook names another line."""
    found = Channel.objects.filter(key=line.channel_key, adapter=line.adapter).first()
    is_another = found is not None and line.line and found.line and line.line != found.line
    if found is None or found.kind != line.kind or is_another:
        return Refused(Reason.UNKNOWN_LINE)
    return found if found.active else Refused(Reason.CHANNEL_INACTIVE)


def sending(channel: Channel, reference: str) -> Line:
    """The line a message leaves by; `reference` is what the provider called it last."""
    return Line(
        channel.adapter,
        ChannelKind(channel.kind),
        channel.line,
        reference,
        gateway.account_key(channel.adapter, channel.key),
    )


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
    return Channel.objects.create(
        key=free_key(kind),
        kind=kind,
        adapter=adapter,
        line=line,
        discovered=discovered,
        menu=default_menu(),
    )


def free_key(kind: str) -> str:
    """The kind, with a number where channels have it already."""
    taken = set(Channel.objects.values_list("key", flat=True))
    return next(
        candidate
        for number in range(1, len(taken) + 2)
        if (candidate := kind if number == 1 else f"{kind}-{number}") not in taken
    )


def of_line(line: Line) -> Channel | None:
    """The channel that has this line, whatever provider it is reached by."""
    rows = Channel.objects.filter(kind=line.kind, line=line.line)
    if line.kind not in (ChannelKind.WHATSAPP, ChannelKind.TELEGRAM):
        rows = rows.filter(adapter=line.adapter)  # elsewhere ids are each provider's own
    return rows.first()


def add_for(line: Line, *, by: User) -> Channel:
    """The channel for a line somebody wrote to. Raises BadInput where it has one, or no name."""
    if not line.line:
        raise BadInput("line", _("The event does not say to which line it came."))
    return save(Channel(), by=by, kind=line.kind, adapter=line.adapter, line=line.line)


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


FIELDS = ("key", "kind", "adapter", "line", "active", "menu_id")
_WHATSAPP_LINE = re.compile(r"[0-9]{8,20}")
# What tells people apart on these is one number or bot, so one menu answers on it.
NUMBERED = (ChannelKind.WHATSAPP, ChannelKind.TELEGRAM)


@transaction.atomic
def save(
    channel: Channel,
    *,
    by: User,
    key: str | None = None,
    kind: str | None = None,
    adapter: str | None = None,
    line: str | None = None,
    active: bool | None = None,
    menu: int | None = None,
    credentials: Mapping[str, str] | None = None,
) -> Channel:
    """Write a channel; None leaves a field as it is. Raises BadInput."""
    is_new = channel.pk is None
    hold(channel, "line")
    before: dict[str, Any] = {}
    if not is_new:
        before.update(Channel.objects.filter(pk=channel.pk).values().get())
    channel.adapter = channel.adapter if adapter is None else adapter
    channel.kind = channel.kind if kind is None else kind
    _check_provider(channel, before)
    held = channel_credentials.merged(channel, credentials, before)
    if is_new and not line:
        line = gateway.line_of(channel.adapter, held)
    if line is not None or is_new:
        channel.line = bare_id(ChannelKind(channel.kind), line or "")
    _check_line(channel)
    if key is not None:
        channel.key = key.strip()
        _check_key_stays(channel, before)
    channel.key = channel.key or free_key(channel.kind)
    _check_key(channel)
    channel.active = channel.active if active is None else active
    channel.menu = _menu(menu, channel)
    try:
        with transaction.atomic():
            channel.save()
    except IntegrityError as error:  # somebody else wrote the same at this very moment
        raise BadInput("line", _("There is already a channel with this key or line.")) from error
    audit.written(by, channel, before=before, fields=FIELDS)
    channel_credentials.write(channel, held if credentials else {}, before, by=by)
    return channel


def _check_provider(channel: Channel, before: Mapping[str, Any]) -> None:
    served = gateway.adapters()
    if channel.adapter not in served:
        raise BadInput(
            "adapter",
            _("This provider cannot be used yet. Use one of: %(choices)s.")
            % {"choices": ", ".join(sorted(served))},
        )
    if channel.kind not in served[channel.adapter]:
        raise BadInput("kind", _("This provider does not serve this type of channel."))
    for field in ("adapter", "kind"):
        moved = before and before[field] != getattr(channel, field)
        if moved and channel.identities.exists():
            raise BadInput(
                field, _("People have already written on this channel: add another channel.")
            )


def _check_line(channel: Channel) -> None:
    longest = Channel._meta.get_field("line").max_length or 0
    if len(channel.line) > longest:
        raise BadInput("line", _("A line has up to %(limit)d characters.") % {"limit": longest})
    if channel.kind == ChannelKind.WHATSAPP and not _WHATSAPP_LINE.fullmatch(channel.line):
        raise BadInput("line", _("Type the WhatsApp number with country and area code."))
    same = Channel.objects.filter(kind=channel.kind, line=channel.line).exclude(pk=channel.pk)
    if channel.kind not in NUMBERED or not channel.line:
        same = same.filter(adapter=channel.adapter)
    other = same.select_related("menu").first()
    if other is not None:
        raise BadInput(
            "line",
            _("This line is already on the channel %(channel)s, whose menu is “%(menu)s”.")
            % {"channel": other.key, "menu": other.menu},
        )


def _check_key(channel: Channel) -> None:
    longest = Channel._meta.get_field("key").max_length or 0
    try:
        validate_slug(channel.key)
    except ValidationError as error:
        raise BadInput(
            "key", _("Use only letters without accents, digits, hyphens and underscores.")
        ) from error
    if len(channel.key) > longest:
        raise BadInput("key", _("A key has up to %(limit)d characters.") % {"limit": longest})
    if Channel.objects.filter(key=channel.key).exclude(pk=channel.pk).exists():
        raise BadInput("key", _("There is already a channel with this key."))


def _check_key_stays(channel: Channel, before: Mapping[str, Any]) -> None:
    moved = before and before["key"] != channel.key
    if moved and gateway.account_key(before["adapter"], before["key"]):
        raise BadInput(
            "key", _("The key is part of the address the provider posts to, so it stays.")
        )


def _menu(menu_id: int | None, channel: Channel) -> Menu:
    if menu_id is None:
        return channel.menu if channel.menu_id else default_menu()
    found = Menu.objects.filter(pk=menu_id).first()
    if found is None:
        raise BadInput("menu", _("There is no menu with this number."))
    return found
