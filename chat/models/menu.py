"""The menu the bot offers, as people edit it; `chat.bot` gets it as plain values."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.bot import actions
from chat.models.classification import Classification


class Menu(models.Model):
    """One menubot. The default one serves every channel that names no other.

    A blank text is the usual one of `chat.bot.texts`.
    """

    name = models.CharField(_("Name"), max_length=100)
    default = models.BooleanField(_("Default"), default=False)
    classification = models.ForeignKey(
        Classification, models.PROTECT, null=True, blank=True, related_name="menus"
    )
    greeting = models.TextField(_("Greeting"), blank=True)
    not_understood = models.TextField(_("When an answer is not understood"), blank=True)
    still_not_understood = models.TextField(_("When it is not understood again"), blank=True)
    hand_off = models.TextField(_("When a person is called"), blank=True)
    goodbye = models.TextField(_("When the customer leaves"), blank=True)

    class Meta:
        verbose_name = _("menu")
        verbose_name_plural = _("menus")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                "default", condition=models.Q(default=True), name="one_default_menu"
            )
        ]

    def __str__(self) -> str:
        return self.name


class MenuOption(models.Model):
    """One line of a menu; its number is its place in the order."""

    menu = models.ForeignKey(Menu, models.CASCADE, related_name="options")
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="children"
    )
    order = models.PositiveSmallIntegerField(_("Order"), default=1)
    label = models.CharField(_("Label"), max_length=60)
    action = models.CharField(_("Action"), max_length=30)
    text = models.TextField(_("Text"), blank=True)
    classification = models.ForeignKey(Classification, models.PROTECT, null=True, blank=True)

    class Meta:
        verbose_name = _("option of the menu")
        verbose_name_plural = _("options of the menu")
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        if self.action not in actions.ACTIONS:
            known = ", ".join(sorted(actions.ACTIONS))
            raise ValidationError({"action": _("Use one of: %(choices)s.") % {"choices": known}})
