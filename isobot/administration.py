"""Django's own administration, for superusers alone."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest


class Site(AdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        """Being staff is not enough: this door shows everything."""
        return bool(request.user.is_active and request.user.is_superuser)


class Config(AdminConfig):
    default_site = "isobot.administration.Site"
