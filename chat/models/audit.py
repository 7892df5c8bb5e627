"""Who did what that others must be able to see later: configuration, secrets, rights."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Entries(models.QuerySet["AuditEntry"]):
    """Entries that are looked at; many at once are changed as little as one."""

    def update(self, **values: Any) -> int:
        raise TypeError("an audit entry is never changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("an audit entry is never deleted")


class AuditEntry(models.Model):
    """One act of a person. Only added, never changed; holds no secret, at most its fingerprint.

    `what` is a code whose sentence is in `chat.audit_words`; `data` holds its values, and under
    "changes" a field's name with the texts before and after.
    """

    at = models.DateTimeField(_("When"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="audit_entries"
    )
    # Kept apart, so that an entry still says who it was when the user is gone.
    by_name = models.CharField(_("Who"), max_length=200)
    what = models.CharField(_("What"), max_length=60)
    about = models.CharField(_("About"), max_length=200, blank=True)
    data = models.JSONField(default=dict)

    objects = Entries.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit")
        ordering = ["-id"]
        indexes = [models.Index(fields=["what", "-id"], name="audit_by_what")]

    def __str__(self) -> str:
        return f"{self.by_name} {self.what} {self.about}".strip()

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise TypeError("an audit entry is never changed")
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("an audit entry is never deleted")
