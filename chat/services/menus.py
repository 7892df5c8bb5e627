"""Menus as people write them: what is refused, what is kept, and what deserves a second look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from chat.bot import actions, engine, texts
from chat.bot import menu as bot
from chat.errors import BadInput, Text
from chat.models import Classification, Menu, MenuOption
from chat.services import audit, bots, classifications

LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True)
class Row:
    """An option as somebody wrote it. `id` is that of one the menu has already."""

    label: str
    action: str
    text: str = ""
    classification: int | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A menu as somebody wrote it; `rows` in their order, `texts` by the names of `texts.USUAL`.

    An option of the menu that is neither among `rows` nor `removed` stays, after the others.
    """

    name: str
    default: bool = False
    classification: int | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    removed: frozenset[int] = frozenset()


class Problem(NamedTuple):
    """What is wrong with a field; `row` is the place of the option in the draft, if it is one."""

    field: str
    detail: Text
    row: int | None = None


def options_of(menu: Menu | None) -> dict[int, MenuOption]:
    """The first level of a menu's options, in their order."""
    if menu is None:
        return {}
    rows = menu.options.filter(parent=None).order_by("order", "id")
    return {option.pk: option for option in rows.prefetch_related("children")}


def is_fixed(option: MenuOption) -> bool:
    """Whether a plain row cannot hold it: options below it, or an action of a newer version."""
    known = actions.ACTIONS.get(option.action)
    return known is None or known.has_options


def _recognised(draft: Draft, stored: dict[int, MenuOption]) -> Draft:
    """The draft whose new rows are known again, where the same form was sent before."""
    named = {row.id for row in draft.rows} | draft.removed
    others = {
        (o.label, o.action, o.text, o.classification_id): pk
        for pk, o in stored.items()
        if pk not in named
    }
    rows = tuple(
        replace(row, id=others.pop((row.label, row.action, row.text, _queue_of(row)), None))
        if row.id is None
        else row
        for row in draft.rows
    )
    return replace(draft, rows=rows)


def _queue_of(row: Row) -> int | None:
    known = actions.ACTIONS.get(row.action)
    return row.classification if known is not None and known.calls_people else None


def problems(draft: Draft, menu: Menu | None) -> list[Problem]:
    """Everything that keeps the draft from being saved."""
    found = [] if draft.name else [Problem("name", _("Write a name."))]
    if menu is not None and menu.default and not draft.default:
        found.append(
            Problem(
                "default",
                _("There is always one default menu. To change it, make another one the default."),
            )
        )
    if draft.classification is not None:
        wrong = classifications.problem_with(Classification.Kind.BOT, draft.classification)
        if wrong:
            found.append(Problem("classification", wrong))
    return found + _wrong_options(draft, options_of(menu))


def _wrong_options(draft: Draft, stored: dict[int, MenuOption]) -> list[Problem]:
    draft = _recognised(draft, stored)
    mentioned = {row.id for row in draft.rows} | draft.removed
    found: list[Problem] = []
    seen = {_as_compared(option.label) for pk, option in stored.items() if pk not in mentioned}
    for place, row in enumerate(draft.rows):
        kept = stored.get(row.id) if row.id is not None else None
        label = kept.label if kept is not None and is_fixed(kept) else row.label
        same = _as_compared(label)
        if row.id is not None and kept is None:
            detail = _("Somebody removed this option meanwhile. Open the menu again.")
            found.append(Problem("label", detail, place))
        elif kept is None or not is_fixed(kept):
            found += [Problem(name, detail, place) for name, detail in _wrong_in(row)]
        if same and same in seen:
            found.append(Problem("label", _("Another option has this label."), place))
        seen.add(same)
    return found


def _as_compared(label: str) -> str:
    """As the bot compares what customers write; a label of signs only has no letters."""
    return engine.plain(label) or label.casefold()


def _wrong_in(row: Row) -> list[tuple[str, Text]]:
    found: list[tuple[str, Text]] = []
    if not row.label:
        found.append(("label", _("Write what the customer reads.")))
    elif len(row.label) > LONGEST_LABEL:
        found.append(("label", _("At most %(count)d characters.") % {"count": LONGEST_LABEL}))
    known = actions.ACTIONS.get(row.action)
    if known is None or known.has_options:
        found.append(("action", _("Choose what the option does.")))
    elif known.needs_text and not row.text:
        found.append(("text", _("Write the answer the customer gets.")))
    elif known.calls_people and row.classification is not None:
        wrong = classifications.problem_with(Classification.Kind.HUMAN, row.classification)
        if wrong:
            found.append(("classification", wrong))
    return found


