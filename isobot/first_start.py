"""What the first start of an installation makes: the administrator, “Anônimo”, a default menu."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from django.contrib.auth.models import Group, User
from django.db import transaction

from chat import permissions
from chat.models import EContactType, Menu, MenuOption, PhoneType
from chat.services import contacts

PHONE_TYPES = ("Celular", "Residencial", "Comercial")
ECONTACT_TYPES = ("E-mail", "Telegram", "Instagram", "Messenger")


class Login(NamedTuple):
    """A login to show. `password` is None where it was shown before."""

    username: str
    password: str | None


@transaction.atomic
def prepare(admin_password: str) -> list[Login]:
    """Make what is missing; safe to call at every start."""
    contacts.anonymous()
    Group.objects.get_or_create(name=permissions.SUPERVISORS)
    for model, names in ((PhoneType, PHONE_TYPES), (EContactType, ECONTACT_TYPES)):
        if not model.objects.exists():
            for name in names:
                model.objects.create(description=name)
    if not Menu.objects.filter(default=True).exists():
        menu = Menu.objects.create(name="Menu principal", default=True)
        add_options(menu, ("Falar com atendente", "hand_off", ""), ("Encerrar conversa", "end", ""))
    return [_administrator(admin_password)]


def add_options(menu: Menu, *options: tuple[str, str, str]) -> None:
    for order, (label, action, text) in enumerate(options, 1):
        MenuOption.objects.create(menu=menu, order=order, label=label, action=action, text=text)


def _administrator(password: str) -> Login:
    if User.objects.filter(is_superuser=True).exists():
        return Login("admin", None)
    chosen = password or secrets.token_urlsafe(12)
    User.objects.create_superuser("admin", password=chosen)
    return Login("admin", chosen)
