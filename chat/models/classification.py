"""Classificação: where conversations wait, and who serves them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Classification(models.Model):
    """A queue of conversations, known by its code (guide, PASSO 1 and 2)."""

    class Kind(models.TextChoices):
        HUMAN = "human", _("Human service")
        BOT = "bot", _("Bot")

    code = models.BigAutoField(_("Code"), primary_key=True)
    description = models.CharField(_("Description"), max_length=100)
    kind = models.CharField(_("Type"), max_length=10, choices=Kind)
    active = models.BooleanField(_("Active"), default=True)

    class Meta:
        verbose_name = _("classification")
        verbose_name_plural = _("classifications")
        ordering = ["description", "code"]

    def __str__(self) -> str:
        return self.description

    @property
    def is_bot(self) -> bool:
        """Whether the isoBot answers here; such a classification has no agents."""
        return self.kind == self.Kind.BOT


class Membership(models.Model):
    """An agent of a classification; `supervisor` marks who sees and reassigns all of it."""

    classification = models.ForeignKey(Classification, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    supervisor = models.BooleanField(_("Supervisor"), default=False)

    class Meta:
        verbose_name = _("agent of the classification")
        verbose_name_plural = _("agents of the classification")
        constraints = [models.UniqueConstraint("classification", "user", name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} › {self.classification}"
