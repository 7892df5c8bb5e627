"""The form of a menu: its texts, and its options as rows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat.bot import actions, texts
from chat.console.forms import Styled
from chat.models import Classification, Menu, MenuOption
from chat.services import menus

LONGEST_TEXT = 4096
MOST_OPTIONS = 30


def _plain_lines(value: object) -> str:
    """Text as a customer gets it: browsers send line ends of their own."""
    return str(value or "").replace("\r\n", "\n").strip()


class Lines(forms.CharField):
    """A text of several lines."""

    def __init__(self, **options: Any) -> None:
        rows = options.pop("rows", 3)
        options.setdefault("max_length", LONGEST_TEXT)
        super().__init__(
            required=False, widget=forms.Textarea(attrs={"rows": rows, "dir": "auto"}), **options
        )

    def to_python(self, value: Any) -> str:
        return _plain_lines(super().to_python(value))


class OptionForm(Styled, forms.Form):
    """One option. One that a plain row cannot hold is shown, moved, and nothing else."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    label = forms.CharField(label=_("Label"), required=False, max_length=menus.LONGEST_LABEL)
    action = forms.ChoiceField(label=_("What it does"), required=False)
    classification = forms.ChoiceField(label=_("Where the conversation waits"), required=False)
    text = Lines(label=_("Answer"), rows=2)

    def __init__(
        self,
        *args: Any,
        stored: dict[int, MenuOption],
        people: list[tuple[str, Any]],
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self._stored = stored
        known = {name: a for name, a in actions.ACTIONS.items() if not a.has_options}
        action, classification = self.fields["action"], self.fields["classification"]
        assert isinstance(action, forms.ChoiceField)
        assert isinstance(classification, forms.ChoiceField)
        action.choices = [(name, gettext(item.label)) for name, item in known.items()]
        action.initial = next(iter(known))
        action.widget.attrs["data-people"] = " ".join(n for n, a in known.items() if a.calls_people)
        action.widget.attrs["data-text"] = " ".join(n for n, a in known.items() if a.needs_text)
        classification.choices = people
        if self.fixed is not None:
            self.initial = _row(self.fixed)
            action.choices = [(self.fixed.action, self.fixed.action)]
            for name in ("label", "action", "classification", "text"):
                self.fields[name].disabled = True

    @property
    def fixed(self) -> MenuOption | None:
        """The stored option this row only shows."""
        option = self._stored.get(_number(self["id"].value()) or 0)
        return option if option is not None and menus.is_fixed(option) else None

    @property
    def fixed_action(self) -> str:
        known = actions.ACTIONS.get(self.fixed.action) if self.fixed else None
        return gettext(known.label) if known else gettext("Something this version does not know")

    @property
    def is_blank(self) -> bool:
        """Whether nobody wrote anything in this row."""
        return not (self["id"].value() or self.row.label or self.row.text)

    @property
    def is_gone(self) -> bool:
        return bool(self["DELETE"].value()) and self.fixed is None

    @property
    def place(self) -> int:
        found = _number(self["ORDER"].value())
        return MOST_OPTIONS * 100 if found is None else found

    @property
    def row(self) -> menus.Row:
        """What the row says as it stands, right or wrong."""
        return menus.Row(
            " ".join(str(self["label"].value() or "").split()),
            str(self["action"].value() or ""),
            _plain_lines(self["text"].value()),
            _number(self["classification"].value()),
            _number(self["id"].value()),
        )


def _number(value: object) -> int | None:
    text = str(value or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


class BaseOptions(forms.BaseFormSet):  # type: ignore[type-arg]
    """The rows, each with its place in the order and a mark to remove it."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["ORDER"].label = _("Order")
        form.fields["ORDER"].widget.attrs.update({"class": "form-control", "min": 1})
        form.fields["DELETE"].label = _("Remove this option")
        form.fields["DELETE"].widget.attrs["class"] = "form-check-input"


OptionRows = forms.formset_factory(
    OptionForm,
    formset=BaseOptions,
    extra=2,
    can_order=True,
    can_delete=True,
    max_num=MOST_OPTIONS,
    validate_max=True,
)


class MenuForm(Styled, forms.Form):
    """A menu. `draft` is what it says as it stands; the rules are in `chat.services.menus`."""

    name = forms.CharField(label=_("Name"), max_length=100)
    default = forms.BooleanField(label=_("Default menu"), required=False)
    classification = forms.ModelChoiceField(
        Classification.objects.none(),
        label=_("Classification of the bot"),
        required=False,
        help_text=_("Blank: the one of CLASS_CHAT_BOT. Only active ones of the type Bot."),
    )
    greeting = Lines(
        label=_("Greeting"), help_text=_("Opens the first message, above the options.")
    )
    not_understood = Lines(
        label=_("When an answer is not understood"),
        help_text=_("{texto} stands for what the customer wrote."),
        rows=2,
    )
    still_not_understood = Lines(label=_("When it is not understood again"), rows=2)
    hand_off = Lines(label=_("When a person is called"), rows=2)
    goodbye = Lines(label=_("When the customer leaves"), rows=2)

    def __init__(self, *args: Any, menu: Menu | None, **options: Any) -> None:
        initial = {} if menu is None else _initial(menu)
        super().__init__(*args, initial=initial, **options)
        self.menu = menu
        for name, usual in texts.USUAL.items():
            self.fields[name].widget.attrs["placeholder"] = usual
        self._about_default()
        own = menu.classification_id if menu is not None else None
        bots = Classification.objects.filter(
            Q(kind=Classification.Kind.BOT, active=True) | Q(pk=own)
        )
        picker = self.fields["classification"]
        assert isinstance(picker, forms.ModelChoiceField)
        picker.queryset, picker.empty_label = bots, gettext("The one of CLASS_CHAT_BOT")
        self.options = self._rows(args[0] if args else None)

    def _about_default(self) -> None:
        field = self.fields["default"]
        if self.menu is not None and self.menu.default:
            field.disabled = True
            field.help_text = _(
                "It serves every channel that names no other. To change it, open another menu "
                "and make that one the default."
            )
        else:
            field.help_text = _(
                "It serves every channel that names no other. Marked here, the mark leaves the "
                "menu that has it."
            )

    def _rows(self, data: Any) -> Any:
        stored = menus.options_of(self.menu)
        initial = [_row(option) for option in stored.values()]
        if self.menu is None:
            initial = [{"label": "Falar com atendente", "action": "hand_off"}]
        named = {option.classification_id for option in stored.values()}
        people = Classification.objects.filter(
            Q(kind=Classification.Kind.HUMAN, active=True) | Q(pk__in=named - {None})
        )
        choices = [("", gettext("The one of CLASS_CHAT_ATENDIMENTO"))]
        choices += [(str(c.pk), f"{c.description} ({c.code})") for c in people]
        return OptionRows(
            data,
            initial=initial,
            prefix="options",
            form_kwargs={"stored": stored, "people": choices},
        )

    def draft(self) -> menus.Draft:
        return menus.Draft(
            " ".join(str(self["name"].value() or "").split()),
            bool(self["default"].value()),
            _number(self["classification"].value()),
            {name: _plain_lines(self[name].value()) for name in texts.USUAL},
            tuple(form.row for form in self.written()),
            frozenset(form.row.id for form in self.options.forms if form.is_gone and form.row.id),
        )

    def written(self) -> list[OptionForm]:
        """The rows somebody wrote something in, in the order they will have."""
        rows = [form for form in self.options.forms if not form.is_gone and not form.is_blank]
        return sorted(rows, key=lambda form: form.place)

    def has_changed(self) -> bool:
        return bool(super().has_changed() or self.options.has_changed())

    def clean(self) -> dict[str, Any]:
        """Say what is wrong beside its row, and in the summary with the number of the option."""
        rows = self.written()
        self.options.is_valid()
        for number, form in enumerate(rows, 1):
            for errors in form.errors.values():
                self._blame_option(number, str(errors[0]))
        for sentence in self.options.non_form_errors():
            self.add_error(None, sentence)
        for problem in menus.problems(self.draft(), self.menu):
            if problem.row is not None:
                if problem.field not in rows[problem.row].errors:
                    rows[problem.row].add_error(problem.field, str(problem.detail))
                    self._blame_option(problem.row + 1, str(problem.detail))
            elif problem.field not in self.errors:
                self.add_error(problem.field, str(problem.detail))
        return self.cleaned_data

    def _blame_option(self, number: int, sentence: str) -> None:
        self.add_error(
            None,
            gettext("Option %(number)d: %(problem)s") % {"number": number, "problem": sentence},
        )


def _initial(menu: Menu) -> dict[str, Any]:
    names = ("name", "default", *texts.USUAL)
    return {name: getattr(menu, name) for name in names} | {
        "classification": menu.classification_id
    }


def _row(option: MenuOption) -> dict[str, Any]:
    return {
        "id": option.pk,
        "label": option.label,
        "action": option.action,
        "text": option.text,
        "classification": option.classification_id or "",
    }
