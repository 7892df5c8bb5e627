"""Addresses of the agents' screen."""

from django.urls import path

from chat.views import events, omnichannel

urlpatterns = [
    path("", omnichannel.page, name="omnichannel"),
    path("lista/", omnichannel.conversation_list, name="omnichannel-list"),
    path("eventos/", events.stream, name="omnichannel-events"),
    path("<int:conversation_id>/", omnichannel.thread, name="omnichannel-thread"),
    path("<int:conversation_id>/mensagens/", omnichannel.message_list, name="omnichannel-messages"),
    path("<int:conversation_id>/assumir/", omnichannel.assume, name="omnichannel-assume"),
    path("<int:conversation_id>/responder/", omnichannel.answer, name="omnichannel-answer"),
    path("<int:conversation_id>/encerrar/", omnichannel.close, name="omnichannel-close"),
    path(
        "<int:conversation_id>/mensagens/<int:message_id>/reenviar/",
        omnichannel.resend,
        name="omnichannel-resend",
    ),
]
