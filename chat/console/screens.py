"""The views every section shares: list, show, add, edit and remove."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.views import View

from chat import permissions
from chat.console.base import Section
from chat.errors import BadInput, NotAllowed
from chat.models import Submission
from parameters.kinds import BadValue

PAGE = 50


class Screen(View):
    """A page of somebody who may see the section; everybody else is led away."""

    section: ClassVar[type[Section]] = Section
    changes: ClassVar[bool] = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if not permissions.is_person(user):
            return redirect_to_login(request.get_full_path())
        if not self.section.may_see(user):
            raise PermissionDenied
        if self.changes and request.method == "POST" and not self.section.may_change(user):
            raise PermissionDenied
        self.user: User = user
        self.parent = self._parent(kwargs)
        return super().dispatch(request, *args, **kwargs)

    def _parent(self, kwargs: dict[str, Any]) -> Any:
        if self.section.parent is None:
            return None
        return _found(self.section.parent, kwargs["parent"])

    def row(self, pk: int) -> Any:
        return _found(self.section, pk, self.parent)

    def context(self, **values: Any) -> dict[str, Any]:
        section = self.section
        above = section.parent
        tabs = above.tabs(self.parent) if above is not None else []
        return {
            "section": section,
            "parent": self.parent,
            "parent_heading": above.heading(self.parent) if above else "",
            "crumbs": self.crumbs(),
            "tabs": [tab for tab in tabs if tab],
            "list_url": section.url(parent=self.parent),
            "may_change": section.may_change(self.user),
            **values,
        }

    def crumbs(self) -> list[tuple[Any, str]]:
        """The way here: words of the menu, then the pages above, each with its address."""
        section, row = self.section, self.parent
        found = [(section.title, section.url(parent=row))]
        while section.parent is not None:
            section = section.parent
            found.insert(0, (section.heading(row), section.url("edit", row)))
            row = section.owner(row)
        if section is not self.section:
            found.insert(0, (section.title, section.url()))
        return [*((step, "") for step in section.path), *found]

    def remove_url(self, row: Any) -> str:
        section = self.section
        if not (section.can_remove and section.may_edit(self.user, row)):
            return ""
        return section.url("remove", row, self.parent)


def _found(section: type[Section], pk: int, parent: Any = None) -> Any:
    row = section.rows(parent).filter(pk=pk).first() if pk < 2**63 else None
    if row is None:
        raise Http404
    return row


class ListScreen(Screen):
    """The rows, filtered and by pages."""

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        section = self.section
        rows = section.matching(section.rows(self.parent), request.GET.dict())
        page = Paginator(rows, PAGE).get_page(request.GET.get("pagina"))
        query = request.GET.copy()
        query.pop("pagina", None)
        context = self.context(
            page=page,
            table=[self._line(row) for row in section.completed(list(page))],
            query=query.urlencode(),
            q=request.GET.get("q", "")[:200],
            filters=[self._filter(item, request) for item in section.filters],
            is_filtered=any(query.values()),
            can_add=section.can_add and section.form and section.may_change(self.user),
            add_url=section.url("add", parent=self.parent)
            if section.can_add and section.form
            else "",
            dates=self._dates(request) if section.dates else {},
            **section.above(request, self.parent),
        )
        return render(request, section.list_template, context)

    def _line(self, row: Any) -> dict[str, Any]:
        section = self.section
        return {
            "row": row,
            "open_url": section.open_url(row, self.parent),
            "remove_url": self.remove_url(row),
            "heading": section.heading(row),
            "cells": [
                {"label": column.label, "kind": column.kind, "value": column.of(row)}
                for column in section.columns
            ],
        }

    def _filter(self, item: Any, request: HttpRequest) -> dict[str, Any]:
        return {
            "name": item.name,
            "label": item.label,
            "choices": item.choices(),
            "value": request.GET.get(item.name, ""),
        }

    def _dates(self, request: HttpRequest) -> dict[str, str]:
        return {"first": request.GET.get("de", "")[:10], "last": request.GET.get("ate", "")[:10]}


class ViewScreen(Screen):
    """One row, shown and not edited."""

    def get(self, request: HttpRequest, pk: int, **_kwargs: Any) -> HttpResponse:
        row, section = self.row(pk), self.section
        context = self.context(
            row=row, heading=section.heading(row), **section.beside(request, row, self.parent)
        )
        return render(request, section.page_template, context)


class FormScreen(Screen):
    """One row's form. The second click on Inserir finds everything saved and changes nothing."""

    changes = True

    def form(self, row: Any, *args: Any) -> Any:
        asked = self.section.asked(self.request) if row is None else {}
        form = self.section.make_form(*args, user=self.user, row=row, parent=self.parent, **asked)
        if row is not None and not self.section.may_edit(self.user, row):
            for field in form.fields.values():
                field.disabled = True
        return form

    def page(self, request: HttpRequest, form: Any, row: Any, status: int = 200) -> HttpResponse:
        section = self.section
        context = self.context(
            form=form,
            row=row,
            heading=section.heading(row) if row is not None else section.new_title,
            submission=uuid.uuid4() if row is None else "",
            remove_url=self.remove_url(row) if row is not None else "",
            **section.beside(request, row, self.parent),
        )
        if row is not None:
            context["may_change"] = section.may_edit(self.user, row)
        if row is not None and section.parent is None:
            context["tabs"] = section.tabs(row)
        return render(request, section.form_template, context, status=status)

    def write(self, request: HttpRequest, form: Any, row: Any) -> Any:
        """The saved row, or None where a rule refused it (the form then says why)."""
        if not form.is_valid():
            return None
        try:
            with transaction.atomic():
                return self.section.save(form, by=self.user, row=row, parent=self.parent)
        except NotAllowed as error:
            raise PermissionDenied from error
        except BadInput as error:
            _blame(form, error.field, str(error.detail))
        except BadValue as error:
            _blame(form, error.field, str(error.message))
        except IntegrityError:
            # Two people at the same moment: the rule had nothing to refuse when it looked.
            form.add_error(None, _("Somebody has just saved the same. Look at the list first."))
        return None

    def after(self, saved: Any) -> str:
        if self.section.after_save == "list":
            return self.section.url(parent=self.parent)
        if self.section.after_save == "parent" and self.section.parent is not None:
            return self.section.parent.url("edit", self.parent)
        return self.section.url("edit", saved, self.parent)


