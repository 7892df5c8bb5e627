"""The form of a detail: it knows its key, and what each of the two texts is for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.console.forms import Styled
from chat.services import notices
from parameters import store
from parameters.keys import Catalogue, Key
from parameters.kinds import BadValue
from parameters.models import Detail, ParameterUser

_EXAMPLES = {"atendente": "Ana Lima", "classificacao": "WhatsApp", "cliente": "Maria Souza"}


class DetailForm(Styled, forms.Form):
    """Pergunta, Resposta, Observação, Ordem, Ativo. `row` is None for a new detail."""

    question_text = forms.CharField(label=gettext_lazy("Question"), max_length=100)
    answer = forms.CharField(label=gettext_lazy("Answer"), required=False, strip=False)
    note = forms.CharField(label=gettext_lazy("Note"), required=False, strip=False)
    order = forms.IntegerField(
        label=gettext_lazy("Order"),
        initial=1,
        min_value=1,
        max_value=32_767,
        help_text=gettext_lazy("Always 1."),
    )
    active = forms.BooleanField(
        label=gettext_lazy("Active"),
        required=False,
        initial=True,
        help_text=gettext_lazy("An inactive detail does not count."),
    )

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        owner: ParameterUser,
        row: Detail | None,
        question: str = "",
    ) -> None:
        self.owner, self.row = owner, row
        super().__init__(data, files, initial=self._held(row))
        self.question = row.question if row else (data or {}).get("question_text", question)
        self.key = Catalogue.find(owner.parameter.name, self.question)
        if row is not None:
            del self.fields["question_text"]
        else:
            self._offer_questions()
        self._suit_the_key()

    @staticmethod
    def _held(row: Detail | None) -> dict[str, Any]:
        if row is None:
            return {}
        answer, note = store.shown(row)
        return {"answer": answer, "note": note, "order": row.order, "active": row.active}

    def _offer_questions(self) -> None:
        field = self.fields["question_text"]
        field.initial = self.question
        field.widget.attrs.update({"list": "questions", "data-question": "", "autocomplete": "off"})
        field.help_text = _("Choose one of the list or type it as the guide writes it.")
        catalogue = Catalogue.known.get(self.owner.parameter.name.upper())
        held = {one.casefold() for one in self.owner.details.values_list("question", flat=True)}
        self.offered = [
            key for key in (catalogue.keys.values() if catalogue else ()) if not key.system
        ]
        self.offered = [key for key in self.offered if key.name.casefold() not in held]

    def _suit_the_key(self) -> None:
        key = self.key
        answer: Any = self.fields["answer"]
        note: Any = self.fields["note"]
        note.widget = forms.Textarea(attrs={"rows": 3, "class": "form-control"})
        if key is None:
            return
        answer.help_text = key.answer_help
        note.help_text = key.note_help or (
            "" if key.uses_note else _("A remark for people; nothing reads it.")
        )
        _SUITS.get(key.kind.widget, _plain)(self, key, answer)
        if key.kind.placeholders:
            note.widget.attrs["data-placeholders"] = ",".join(key.kind.placeholders)
        if key.is_secret:
            _hidden_text(note)
        if key.system:
            answer.disabled = note.disabled = True

    def clean_question_text(self) -> str:
        question = str(self.cleaned_data["question_text"]).strip()
        parameter, user = self.owner.parameter.name, self.owner.name
        if store.find_detail(parameter, user, question) is not None:
            raise forms.ValidationError(
                _("There is already a detail %(question)s: open it and change it there."),
                params={"question": question},
            )
        return question

    @property
    def placeholders(self) -> list[tuple[str, str]]:
        """What may be inserted into the note, each with an example of what replaces it."""
        names = self.key.kind.placeholders if self.key else ()
        return [(f"{{{name}}}", _EXAMPLES[name]) for name in names]

    @property
    def usual(self) -> list[tuple[str, str]]:
        """What goes out where the note is blank, by the answer in lower case."""
        usual = notices.USUAL.items()
        return [(mode.lower(), text) for (key, mode), text in usual if key is self.key]

    @property
    def values(self) -> dict[str, Any]:
        """What is written; a disabled text comes back as it was shown."""
        names = ("answer", "note", "order", "active")
        return {name: self.cleaned_data[name] for name in names}


def _plain(form: DetailForm, key: Key[Any], field: Any) -> None:
    field.widget.attrs["autocomplete"] = "off"


def _picker(form: DetailForm, key: Key[Any], field: Any) -> None:
    """By name; the code is what is stored. A code that names nothing stays in sight."""
    known = [(str(code), f"{name} ({code})") for code, name in store.options(key.reference)]
    held = form.row.answer if form.row else ""
    if held and held not in dict(known):
        known.append((held, _("%(code)s (not there)") % {"code": held}))
    field.widget = forms.Select(
        attrs={"class": "form-select"}, choices=[("", _("Choose…")), *known]
    )


def _choice(form: DetailForm, key: Key[Any], field: Any) -> None:
    """Each legal value with what it means; another one that is stored stays in sight."""
    known = [(value, f"{value} · {meaning}") for value, meaning in key.kind.choices]
    held = form.row.answer if form.row else ""
    if held and held.upper() not in {value.upper() for value, _meaning in known}:
        known.append((held, _("%(value)s (not accepted)") % {"value": held}))
    field.widget = forms.RadioSelect(attrs={"class": "form-check-input"}, choices=known)


def _number(form: DetailForm, key: Key[Any], field: Any) -> None:
    field.widget.attrs.update({"inputmode": "decimal", "autocomplete": "off"})
    if key.kind.unit:
        field.label = f"{_('Answer')} ({key.kind.unit})"


def _phone(form: DetailForm, key: Key[Any], field: Any) -> None:
    field.widget = forms.TextInput(
        attrs={"type": "tel", "class": "form-control", "data-phone": "", "autocomplete": "off"}
    )


def _secret(form: DetailForm, key: Key[Any], field: Any) -> None:
    _hidden_text(field)


def _hidden_text(field: Any) -> None:
    """Shown as its mask only; what is typed is in sight until it is saved."""
    field.widget = forms.TextInput(
        attrs={"class": "form-control font-monospace", "autocomplete": "off", "spellcheck": "false"}
    )


_SUITS = {
    "picker": _picker,
    "choice": _choice,
    "number": _number,
    "phone": _phone,
    "secret": _secret,
}


def answered(rows: Iterable[Detail]) -> list[Detail]:
    """The details with `answer_shown`: masked, and a code with the name it stands for."""
    found, names = list(rows), dict[str, dict[str, str]]()
    for row in found:
        reference = row.key.reference if row.key else ""
        if reference and reference not in names:
            names[reference] = {str(code): name for code, name in store.options(reference)}
        row.answer_shown = _answer_of(row, names.get(reference, {}))  # type: ignore[attr-defined]
    return found


def _answer_of(row: Detail, names: dict[str, str]) -> str:
    answer, note = store.shown(row)
    if row.key is not None and row.key.kind.widget == "moment":
        return _moment(row.key, answer, note)
    if row.key is not None and not answer and row.key.uses_note:
        return note
    return f"{names[answer]} ({answer})" if answer in names else answer


def _moment(key: Key[Any], answer: str, note: str) -> str:
    """For people the reader's own time, with what is stored on hover."""
    try:
        at = key.kind.parse(answer, note)
    except BadValue:
        return answer
    if at is None:
        return answer
    local = formats.date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")
    return format_html('<time datetime="{0}" title="{0}">{1}</time>', answer.strip(), local)
