"""Rows that people change: taken as they are now, by one at a time."""

from __future__ import annotations

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from chat.errors import BadInput
from parameters import rows


def hold(row: Model, field: str) -> None:
    """Keep a row that exists from others until the transaction ends, and read it again.

    Raises BadInput, which names the field, where somebody removed it meanwhile.
    """
    if row.pk is not None and not rows.hold(row):
        raise BadInput(field, _("Somebody removed it meanwhile. Go back to the list."))
