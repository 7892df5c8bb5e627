"""Classifications, channels and menus in the administration, with the console's rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import ForeignKey
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.bot import actions
from chat.models import Channel, Classification, Membership, Menu, MenuOption
from parameters.admin_base import Admin, Form
from parameters.kinds import BadValue, PhoneKind
from provider import gateway

HUMAN, BOT = Classification.Kind.HUMAN, Classification.Kind.BOT
ACTIONS: dict[str, Promise] = {
    "hand_off": gettext_lazy("Call a person"),
    "text": gettext_lazy("Answer with a text"),
    "submenu": gettext_lazy("Offer the options below"),
    "end": gettext_lazy("Say goodbye and close"),
}


class ClassificationForm(Form):
    def clean_kind(self) -> str:
        kind = str(self.cleaned_data["kind"])
        if kind == BOT and self.instance.pk and self.instance.memberships.exists():
            self.add_error("kind", _("It has agents. Take them out before making it the bot's."))
        return kind


class Agents(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    form = Form
    extra = 0
    autocomplete_fields = ["user"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_bot = obj is not None and obj.kind == BOT
        return super().has_add_permission(request, obj) and not is_bot


@admin.register(Classification)
class ClassificationAdmin(Admin):
    form = ClassificationForm
    list_display = ["description", "code", "kind", "active"]
    list_filter = ["kind", "active"]
    search_fields = ["=code", "description"]
    fields = ["description", "kind", "active"]

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        # Only once it is known which kind it is: people do not serve in the bot's.
        return [Agents] if obj is not None else []


class OfKind(Admin):
    """A page whose classification must be of one kind."""

    kind = HUMAN

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **options: Any
    ) -> Any:
        if db_field.name == "classification":
            options["queryset"] = Classification.objects.filter(kind=self.kind)
        return super().formfield_for_foreignkey(db_field, request, **options)


@admin.register(Membership)
class MembershipAdmin(OfKind):
    list_display = ["user", "classification", "supervisor"]
    list_filter = ["classification", "supervisor"]
    list_select_related = ["user", "classification"]
    search_fields = ["user__username", "user__first_name", "classification__description"]
    autocomplete_fields = ["user"]


class ChannelForm(Form):
    adapter = forms.ChoiceField(label=gettext_lazy("Provider"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "adapter" in self.fields:
            field = self.fields["adapter"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(slug, slug) for slug in gateway.adapters()]

    def clean(self) -> dict[str, Any]:
        data = dict(super().clean() or {})
        kind, line = data.get("kind", self.instance.kind), str(data.get("line", "")).strip()
        if kind == Channel.Kind.WHATSAPP:
            try:
                line = PhoneKind().tidy(line, "")[0]
                PhoneKind().parse(line, "")
            except BadValue as error:
                self.add_error("line", str(error.message))
        data["line"] = line
        return data


@admin.register(Channel)
class ChannelAdmin(Admin):
    form = ChannelForm
    list_display = ["key", "kind", "adapter", "line", "active", "discovered", "menu"]
    list_filter = ["kind", "adapter", "active", "discovered"]
    list_select_related = ["menu"]
    search_fields = ["key", "line"]
    readonly_fields = ["discovered"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # What is known of its people and its provider hangs on these.
        return ["discovered", *(["key", "kind", "adapter"] if obj else [])]


class OptionForm(Form):
    action = forms.ChoiceField(label=gettext_lazy("Action"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["action"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, ACTIONS.get(name, name)) for name in sorted(actions.ACTIONS)]

    def clean(self) -> dict[str, Any]:
        data = dict(super().clean() or {})
        parent, menu = data.get("parent"), data.get("menu") or self.instance.menu_id
        menu_id = getattr(menu, "pk", menu)
        if parent is not None and (parent.menu_id != menu_id or self._is_below(parent)):
            self.add_error("parent", _("Choose an option of the same menu that is not below this."))
        return data

    def _is_below(self, parent: MenuOption) -> bool:
        above: MenuOption | None = parent
        seen: set[int] = set()
        while above is not None and above.pk not in seen:
            if above.pk == self.instance.pk:
                return True
            seen.add(above.pk)
            above = above.parent
        return False


class Options(admin.StackedInline):  # type: ignore[type-arg]
    model = MenuOption
    form = OptionForm
    extra = 0

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **options: Any
    ) -> Any:
        if db_field.name == "classification":
            options["queryset"] = Classification.objects.filter(kind=HUMAN)
        return super().formfield_for_foreignkey(db_field, request, **options)


class MenuForm(Form):
    # Not the model's own field, which would refuse a second one before the first gives way.
    is_default = forms.BooleanField(label=gettext_lazy("Default"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["is_default"] = self.instance.default

    def clean_is_default(self) -> bool:
        wanted = bool(self.cleaned_data["is_default"])
        if self.instance.default and not wanted:
            self.add_error(
                "is_default", _("One menu must be the default. Mark another, and this one ceases.")
            )
        return wanted


@admin.register(Menu)
class MenuAdmin(OfKind):
    kind = BOT
    form = MenuForm
    list_display = ["name", "default", "classification"]
    list_filter = ["default"]
    list_select_related = ["classification"]
    search_fields = ["name", "greeting"]
    fields = [
        "name", "is_default", "classification", "greeting", "not_understood",
        "still_not_understood", "hand_off", "goodbye",
    ]  # fmt: skip
    inlines = [Options]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if form.cleaned_data["is_default"] and not obj.default:
            Menu.objects.filter(default=True).update(default=False)
            obj.default = True
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.default)


@admin.register(MenuOption)
class MenuOptionAdmin(OfKind):
    form = OptionForm
    list_display = ["label", "menu", "order", "action", "classification"]
    list_filter = ["menu", "action"]
    list_select_related = ["menu", "classification"]
    search_fields = ["label", "text", "menu__name"]
    raw_id_fields = ["parent"]
