"""A token of the REST interface, kept as a digest."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ApiToken(models.Model):
    """Ends with a change of the user's password or rights, whose print it carries."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    digest = models.CharField(max_length=64, unique=True)
    rights = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField()

    class Meta:
        verbose_name = _("REST token")
        verbose_name_plural = _("REST tokens")

    def __str__(self) -> str:
        return f"{self.user_id} {self.created_at}"
