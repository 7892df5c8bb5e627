"""What every form of the console looks like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_CLASSES: dict[type[forms.Widget], str] = {
    forms.CheckboxInput: "form-check-input",
    forms.RadioSelect: "form-check-input",
    forms.CheckboxSelectMultiple: "form-check-input",
    forms.Select: "form-select",
}


class TypedRowsInput(forms.Widget):
    """Rows of a type and a text, as many as somebody fills in; a row left blank is none."""

    use_fieldset = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[tuple[str, str]]:
        texts = [text.replace("\x00", "").strip() for text in data.getlist(f"{name}-text")]
        rows = zip(data.getlist(f"{name}-type"), texts, strict=False)
        return [(code, text) for code, text in rows if text]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False  # no row at all is an answer too


class TypedRows(list[tuple[int, str]]):
    """Rows of a code of a type and a text, written for people."""

    def __str__(self) -> str:
        return ", ".join(text for _code, text in self)


class TypedRowsField(forms.Field):
    """The rows; `kept` is how a text is stored, `shown` how it is written in the row."""

    widget = TypedRowsInput
    limit = 20

    def __init__(
        self,
        types: QuerySet[Any],
        *,
        text_label: str | Promise,
        add_label: str | Promise,
        longest: int,
        kept: Callable[[str], str] = str.strip,
        shown: Callable[[str], str] = str,
        **options: Any,
    ) -> None:
        super().__init__(required=False, **options)
        self.types, self.longest, self.kept, self.shown = types, longest, kept, shown
        self.text_label, self.add_label = text_label, add_label

    def __deepcopy__(self, memo: dict[int, Any]) -> TypedRowsField:
        mine: TypedRowsField = super().__deepcopy__(memo)
        mine.types = self.types.all()  # read again for each form
        return mine

    def prepare_value(self, value: Any) -> list[tuple[str, str]]:
        return [(str(code), self.shown(text)) for code, text in value or ()]

    def clean(self, value: Any) -> TypedRows:
        known = {str(one.pk): one.pk for one in self.types}
        if len(value or ()) > self.limit:
            raise forms.ValidationError(_("Up to %(limit)d rows fit here.") % {"limit": self.limit})
        rows = TypedRows()
        for code, typed in value or ():
            text = self.kept(typed)
            if str(code) not in known:
                raise forms.ValidationError(_("Choose the type of “%(text)s”.") % {"text": typed})
            if len(text) > self.longest:
                raise forms.ValidationError(
                    _("“%(text)s” is longer than %(limit)d characters.")
                    % {"text": typed[:40], "limit": self.longest}
                )
            rows.append((known[str(code)], text))
        self.run_validators(rows)
        return TypedRows(dict.fromkeys(rows))

    def has_changed(self, initial: Any, data: Any) -> bool:
        before, after = (
            [(str(code), self.kept(text)) for code, text in rows or ()] for rows in (initial, data)
        )
        return not self.disabled and before != after


class Styled(forms.BaseForm):
    """Mix in before a form: the widgets get the look of the console."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("label_suffix", "")
        super().__init__(*args, **options)
        # The page says what is wrong beside the field, in our words, not the browser's.
        self.use_required_attribute = False
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField) and field.empty_label:
                field.empty_label = str(_("Choose…"))
            kind = next((c for t, c in _CLASSES.items() if isinstance(field.widget, t)), "")
            known = field.widget.attrs.get("class", "")
            field.widget.attrs["class"] = f"{kind or 'form-control'} {known}".strip()
            if isinstance(field, forms.TypedChoiceField) and field.choices:
                choices: Any = field.choices
                blank, *others = choices
                if not blank[0]:
                    field.choices = [("", _("Choose…")), *others]
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs["rows"] = min(int(field.widget.attrs.get("rows", 4)), 4)
