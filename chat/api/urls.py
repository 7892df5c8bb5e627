"""The addresses of `/api/v1/`."""

from django.urls import path

from chat.api import attachments, configuration, contacts, conversations, events, parameters, tokens

CONVERSATION = "conversations/<int:conversation_id>/"
CLASSIFICATION = "classifications/<int:code>/"

urlpatterns = [
    path("auth/token/", tokens.TokenView.as_view()),
    path("conversations/", conversations.ConversationsView.as_view()),
    path(CONVERSATION, conversations.ConversationView.as_view()),
    path(f"{CONVERSATION}messages/", conversations.MessagesView.as_view()),
    path(f"{CONVERSATION}assume/", conversations.AssumeView.as_view()),
    path(f"{CONVERSATION}transfer/", conversations.TransferView.as_view()),
    path(f"{CONVERSATION}hold/", conversations.HoldView.as_view()),
    path(f"{CONVERSATION}resume/", conversations.ResumeView.as_view()),
    path(f"{CONVERSATION}close/", conversations.CloseView.as_view()),
    path(f"{CONVERSATION}link/", conversations.LinkView.as_view()),
    path("attachments/<slug:key>/", attachments.AttachmentView.as_view(), name="api-attachment"),
    path("classifications/", configuration.ClassificationsView.as_view()),
    path(CLASSIFICATION, configuration.ClassificationView.as_view()),
    path(f"{CLASSIFICATION}agents/", configuration.AgentsView.as_view()),
    path("contacts/", contacts.ContactsView.as_view()),
    path("contacts/<int:contact_id>/", contacts.ContactView.as_view()),
    path("channels/", configuration.ChannelsView.as_view()),
    path("channels/<int:channel_id>/", configuration.ChannelView.as_view()),
    path("menus/", configuration.MenusView.as_view()),
    path(
        "parameters/<str:name>/users/<str:user>/details/<str:question>/",
        parameters.DetailView.as_view(),
    ),
    path("events/", events.EventsView.as_view()),
    path("events/<int:event_id>/replay/", events.ReplayView.as_view()),
]
