"""Where an adapter's credentials are kept: keys of the catalogue, settings, or with the channel."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from parameters import store
from parameters.keys import Catalogue, Key
from provider.adapter import Adapter
from provider.contracts import Credentials
from provider.models import ChannelCredentials

_SETTING = "setting:"
_FIXED = "https://"
_HIDDEN = "•••"
# Fewer characters of a secret give nothing away, and ordinary words end that way.
_SHORTEST_HINT = 6
_LONGEST_PIECE = 12


def load(adapter: Adapter, channel_key: str = "") -> Credentials:
    """Everything the adapter asks for; an absent value is the empty text."""
    keys = _keys(adapter)
    values: dict[str, str] = {}
    if keys:
        read = store.read_many(list(keys.values()))
        values.update({name: str(read[key] or "") for name, key in keys.items()})
    kept: dict[str, str] | None = None
    for name, place in adapter.credentials.items():
        if place.startswith(_SETTING):
            values[name] = str(getattr(settings, place.removeprefix(_SETTING)))
        elif place.startswith(_FIXED):
            values[name] = place
        elif not place:
            kept = _kept(adapter, channel_key) if kept is None else kept
            values[name] = kept.get(name, "")
    return Credentials(values)


def save(adapter: Adapter, values: Mapping[str, str], channel_key: str = "") -> None:
    """Write renewed values back to where they came from."""
    keys = _keys(adapter)
    for name in values.keys() & keys.keys():
        # The whole token fits in either text here; the note is where the guide keeps it.
        store.write(keys[name], answer="", note=values[name])
    with_channel = {name: value for name, value in values.items() if name not in keys}
    if with_channel:
        held = {**_kept(adapter, channel_key), **with_channel}
        ChannelCredentials.objects.update_or_create(
            adapter=adapter.slug, channel_key=channel_key, defaults={"values": json.dumps(held)}
        )


def channel_keys(adapter: Adapter) -> list[str]:
    """The channels that have an account of their own at this provider."""
    rows = ChannelCredentials.objects.filter(adapter=adapter.slug)
    return list(rows.order_by("channel_key").values_list("channel_key", flat=True))


def verified_at(adapter: Adapter) -> datetime | None:
    """When the token was last verified; None where that is not known, or not readable."""
    if not adapter.verified_place:
        return None
    found: datetime | None = store.read(_key(adapter.verified_place))
    return found


def write_verified_at(adapter: Adapter, at: datetime) -> None:
    if adapter.verified_place:
        text = timezone.localtime(at).isoformat(timespec="seconds")
        store.write(_key(adapter.verified_place), answer=text)


def _keys(adapter: Adapter) -> dict[str, Key[Any]]:
    return {
        name: _key(place)
        for name, place in adapter.credentials.items()
        if place and not place.startswith((_SETTING, _FIXED))
    }


def _key(place: str) -> Key[Any]:
    parameter, question = place.split(".", 1)
    return Catalogue.known[parameter].keys[question]


def _kept(adapter: Adapter, channel_key: str) -> dict[str, str]:
    row = ChannelCredentials.objects.filter(adapter=adapter.slug, channel_key=channel_key).first()
    kept: dict[str, str] = json.loads(row.values) if row and row.values else {}
    return kept


def without_secrets(text: str, adapter: Adapter, held: Credentials) -> str:
    """Text from a provider without the account's secrets, also where one was cut at its end."""
    secrets = sorted(held.secrets(adapter.secret_names), key=len, reverse=True)
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
        for length in range(len(secret) - 1, _SHORTEST_HINT - 1, -1):
            if text.endswith(secret[:length]):
                text = text[:-length] + _HIDDEN
                break
    # Last, because tokens of one provider begin alike: a piece of one is a piece of the other.
    for secret in secrets:
        text = _without_pieces(text, secret)
    return text


def _without_pieces(text: str, secret: str) -> str:
    """The text without long runs of the secret, as where something was put in its middle."""
    at = 0
    while at + _LONGEST_PIECE <= len(text):
        end = at + _LONGEST_PIECE
        if text[at:end] not in secret:
            at += 1
            continue
        while end < len(text) and text[at : end + 1] in secret:
            end += 1
        text = text[:at] + _HIDDEN + text[end:]
        at += len(_HIDDEN)
    return text


def fingerprint(*secrets: str) -> str:
    """A name for secrets that says nothing about them; empty where all of them are."""
    if not any(secrets):
        return ""
    return hashlib.sha256("\0".join(secrets).encode()).hexdigest()
