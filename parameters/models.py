"""Parâmetro → usuário → detalhe, as the guide draws them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from parameters.encryption import EncryptedTextField
from parameters.keys import Catalogue, Key

STANDARD_USER = "ISOPADRAO"


class Parameter(models.Model):
    """A named group of settings (ISOCHATBOT, SMTPCONFIG)."""

    name = models.CharField(_("Parameter"), max_length=100)
    description = models.CharField(_("Description"), max_length=200, blank=True)
    note = models.TextField(_("Note"), blank=True)
    active = models.BooleanField(_("Active"), default=True)

    class Meta:
        verbose_name = _("parameter")
        verbose_name_plural = _("parameters")
        constraints = [models.UniqueConstraint(Lower("name"), name="parameter_name_once")]

    def __str__(self) -> str:
        return self.name


class ParameterUser(models.Model):
    """The user a parameter's details belong to; ISOPADRAO is the one the system reads."""

    parameter = models.ForeignKey(Parameter, models.CASCADE, related_name="users")
    name = models.CharField(_("User"), max_length=100)
    order = models.PositiveIntegerField(_("Order"), default=1)
    active = models.BooleanField(_("Active"), default=True)

    class Meta:
        verbose_name = _("user of the parameter")
        verbose_name_plural = _("users of the parameter")
        constraints = [
            models.UniqueConstraint("parameter", Lower("name"), name="parameter_user_once")
        ]

    def __str__(self) -> str:
        return f"{self.parameter} › {self.name}"


class Detail(models.Model):
    """One question and its answer.

    Both texts are encrypted for every question, so that a secret pasted under a mistyped
    question is not left in clear.
    """

    user = models.ForeignKey(ParameterUser, models.CASCADE, related_name="details")
    question = models.CharField(_("Question"), max_length=100)
    answer = EncryptedTextField(_("Answer"), blank=True)
    note = EncryptedTextField(_("Note"), blank=True)
    order = models.PositiveIntegerField(_("Order"), default=1)
    active = models.BooleanField(_("Active"), default=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("detail")
        verbose_name_plural = _("details")
        ordering = ["question"]
        constraints = [
            models.UniqueConstraint(
                "user",
                Lower("question"),
                condition=models.Q(active=True),
                name="detail_question_once_active",
            )
        ]

    def __str__(self) -> str:
        return self.question

    @property
    def key(self) -> Key[Any] | None:
        return Catalogue.find(self.user.parameter.name, self.question)

    @property
    def is_secret(self) -> bool:
        key = self.key
        return key is not None and key.is_secret
