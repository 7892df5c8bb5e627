"""The supervisor's first page: how things stand, and what stops; and the news above every page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from chat import selectors
from chat.console import checklist
from chat.console.base import Section
from chat.console.screens import Screen
from chat.models import Conversation
from chat.models.conversation import Status


class HomeSection(Section):
    """Not a list of rows: here for its title and who may."""

    slug = "home"
    title = _("Overview")
    path = ("Supervisor",)
    model = Conversation
    columns = ()


class Home(Screen):
    section = HomeSection

    def get(self, request: HttpRequest) -> HttpResponse:
        cards = checklist.cards()
        seen = selectors.conversations_for(self.user)
        waiting = seen.filter(status=Status.WAITING)
        context = self.context(
            cards=cards,
            ready=sum(card.is_ready for card in cards),
            missing=checklist.missing(cards),
            waiting=waiting.count(),
            oldest=waiting.order_by("waiting_since").first(),
            unclassified=waiting.filter(classification=None).count(),
            served=seen.filter(status__in=[Status.ACTIVE, Status.ON_HOLD]).count(),
            with_bot=seen.filter(status=Status.BOT).count(),
        )
        return render(request, "console/home.html", context)


class News(Screen):
    """What every supervisor must notice, as the fragment that open pages fetch again."""

    section = HomeSection

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "_incidents.html", {"news": selectors.news_for(self.user)})


urls: list[URLPattern] = [
    path("", Home.as_view(), name="console-home"),
    path("avisos/", News.as_view(), name="console-news"),
]
