"""What every page shows around itself: the menu of what this person may open, and who they are."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from chat import permissions


def context(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if not permissions.is_person(user):
        return {"nav": [], "user_role": ""}
    entries = [
        {"label": "Omnichannel", "url": reverse("omnichannel"), "icon": "messages"},
    ]
    if settings.ISOBOT_DEMO:
        entries.append(
            {"label": _("Simulated phone"), "url": reverse("simulator"), "icon": "device-mobile"}
        )
    if user.is_superuser:
        entries.append(
            {"label": _("Administration"), "url": reverse("admin:index"), "icon": "settings"}
        )
    for entry in entries:
        entry["active"] = request.path.startswith(entry["url"])  # type: ignore[assignment]
    return {"nav": entries, "user_role": _role(user)}


def _role(user: Any) -> str:
    if user.is_superuser:
        return _("Administrator")
    return _("Supervisor") if permissions.is_supervisor(user) else _("Agent")
