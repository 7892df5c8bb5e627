"""The chat app; here the one reader of the provider's inbox is named."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatConfig(AppConfig):
    name = "chat"
    verbose_name = _("Chat")

    def ready(self) -> None:
        from chat import rights
        from chat.services import classifications, intake, leftovers
        from provider import inbox

        inbox.subscribe(intake.receive)
        classifications.check_parameters()
        rights.watch()
        leftovers.watch()
