"""Cadastro: the people the company knows, with their phones and other addresses."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Contact(models.Model):
    """A person. Exactly one is the anonymous contact, to whom the unknown belong for now."""

    name = models.CharField(_("Name"), max_length=200)
    anonymous = models.BooleanField(_("Anonymous"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                "anonymous", condition=models.Q(anonymous=True), name="one_anonymous_contact"
            )
        ]

    def __str__(self) -> str:
        return self.name


class PhoneType(models.Model):
    """A type of telephone, known by its code (TIPO_TELEFONE)."""

    code = models.BigAutoField(_("Code"), primary_key=True)
    description = models.CharField(_("Description"), max_length=100)

    class Meta:
        verbose_name = _("type of telephone")
        verbose_name_plural = _("types of telephone")
        ordering = ["code"]
        constraints = [models.UniqueConstraint(Lower("description"), name="phone_type_once")]

    def __str__(self) -> str:
        return self.description


class EContactType(models.Model):
    """A type of e-contact, known by its code (TIPO_ECONTACT)."""

    code = models.BigAutoField(_("Code"), primary_key=True)
    description = models.CharField(_("Description"), max_length=100)

    class Meta:
        verbose_name = _("type of e-contact")
        verbose_name_plural = _("types of e-contact")
        ordering = ["code"]
        constraints = [models.UniqueConstraint(Lower("description"), name="econtact_type_once")]

    def __str__(self) -> str:
        return self.description


class ContactPhone(models.Model):
    """A telephone of a contact."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="phones")
    type = models.ForeignKey(PhoneType, models.PROTECT)
    number = models.CharField(_("Number"), max_length=30)

    class Meta:
        verbose_name = _("telephone")
        verbose_name_plural = _("telephones")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint("contact", "type", "number", name="contact_phone_once")
        ]

    def __str__(self) -> str:
        return self.number


class ContactEContact(models.Model):
    """An e-mail, handle or other address of a contact."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="econtacts")
    type = models.ForeignKey(EContactType, models.PROTECT)
    address = models.CharField(_("Address"), max_length=255)

    class Meta:
        verbose_name = _("e-contact")
        verbose_name_plural = _("e-contacts")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint("contact", "type", "address", name="contact_econtact_once")
        ]

    def __str__(self) -> str:
        return self.address
