"""Addresses providers post to."""

from django.urls import path

from provider import views

urlpatterns = [
    path("<slug:adapter>/", views.webhook, name="webhook"),
    path("<slug:adapter>/<slug:channel_key>/", views.webhook, name="webhook-channel"),
]
