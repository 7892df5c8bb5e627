"""The pause of sending: on while its one row is there."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class SendingPause(models.Model):
    """Written with a restored backup, in the same commit; taken away by who decides.

    Sends up to `last_restored` came with the backup, and may have left after it was made.
    """

    since = models.DateTimeField()
    last_restored = models.BigIntegerField()

    class Meta:
        verbose_name = _("pause of sending")
        verbose_name_plural = _("pauses of sending")

    def __str__(self) -> str:
        return str(self.since)
