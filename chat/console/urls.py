"""The addresses of the console, below /supervisor/."""

from __future__ import annotations

from django.urls import URLPattern, include, path

from chat.console import (
    audit,
    channel_account,
    channels,
    classifications,
    contacts,
    events,
    home,
    menus,
    parameters,
    setup,
    templates,
    types,
    users,
)
from chat.console.screens import urls_of

chat: list[URLPattern] = [
    *urls_of(classifications.Classifications, classifications.Agents),
    *urls_of(menus.Menus, channels.Channels, templates.Templates, events.Events),
    *channel_account.urls,
    *setup.urls,
]
registers: list[URLPattern] = [
    *urls_of(contacts.Contacts, types.PhoneTypes, types.EContactTypes),
    *contacts.anonymous_urls,
]

urlpatterns = [
    *home.urls,
    path("chat/", include(chat)),
    path("cadastros/", include(registers)),
    *parameters.own_urls,
    *urls_of(parameters.Parameters, parameters.Users, parameters.Details),
    *urls_of(users.Users),
    *urls_of(audit.Audit),
]
