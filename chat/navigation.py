"""What every page shows around itself: the menu of what this person may open, and who they are."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from chat import permissions, selectors


def context(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if not permissions.is_person(user):
        return {"nav": [], "user_role": "", "news": None}
    entries = [_entry(request, "Omnichannel", "omnichannel", "messages")]
    if permissions.is_supervisor(user):
        entries += _supervisors(request)
    if settings.ISOBOT_DEMO:
        entries.append(_entry(request, _("Simulated phone"), "simulator", "device-mobile"))
    if user.is_superuser:
        entries.append(_entry(request, _("Administration"), "admin:index", "settings"))
    return {"nav": entries, "user_role": _role(user), "news": selectors.news_for(user)}


def _supervisors(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu of the guide: supervisor > chat > classificação, and what stands beside it."""
    chat = [
        _entry(request, _("Classification"), "console-classificacao", "tags"),
        _entry(request, _("Menus"), "console-menus", "robot"),
        _entry(request, _("Channels"), "console-canais", "device-mobile"),
        _entry(request, _("Templates"), "console-templates", "message-circle"),
        _entry(request, _("Setup chat"), "console-setup", "plug-connected"),
        _entry(request, _("Provider events"), "console-eventos", "webhook"),
    ]
    registers = [
        _entry(request, _("Contacts"), "console-contatos", "address-book"),
        _entry(request, _("Types of telephone"), "console-tipos-de-telefone", "phone"),
        _entry(request, _("Types of e-contact"), "console-tipos-de-econtact", "link"),
    ]
    return [
        {"label": "Supervisor", "children": [{"label": "Chat", "children": chat}]},
        _entry(request, _("Parameters"), "console-parametros", "adjustments"),
        {"label": _("Registers"), "children": registers},
        _entry(request, _("Users"), "console-usuarios", "users"),
        _entry(request, _("Audit"), "console-auditoria", "shield-check"),
    ]


def _entry(request: HttpRequest, label: str, name: str, icon: str) -> dict[str, Any]:
    url = reverse(name)
    return {"label": label, "url": url, "icon": icon, "active": request.path.startswith(url)}


def _role(user: User) -> str:
    if user.is_superuser:
        return _("Administrator")
    return _("Supervisor") if permissions.is_supervisor(user) else _("Agent")
