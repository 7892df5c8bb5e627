"""Addresses of the simulated phone; part of the installation in the demo only."""

from django.urls import path

from provider.simulator import views

urlpatterns = [
    path("", views.page, name="simulator"),
    path("estado/", views.state, name="simulator-state"),
    path("mensagens/", views.write, name="simulator-write"),
    path("ajustes/", views.switches, name="simulator-switches"),
]
