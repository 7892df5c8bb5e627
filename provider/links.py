"""Addresses of this installation that providers call: links to files, and webhooks.

A link is to one file, signed, good for half an hour, and made anew for each try.
"""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from datetime import timedelta
from enum import Enum
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from provider.adapter import Adapter
from provider.contracts import OutboundMessage

VALID_FOR = timedelta(minutes=30)
_SETTING = "setting:"
_PRIVATE_NAMES = (".local", ".localhost", ".internal", ".lan", ".home.arpa")


class BadLink(Exception):
    """Altered, made elsewhere, or too old."""


def with_link(message: OutboundMessage, adapter: Adapter) -> OutboundMessage:
    """The message with a fresh link to its file, where it has one."""
    if message.file is None:
        return message
    url = f"{_base(adapter)}{reverse('media-link', args=[_signer().sign(message.file.key)])}"
    return replace(message, file=replace(message.file, url=url))


def key_of(signed: str) -> str:
    """The key a link was made for. Raises BadLink."""
    try:
        return _signer().unsign(signed, max_age=VALID_FOR)
    except signing.BadSignature as error:
        raise BadLink from error


def obstacle(adapter: Adapter) -> Promise | None:
    """Why this provider could not fetch a file from here, for people; None where it can."""
    hurdle = _hurdle(adapter)
    return _NO_FILES[hurdle] if hurdle else None


def webhook_obstacle(adapter: Adapter) -> Promise | None:
    """Why this provider could not post to this installation, for people; None where it can."""
    hurdle = _hurdle(adapter)
    return _NO_WEBHOOK[hurdle] if hurdle else None


def webhook_url(adapter: Adapter, channel_key: str) -> str:
    """Where this provider posts what comes in on the channel."""
    base = str(settings.ISOBOT_PUBLIC_URL) or str(settings.ISOBOT_LOCAL_URL)
    return f"{base}{reverse('webhook-channel', args=[adapter.slug, channel_key])}"


class _Hurdle(Enum):
    """What keeps a provider on the internet from reaching this installation."""

    UNSET = "unset"
    PLAIN = "plain"
    PRIVATE = "private"


_NO_FILES = {
    _Hurdle.UNSET: _(
        "Files cannot be sent: the public address of this installation (ISOBOT_PUBLIC_URL) is "
        "not set, so the provider has nowhere to fetch them from. "
        "Tell whoever runs the system."
    ),
    _Hurdle.PLAIN: _(
        "Files cannot be sent: the public address of this installation (ISOBOT_PUBLIC_URL) "
        "does not begin with https, and the provider fetches files only that way. "
        "Tell whoever runs the system."
    ),
    _Hurdle.PRIVATE: _(
        "Files cannot be sent: the address of this installation (ISOBOT_PUBLIC_URL) is not "
        "reachable from the internet, so the provider cannot fetch them. "
        "Tell whoever runs the system."
    ),
}
_NO_WEBHOOK = {
    _Hurdle.UNSET: _(
        "The webhook cannot be registered: the public address of this installation "
        "(ISOBOT_PUBLIC_URL) is not set, so the provider has nowhere to post to. "
        "Tell whoever runs the system."
    ),
    _Hurdle.PLAIN: _(
        "The webhook cannot be registered: the public address of this installation "
        "(ISOBOT_PUBLIC_URL) does not begin with https, and the provider posts only that way. "
        "Tell whoever runs the system."
    ),
    _Hurdle.PRIVATE: _(
        "The webhook cannot be registered: the address of this installation "
        "(ISOBOT_PUBLIC_URL) is not reachable from the internet. "
        "Tell whoever runs the system."
    ),
}


def _hurdle(adapter: Adapter) -> _Hurdle | None:
    if _is_here(adapter):
        return None
    public = urlsplit(settings.ISOBOT_PUBLIC_URL)
    if not public.hostname:
        return _Hurdle.UNSET
    if public.scheme != "https":
        return _Hurdle.PLAIN
    return _Hurdle.PRIVATE if _is_private(public.hostname) else None


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt="provider.links")


def _base(adapter: Adapter) -> str:
    """A provider on this machine or network is spoken to directly; others by the public name."""
    local = str(settings.ISOBOT_LOCAL_URL)
    return local if _is_here(adapter) else str(settings.ISOBOT_PUBLIC_URL) or local


def _is_here(adapter: Adapter) -> bool:
    places = [p.removeprefix(_SETTING) for p in adapter.credentials.values() if _SETTING in p]
    hosts = [urlsplit(str(getattr(settings, place))).hostname or "" for place in places]
    return bool(hosts) and all(_is_private(host) for host in hosts)


def _is_private(host: str) -> bool:
    """Whether a name or address means nothing outside. No name is looked up."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_PRIVATE_NAMES)
