"""Addresses of the agents' screen."""

from django.urls import path

from chat.views import attachments, desk, events, extras, omnichannel, templates

urlpatterns = [
    path("", omnichannel.page, name="omnichannel"),
    path("lista/", omnichannel.conversation_list, name="omnichannel-list"),
    path("eventos/", events.stream, name="omnichannel-events"),
    path("arquivos/<slug:key>/", attachments.attachment, name="omnichannel-file"),
    path("arquivos/<slug:key>/baixar/", attachments.fetch_again, name="omnichannel-fetch-file"),
    path("<int:conversation_id>/", omnichannel.thread, name="omnichannel-thread"),
    path("<int:conversation_id>/mensagens/", omnichannel.message_list, name="omnichannel-messages"),
    path("<int:conversation_id>/assumir/", omnichannel.assume, name="omnichannel-assume"),
    path("<int:conversation_id>/responder/", omnichannel.answer, name="omnichannel-answer"),
    path("<int:conversation_id>/modelo/", templates.template, name="omnichannel-template"),
    path("<int:conversation_id>/localizacao/", extras.location, name="omnichannel-location"),
    path("<int:conversation_id>/contato/", extras.contact, name="omnichannel-contact"),
    path("<int:conversation_id>/transferir/", desk.transfer, name="omnichannel-transfer"),
    path("<int:conversation_id>/esperar/", desk.hold, name="omnichannel-hold"),
    path("<int:conversation_id>/retomar/", desk.resume, name="omnichannel-resume"),
    path("<int:conversation_id>/encerrar/", desk.close, name="omnichannel-close"),
    path("<int:conversation_id>/vincular/", desk.link, name="omnichannel-link"),
    path("<int:conversation_id>/desvincular/", desk.unlink, name="omnichannel-unlink"),
    path(
        "<int:conversation_id>/mensagens/<int:message_id>/reenviar/",
        omnichannel.resend,
        name="omnichannel-resend",
    ),
]
