"""How one user wants the pages: language and time zone."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Profile(models.Model):
    """Made when the user first chooses something; without one the installation's own hold."""

    class Language(models.TextChoices):
        PORTUGUESE = "pt-br", _("Portuguese (Brazil)")
        ENGLISH = "en", _("English")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="profile"
    )
    language = models.CharField(
        _("Language"), max_length=10, choices=Language, default=Language.PORTUGUESE
    )
    time_zone = models.CharField(_("Time zone"), max_length=50, blank=True)

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")

    def __str__(self) -> str:
        return str(self.user)
