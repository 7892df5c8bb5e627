"""Every address of the installation."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from isobot import health, views

urlpatterns = [
    path("", views.home, name="home"),
    path("entrar/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("sair/", LogoutView.as_view(), name="logout"),
    path("omnichannel/", include("chat.urls")),
    path("webhooks/", include("provider.urls")),
    path("health/live/", health.live, name="health-live"),
    path("health/ready/", health.ready, name="health-ready"),
    path("api/v1/", include("chat.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("admin/", admin.site.urls),
]
if settings.ISOBOT_DEMO:
    urlpatterns.append(path("simulador/", include("provider.simulator.urls")))

handler400 = "isobot.views.bad_request"
handler403 = "isobot.views.permission_denied"
handler404 = "isobot.views.not_found"
handler500 = "isobot.views.server_error"
