"""The provider app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from provider import registry


class ProviderConfig(AppConfig):
    name = "provider"
    verbose_name = _("Provider")

    def ready(self) -> None:
        """Refuse to start with an adapter that contradicts itself, not to fail in a request."""
        registry.found()
