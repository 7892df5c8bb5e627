"""The credentials a channel keeps: checked by the names its provider asks for, and never told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from chat.errors import BadInput
from chat.models import Channel
from chat.services import audit
from parameters import store
from parameters.masks import MASK
from provider import gateway

FIELD = "credentials"
LONGEST = 4096


def merged(
    channel: Channel, given: Mapping[str, str] | None, before: Mapping[str, Any]
) -> dict[str, str]:
    """What the channel will have: what it has, with what is given now. Raises BadInput."""
    names = gateway.credential_names(channel.adapter)
    if given and not names:
        raise BadInput(FIELD, _("This provider's credentials are in the parameter ISOCHATBOT."))
    held = {}
    if names and before.get("adapter") == channel.adapter:
        held = gateway.kept_credentials(channel.adapter, before["key"])
    if given is None:
        return held
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise BadInput(
            FIELD,
            _("This provider has no %(names)s. It asks for: %(known)s.")
            % {"names": ", ".join(unknown)[:200], "known": ", ".join(names)},
        )
    typed = {name: _checked(name, value, held.get(name, "")) for name, value in given.items()}
    held.update(typed)
    missing = [name for name in gateway.required_credentials(channel.adapter) if not held.get(name)]
    if missing:
        raise BadInput(FIELD, _("Fill in: %(names)s.") % {"names": ", ".join(missing)})
    return held


def _checked(name: str, value: str, before: str) -> str:
    """The value to keep; its mask, sent back as it was shown, keeps what there is."""
    value = value.strip()
    if before and value == store.mask(before):
        return before
    if value.startswith(MASK):
        raise BadInput(
            FIELD,
            _("%(name)s is only the mask of a value: type the value itself.") % {"name": name},
        )
    if len(value) > LONGEST or not value.isprintable():
        raise BadInput(FIELD, _("%(name)s holds what cannot be used.") % {"name": name})
    if value and (problem := gateway.credential_problem(name, value)):
        raise BadInput(FIELD, f"{gateway.credential_label(name)}: {problem}")
    return value


def write(
    channel: Channel, held: Mapping[str, str], before: Mapping[str, Any], *, by: User
) -> None:
    """Keep them with the channel, and forget those of a provider it has left.

    The audit tells which ones changed, by names that say nothing of them.
    """
    if before and before["adapter"] != channel.adapter:
        gateway.drop_credentials(before["adapter"], before["key"])
    if not held:
        return
    known = gateway.kept_credentials(channel.adapter, channel.key)
    changed = {name: value for name, value in held.items() if known.get(name) != value}
    if not changed:
        return
    gateway.save_credentials(channel.adapter, channel.key, changed)
    changes = {
        gateway.credential_label(name): (
            audit.fingerprint(known.get(name, "")),
            audit.fingerprint(value),
        )
        for name, value in changed.items()
    }
    audit.record(by, "changed", channel, changes=dict(changes), id=channel.pk)