def save(menu: Menu | None, draft: Draft, *, by: User) -> Menu:
    """Write a menu; options keep their ids. Raises BadInput where `problems` finds one."""
    for problem in problems(draft, menu):
        raise BadInput(problem.field, problem.detail)
    try:
        with transaction.atomic():
            return _written(menu, draft, by)
    except IntegrityError:
        detail = _("Somebody else made another menu the default meanwhile. Save again.")
        raise BadInput("default", detail) from None


def _written(menu: Menu | None, draft: Draft, by: User) -> Menu:
    saved = menu if menu is not None else Menu()
    before = _told(saved) if menu is not None else {}
    if draft.default:
        Menu.objects.filter(default=True).exclude(pk=saved.pk).update(default=False)
    saved.name, saved.default = draft.name, draft.default
    saved.classification_id = draft.classification
    for name in texts.USUAL:
        setattr(saved, name, draft.texts.get(name, ""))
    saved.save()
    _write_options(saved, draft)
    after = _told(saved)
    changes = {
        name: (before.get(name, ""), after.get(name, ""))
        for name in {**before, **after}
        if before.get(name, "") != after.get(name, "")
    }
    if changes:
        what = "added" if menu is None else "changed"
        audit.record(by, what, _audit_name(saved), changes=changes)
    return saved


def _write_options(menu: Menu, draft: Draft) -> None:
    stored = options_of(menu)
    draft = _recognised(draft, stored)
    gone = [pk for pk in draft.removed if pk in stored and not is_fixed(stored[pk])]
    MenuOption.objects.filter(pk__in=gone).delete()
    for order, row in enumerate(draft.rows, 1):
        option = stored.get(row.id) if row.id is not None else None
        if option is None:
            option = MenuOption(menu=menu)
        option.order = order
        if option.pk is None or not is_fixed(option):
            option.label, option.action, option.text = row.label, row.action, row.text
            option.classification_id = _queue_of(row)
        option.save()
    mentioned = {row.id for row in draft.rows} | set(gone)
    others = [pk for pk in stored if pk not in mentioned]
    for order, pk in enumerate(others, len(draft.rows) + 1):
        MenuOption.objects.filter(pk=pk).update(order=order)


def _told(menu: Menu) -> dict[str, str]:
    """The menu as the audit tells it, by field."""
    names = ("name", "default", "classification", *texts.USUAL)
    fields = {f.name: str(f.verbose_name) for f in Menu._meta.fields}
    told = {fields[name]: str(getattr(menu, name) or "") for name in names}
    told[fields["default"]] = _("Yes") if menu.default else _("No")
    for number, option in enumerate(options_of(menu).values(), 1):
        known = actions.ACTIONS.get(option.action)
        parts = [
            option.label,
            _(known.label) if known else option.action,
            str(option.classification or ""),
            option.text,
        ]
        told[_("Option %(number)d") % {"number": number}] = " · ".join(p for p in parts if p)
    return told


def _audit_name(menu: Menu) -> str:
    return f"{Menu._meta.verbose_name}: {menu}"


def obstacle(menu: Menu) -> str:
    """Why the menu cannot be removed, where it cannot."""
    if menu.default:
        return _("This is the default menu. Make another one the default first.")
    channels = ", ".join(str(channel) for channel in menu.channels.all())
    if channels:
        return _("It answers on %(channels)s. Choose another menu for them first.") % {
            "channels": channels
        }
    return ""


def remove(menu: Menu, *, by: User) -> None:
    """Remove a menu nobody uses. Raises BadInput with the reason where it must stay."""
    if why := obstacle(menu):
        raise BadInput("", why)
    audit.record(by, "removed", _audit_name(menu))
    menu.delete()


def as_values(draft: Draft, menu: Menu | None) -> bot.Menu:
    """The draft as the bot would take it once saved."""
    stored = options_of(menu)
    values = {option.id: option for option in bots.as_values(menu).options} if menu else {}
    options = []
    for place, row in enumerate(draft.rows):
        kept = stored.get(row.id) if row.id is not None else None
        if kept is not None and is_fixed(kept):
            options.append(values[kept.pk])
            continue
        # A number no stored option has, for one that is not saved yet.
        number = kept.pk if kept is not None else -1 - place
        options.append(bot.Option(number, row.label, row.action, row.text, row.classification))
    written = {name: draft.texts.get(name) or usual for name, usual in texts.USUAL.items()}
    return bot.Menu(**written, options=tuple(options))
