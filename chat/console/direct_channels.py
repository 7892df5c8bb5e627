"""The card of Setup chat about channels with an account of their own."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.console.cards import MISSING, READY, Card
from chat.models import Channel
from provider import gateway


def card() -> Card | None:
    """Channels with an account of their own; no card where there are none."""
    rows = [
        row
        for row in Channel.objects.filter(active=True)
        if row.adapter in gateway.adapters() and gateway.credential_names(row.adapter)
    ]
    if not rows:
        return None
    lacking = [row for row in rows if not gateway.account_key(row.adapter, row.key)]
    troubled = [row for row in rows if gateway.open_incidents(row.adapter, row.key).exists()]
    names = ", ".join(row.key for row in (lacking or troubled))
    found = _("All of them have credentials")
    if lacking:
        found = _("Without credentials: %(names)s") % {"names": names}
    elif troubled:
        found = _("The provider refuses or does not answer: %(names)s") % {"names": names}
    return Card(
        "direct",
        gettext_lazy("Channels with credentials of their own"),
        gettext_lazy("Without credentials a channel neither receives nor sends."),
        MISSING if lacking or troubled else READY,
        gettext_lazy("Credentials on each of these channels"),
        found,
        links=[
            (row.key, reverse("console-canais-edit", args=[row.pk])) for row in lacking or troubled
        ],
    )
