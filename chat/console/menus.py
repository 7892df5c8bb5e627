"""Supervisor > Chat > Menus, with what the customer will receive beside the form."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat.bot import engine
from chat.bot import menu as bot
from chat.console.base import Column, Section, State
from chat.console.menu_form import MenuForm
from chat.console.screens import Screen
from chat.models import Menu
from chat.services import classifications, menu_lint, menus

# A customer in a hurry does not go deeper.
MOST_CHOICES = 10


def _mark(row: Menu) -> State | str:
    return State(_("Default"), "good", "circle-check") if row.default else ""


def _channels(row: Menu) -> str:
    return ", ".join(str(channel) for channel in row.channels.all())


class Menus(Section):
    slug = "menus"
    title = _("Menus")
    path = ("Supervisor", "Chat")
    lead = _("What the isoBot offers the customer who writes. Each channel has one menu.")
    model = Menu
    form = MenuForm
    form_template = "console/menu.html"
    columns = (
        Column(_("Name"), "name", "main"),
        Column(_("Mark"), _mark, "state"),
        Column(_("Options"), "option_count", "number"),
        Column(_("Channels"), _channels),
    )
    search = ("name",)
    search_label = _("Name")
    ordering = ("-default", "name", "pk")
    new_title = _("New menu")
    saved = _("Menu saved.")
    empty = _("No menu yet.")
    can_remove = True

    @classmethod
    def rows(cls, parent: Any = None) -> QuerySet[Any]:
        first_level = Count("options", filter=Q(options__parent=None))
        found: QuerySet[Any] = super().rows(parent).annotate(option_count=first_level)
        return found.prefetch_related("channels")

    @classmethod
    def make_form(cls, *args: Any, user: User, row: Any, parent: Any, **options: Any) -> Any:
        return MenuForm(*args, menu=row)

    @classmethod
    def save(cls, form: Any, *, by: User, row: Any, parent: Any = None) -> Any:
        return menus.save(row, form.draft(), by=by)

    @classmethod
    def remove(cls, row: Any, *, by: User) -> None:
        menus.remove(row, by=by)

    @classmethod
    def obstacle(cls, row: Any) -> str:
        return menus.obstacle(row)

    @classmethod
    def loss(cls, row: Any) -> Any:
        return _("Its texts and its options are lost. This cannot be undone.")

    @classmethod
    def beside(cls, request: HttpRequest, row: Any, parent: Any = None) -> dict[str, Any]:
        return preview(MenuForm(menu=row), []) | {
            "channels": list(row.channels.all()) if row else []
        }

    @classmethod
    def urls(cls, **views: Any) -> list[URLPattern]:
        shown = path(
            f"{cls.prefix()}previa/", PreviewScreen.as_view(), name="console-menus-preview"
        )
        return [shown, *super().urls(**views)]


class Bubble(NamedTuple):
    """One thing said in the preview: by the `bot` or the `contact`, or a `note` on what follows."""

    author: str
    text: str


def preview(form: MenuForm, chosen: list[str]) -> dict[str, Any]:
    """What a customer receives who writes for the first time and then chooses these numbers."""
    values = menus.as_values(form.draft(), form.menu)
    step = engine.advance(values, bot.State(), "")
    bubbles = [Bubble("bot", step.reply)]
    for number in chosen[:MOST_CHOICES]:
        if step.effect is not None:
            break
        step = engine.advance(values, step.state, number[:10])
        bubbles += [Bubble("contact", number[:10]), Bubble("bot", step.reply)]
    if step.effect is not None:
        bubbles.append(Bubble("note", _what_follows(step.effect)))
    options = () if step.effect else engine.options_at(values, step.state) or ()
    return {
        "bubbles": bubbles,
        "offered": list(enumerate((option.label for option in options), 1)),
        "chosen": chosen[:MOST_CHOICES],
        "lint": menu_lint.warnings(values),
    }


def _what_follows(effect: bot.HandOff | bot.End) -> str:
    if isinstance(effect, bot.End):
        return gettext("The conversation ends here.")
    queue = classifications.for_people(effect.classification)
    if queue is None:
        return gettext("The conversation waits for an agent.")
    return gettext("The conversation waits for an agent in %(classification)s.") % {
        "classification": queue.description
    }


class PreviewScreen(Screen):
    """The preview of what the form holds right now; keeps nothing."""

    section = Menus
    changes = True

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        wanted = request.POST.get("menu", "")
        menu = None
        if wanted:
            if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 18):
                raise Http404
            menu = self.row(int(wanted))
        form = MenuForm(request.POST, menu=menu)
        context = preview(form, request.POST.getlist("choose"))
        return render(request, "console/_menu_preview.html", context)
