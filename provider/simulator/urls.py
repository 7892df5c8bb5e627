"""Addresses of the simulated phone; part of the installation in the demo only."""

from django.urls import path

from provider.simulator import views

urlpatterns = [
    path("", views.page, name="simulator"),
    path("estado/", views.state, name="simulator-state"),
    path("enviar-arquivo/", views.attach, name="simulator-attach"),
    path("mensagens/", views.write, name="simulator-write"),
    path("arquivos/<slug:name>/", views.received_file, name="simulator-file"),
    path("ajustes/", views.switches, name="simulator-switches"),
]
