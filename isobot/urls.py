"""Every address of the installation."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import (
    LogoutView,
    PasswordResetCompleteView,
    PasswordResetDoneView,
)
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from chat.views import linked_files, profile
from isobot import health, metrics, reset, signin, views

urlpatterns = [
    path("", views.home, name="home"),
    path("entrar/", signin.LoginPage.as_view(), name="login"),
    path("entrar/esqueci/", reset.AskPage.as_view(), name="password_reset"),
    path("entrar/esqueci/enviado/", PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "entrar/esqueci/pronto/",
        PasswordResetCompleteView.as_view(),
        name="password_reset_complete",
    ),
    path(
        "entrar/esqueci/<uidb64>/<token>/",
        reset.ChoosePage.as_view(),
        name="password_reset_confirm",
    ),
    path("sair/", LogoutView.as_view(), name="logout"),
    path("idioma/", profile.language, name="language"),
    path("perfil/", profile.page, name="profile"),
    path("perfil/senha/", signin.PasswordPage.as_view(), name="password_change"),
    path("omnichannel/", include("chat.urls")),
    path("supervisor/", include("chat.console.urls")),
    path("media/<str:signed>/", linked_files.linked, name="media-link"),
    path("webhooks/", include("provider.urls")),
    path("health/live/", health.live, name="health-live"),
    path("health/ready/", health.ready, name="health-ready"),
    path("metrics", metrics.metrics, name="metrics"),
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
