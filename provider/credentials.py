"""Where an adapter's credentials are kept: keys of the catalogue, settings, or with the channel."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from parameters import store
from parameters.keys import Catalogue, Key
from provider.adapter import Adapter
from provider.contracts import Credentials
from provider.models import ChannelCredentials

_SETTING = "setting:"
_HIDDEN = "•••"
# Fewer characters of a secret give nothing away, and ordinary words end that way.
_SHORTEST_HINT = 6


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


def _keys(adapter: Adapter) -> dict[str, Key[Any]]:
    found = {}
    for name, place in adapter.credentials.items():
        if place and not place.startswith(_SETTING):
            parameter, question = place.split(".", 1)
            found[name] = Catalogue.known[parameter].keys[question]
    return found


def _kept(adapter: Adapter, channel_key: str) -> dict[str, str]:
    row = ChannelCredentials.objects.filter(adapter=adapter.slug, channel_key=channel_key).first()
    kept: dict[str, str] = json.loads(row.values) if row and row.values else {}
    return kept


def without_secrets(text: str, adapter: Adapter, held: Credentials) -> str:
    """Text from a provider without the account's secrets, also where one was cut at its end."""
    for secret in sorted(held.secrets(adapter.secret_names), key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
        for length in range(len(secret) - 1, _SHORTEST_HINT - 1, -1):
            if text.endswith(secret[:length]):
                text = text[:-length] + _HIDDEN
                break
    return text


def fingerprint(*secrets: str) -> str:
    """A name for secrets that says nothing about them; empty where all of them are."""
    if not any(secrets):
        return ""
    return hashlib.sha256("\0".join(secrets).encode()).hexdigest()
