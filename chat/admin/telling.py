"""What is changed in the administration is audited, and has its effects, as anywhere else."""

from __future__ import annotations

from chat.services import audit, channels
from parameters import admin_base
from parameters.admin_base import Change
from parameters.catalogue import ISOCHATBOT
from parameters.models import Detail


def follow(change: Change) -> None:
    values = {
        label: tuple(audit.fingerprint(str(value)) for value in pair)
        if label in change.secrets
        else pair
        for label, pair in change.values.items()
    }
    about = f"{change.row._meta.verbose_name}: {_name(change)}"
    audit.record(change.by, change.what, about, changes=values)  # type: ignore[arg-type]
    if isinstance(change.row, Detail) and change.row.key is ISOCHATBOT.PROVEDOR_PHONE:
        channels.follow_phone()


def _name(change: Change) -> str:
    row = change.row
    return f"{row.user} › {row.question}" if isinstance(row, Detail) else str(row)


admin_base.listeners.append(follow)
