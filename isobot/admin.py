"""The installation and its people in Django's administration."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from chat.errors import NotAllowed
from chat.services import people
from isobot.models import Heartbeat, Tries
from parameters.admin_base import Admin, Change, ReadOnly, name_fields, tell

name_fields(Heartbeat, part=_("Part"), at=_("Last seen"))
name_fields(Tries, key=_("Key"), count=_("Tries"), until=_("Until"))
Tries._meta.verbose_name = _("tries of a password")
Tries._meta.verbose_name_plural = _("tries of passwords")
Heartbeat._meta.verbose_name = _("sign of life")
Heartbeat._meta.verbose_name_plural = _("signs of life")


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnly):
    list_display = ["part", "at"]
    search_fields = ["part"]


@admin.register(Tries)
class TriesAdmin(ReadOnly):
    list_display = ["key", "count", "until"]
    search_fields = ["key"]
    ordering = ["-until"]


class PersonForm(UserChangeForm):  # type: ignore[type-arg]
    by: User

    def clean(self) -> dict[str, Any]:
        """The guard of the console: one change of rights at a time, and never one's own."""
        values = super().clean() or self.cleaned_data
        try:
            people.take_turn(self.by)
        except NotAllowed as error:
            raise ValidationError(str(error.detail)) from error
        active, administrator = (bool(values.get(n)) for n in ("is_active", "is_superuser"))
        if people.takes_own_rights(
            self.instance, by=self.by, active=active, administrator=administrator
        ):
            self.add_error("is_superuser" if active else "is_active", people.OWN_RIGHTS)
        return values


class People(UserAdmin, Admin):  # type: ignore[type-arg]
    form = PersonForm  # type: ignore[assignment]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **options)
        return type(form.__name__, (form,), {"by": request.user})

    def secrets_of(self, row: Any) -> frozenset[str]:
        return frozenset({"password", "password1", "password2"})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and obj != request.user

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        assert isinstance(request.user, User)
        try:
            people.take_turn(request.user)
        except NotAllowed as error:
            raise PermissionDenied from error
        super().delete_model(request, obj)

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Django saves a password aside from the other fields."""
        answer = super().user_change_password(request, id, form_url)
        is_saved = request.method == "POST" and answer.status_code == 302
        row = self.get_object(request, id) if is_saved else None
        if row is not None and isinstance(request.user, User):
            label = str(_("Password"))
            tell(Change(request.user, "changed", row, {label: ("•••", "•••")}))
        return answer


class Groups(GroupAdmin, Admin):
    pass


for model, pages in ((User, People), (Group, Groups)):
    admin.site.unregister(model)
    admin.site.register(model, pages)