def _blame(form: Any, field: str, sentence: str) -> None:
    form.add_error(field if field in form.fields else None, sentence)


class AddScreen(FormScreen):
    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        if not self.section.may_change(self.user):
            raise PermissionDenied
        return self.page(request, self.form(None), None)

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        token = self._token(request.POST.get("submission", ""))
        known = Submission.objects.filter(pk=token).first()
        if known is None:
            form = self.form(None, request.POST, request.FILES)
            try:
                with transaction.atomic():
                    # First, so that of two at once the second waits here and finds the first.
                    kept = Submission.objects.create(pk=token, user=self.user)
                    saved = self.write(request, form, None)
                    if saved is None:
                        transaction.set_rollback(True)
                    else:
                        kept.location = self.after(saved)
                        kept.save()
            except IntegrityError:
                known = Submission.objects.filter(pk=token, user=self.user).first()
                if known is None:
                    return self.post(request)  # somebody else's token: this one gets its own
            else:
                if saved is None:
                    return self.page(request, form, None, status=400)
                messages.success(request, str(self.section.done(form, saved)))
                return redirect(kept.location)
        messages.success(request, _("It was already saved; nothing was repeated."))
        return redirect(known.location)

    def _token(self, text: str) -> uuid.UUID:
        """The token the empty form carried; a new one for what is not a token of this person."""
        try:
            token = uuid.UUID(text)
        except ValueError:
            return uuid.uuid4()
        foreign = Submission.objects.filter(pk=token).exclude(user=self.user)
        return uuid.uuid4() if foreign.exists() else token


class EditScreen(FormScreen):
    def get(self, request: HttpRequest, pk: int, **_kwargs: Any) -> HttpResponse:
        row = self.row(pk)
        return self.page(request, self.form(row), row)

    def post(self, request: HttpRequest, pk: int, **_kwargs: Any) -> HttpResponse:
        row = self.row(pk)
        if not self.section.may_edit(self.user, row):
            raise PermissionDenied
        form = self.form(row, request.POST, request.FILES)
        if form.is_valid() and not form.has_changed():
            messages.success(request, _("Already saved; nothing changed."))
            return redirect(self.after(row))
        saved = self.write(request, form, row)
        if saved is None:
            return self.page(request, form, self.row(pk), status=400)
        messages.success(request, str(self.section.done(form, saved)))
        return redirect(self.after(saved))


class RemoveScreen(Screen):
    """Asks first, naming what will be lost."""

    changes = True

    def row(self, pk: int) -> Any:
        row = super().row(pk)
        if not self.section.may_edit(self.user, row):
            raise PermissionDenied
        return row

    def get(self, request: HttpRequest, pk: int, **_kwargs: Any) -> HttpResponse:
        row = self.row(pk)
        section = self.section
        context = self.context(
            row=row,
            heading=section.heading(row),
            loss=section.loss(row),
            obstacle=section.obstacle(row),
            back_url=section.open_url(row, self.parent) or section.url(parent=self.parent),
        )
        return render(request, "console/remove.html", context)

    def post(self, request: HttpRequest, pk: int, **_kwargs: Any) -> HttpResponse:
        row = self.row(pk)
        heading = self.section.heading(row)
        try:
            with transaction.atomic():
                if obstacle := self.section.obstacle(row):
                    raise BadInput("", obstacle)
                self.section.remove(row, by=self.user)
        except ProtectedError:
            messages.error(request, _("“%(name)s” is in use and was kept.") % {"name": heading})
        except BadInput as error:
            messages.error(request, str(error.detail))
        else:
            messages.success(request, _("“%(name)s” was removed.") % {"name": heading})
        return redirect(self.section.url(parent=self.parent))


def urls_of(*sections: type[Section]) -> list[URLPattern]:
    """The addresses of sections, with the screens above."""
    views = {
        "list": ListScreen,
        "view": ViewScreen,
        "add": AddScreen,
        "edit": EditScreen,
        "remove": RemoveScreen,
    }
    return [pattern for section in sections for pattern in section.urls(**views)]
