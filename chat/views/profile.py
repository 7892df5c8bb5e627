"""Perfil: a person's own language, time zone and password."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import PasswordChangeView
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from chat import permissions
from chat.forms import PasswordForm, ProfileForm
from chat.models import Profile
from chat.services import profiles

ONE_YEAR = 365 * 24 * 3600


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def page(request: HttpRequest) -> HttpResponse:
    user = request.user
    if not permissions.is_person(user):
        raise Http404
    kept: Profile = getattr(user, "profile", None) or Profile()
    form = ProfileForm(
        request.POST or None, initial={"language": kept.language, "time_zone": kept.time_zone}
    )
    if not form.is_valid():
        context = {"form": form, "configures": permissions.is_supervisor(user)}
        return render(request, "chat/profile.html", context)
    profile = profiles.save(by=user, **form.cleaned_data)
    with translation.override(profile.language):
        messages.success(request, _("Profile saved."))
    return _remembering(redirect("profile"), profile.language)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """The switch of the pages in front of the sign-in."""
    wanted = request.POST.get("next", "")
    # A path and nothing else: what is neither a path nor an address would be a view's name.
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    chosen = profiles.known_language(request.POST.get("language", ""))
    where = wanted if is_ours else reverse("login")
    return _remembering(HttpResponseRedirect(where), chosen)


def _remembering(response: HttpResponse, code: str) -> HttpResponse:
    response.set_cookie(
        profiles.COOKIE,
        code,
        max_age=ONE_YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


class PasswordPage(PasswordChangeView):
    """Ends every other session and every REST token of the person."""

    form_class = PasswordForm
    template_name = "chat/password.html"
    success_url = reverse_lazy("profile")
    saved = gettext_lazy("Password changed. Your other sessions and REST tokens have ended.")

    def form_valid(self, form: object) -> HttpResponse:
        messages.success(self.request, self.saved)
        return super().form_valid(form)  # type: ignore[arg-type]
