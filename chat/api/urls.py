"""The addresses of `/api/v1/`."""

from django.urls import path

from chat.api import views

urlpatterns = [
    path("auth/token/", views.TokenView.as_view()),
    path("conversations/", views.ConversationsView.as_view()),
    path("conversations/<int:conversation_id>/", views.ConversationView.as_view()),
    path("conversations/<int:conversation_id>/messages/", views.MessagesView.as_view()),
    path("conversations/<int:conversation_id>/assume/", views.AssumeView.as_view()),
    path("conversations/<int:conversation_id>/close/", views.CloseView.as_view()),
    path("contacts/", views.ContactsView.as_view()),
    path("contacts/<int:contact_id>/", views.ContactView.as_view()),
    path(
        "parameters/<str:name>/users/<str:user>/details/<str:question>/", views.DetailView.as_view()
    ),
    path("events/", views.EventsView.as_view()),
    path("events/<int:event_id>/replay/", views.ReplayView.as_view()),
]
