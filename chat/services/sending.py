"""The end of the pause of sending after a restored backup, and who decided it."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from chat.services import audit
from provider import gateway


def resume(*, send_waiting: bool, by: User | None) -> str | None:
    """Have sends leave again; what came of it in words, or None where there is no pause."""
    doubtful = gateway.resume_sends(send_waiting=send_waiting)
    if doubtful is None:
        return None
    audit.record(by, "waiting_sent" if send_waiting else "sending_resumed", doubtful=doubtful)
    return _("Sending resumed. Not confirmed now, to be sent again by hand: %(count)d.") % {
        "count": doubtful
    }
