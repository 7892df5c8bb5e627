"""What is odd about the stored parameters: findings with what to do, by pure reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from parameters import formats
from parameters.catalogue import ISOCHATBOT, RESERVED
from parameters.effective import Effective, is_live, is_standard, judge, spelled, worth
from parameters.keys import Catalogue, Key
from parameters.kinds import BadValue
from parameters.models import STANDARD_USER, Detail


class Severity(StrEnum):
    """How much it matters, the worst first: what fails, what may surprise, what is only unusual."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One oddity; `detail` is the row it is about, None where it is about none or about many."""

    code: str
    severity: Severity
    parameter: str
    user: str
    question: str
    detail: int | None
    sentence: str
    hint: str


@dataclass
class Scene:
    """Every row of one parameter, read once."""

    rows: list[Detail]

    @cached_property
    def name(self) -> str:
        return self.rows[0].user.parameter.name

    @cached_property
    def catalogue(self) -> type[Catalogue] | None:
        return Catalogue.known.get(self.name.upper())

    @property
    def keys(self) -> list[Key[Any]]:
        return list(self.catalogue.keys.values()) if self.catalogue else []

    @cached_property
    def counted(self) -> dict[str, Effective[Any]]:
        """What each key is worth, by its name."""
        return {key.name: judge(key, self.rows) for key in self.keys}

    def of_keys(self) -> Iterator[tuple[Detail, Key[Any]]]:
        """The live rows the system reads, with their keys."""
        for row in self.rows:
            key = row.key
            if key is not None and is_live(row) and is_standard(row):
                yield row, key

    def about(
        self,
        code: str,
        severity: Severity,
        sentence: str,
        hint: str,
        *,
        row: Detail | None = None,
        question: str = "",
    ) -> Finding:
        return Finding(
            code,
            severity,
            self.name,
            row.user.name if row else STANDARD_USER,
            row.question if row else question,
            row.pk if row else None,
            sentence,
            hint,
        )


Rule = Callable[[Scene], Iterator[Finding]]
RULES: list[Rule] = []


def rule(function: Rule) -> Rule:
    RULES.append(function)
    return function


def findings(parameter: str | None = None) -> list[Finding]:
    """Every finding of one parameter or of all, the worst first."""
    rows = Detail.objects.select_related("user__parameter").order_by("user__parameter_id", "pk")
    if parameter is not None:
        rows = rows.filter(user__parameter__name__iexact=parameter.strip())
    scenes = [Scene(list(group)) for _pk, group in groupby(rows, lambda row: row.user.parameter_id)]
    found = [finding for scene in scenes for check in RULES for finding in check(scene)]
    worst = list(Severity)
    found.sort(key=lambda one: (worst.index(one.severity), one.parameter, one.question, one.code))
    return found


@rule
def illegal_value(scene: Scene) -> Iterator[Finding]:
    for row, key in scene.of_keys():
        judged = worth(key, row)
        if judged.state == "illegal":
            hint = _("Correct it, or make the detail inactive.")
            yield scene.about("illegal_value", Severity.ERROR, judged.reason, hint, row=row)


@rule
def unknown_question(scene: Scene) -> Iterator[Finding]:
    if scene.catalogue is None:
        return
    reserved = {question.casefold() for question in scene.catalogue.reserved}
    names = {name.casefold(): name for key in scene.keys for name in key.spellings}
    for row in scene.rows:
        if row.key is not None or spelled(row) in reserved:
            continue
        sentence = _("Nothing reads the question %(question)s.") % {"question": row.question}
        close = get_close_matches(spelled(row), names, n=1, cutoff=0.75)
        if close:
            hint = _("Did you mean %(key)s?") % {"key": names[close[0]]}
            yield scene.about("unknown_question", Severity.WARNING, sentence, hint, row=row)
        else:
            hint = _("It may stay, but it changes nothing.")
            yield scene.about("unknown_question", Severity.INFO, sentence, hint, row=row)


@rule
def unknown_parameter(scene: Scene) -> Iterator[Finding]:
    if scene.catalogue is not None or scene.name.upper() in RESERVED:
        return
    close = get_close_matches(scene.name.upper(), Catalogue.known, n=1, cutoff=0.75)
    if close:
        sentence = _("Nothing reads the parameter %(name)s.") % {"name": scene.name}
        hint = _("Did you mean %(key)s?") % {"key": close[0]}
        yield scene.about("unknown_parameter", Severity.WARNING, sentence, hint)


@rule
def duplicate_question(scene: Scene) -> Iterator[Finding]:
    """The same question twice under one user; each but the first is told."""
    seen: dict[tuple[int, str], Detail] = {}
    for row in sorted(scene.rows, key=lambda row: (not row.active, row.order, -row.pk)):
        first = seen.setdefault((row.user_id, spelled(row)), row)
        if first is not row:
            sentence = _("The question %(question)s is there more than once.")
            sentence %= {"question": row.question}
            hint = _("Keep the one that counts and remove the others.")
            yield scene.about("duplicate_question", Severity.WARNING, sentence, hint, row=row)


@rule
def both_spellings(scene: Scene) -> Iterator[Finding]:
    live = {spelled(row): row for row, _key in scene.of_keys()}
    for key in scene.keys:
        there = [name for name in key.spellings if name.casefold() in live]
        for name in there[1:]:
            sentence = _("%(loser)s and %(winner)s are the same key; %(winner)s counts.")
            sentence %= {"loser": name, "winner": there[0]}
            hint = _("Keep only one of the two.")
            row = live[name.casefold()]
            yield scene.about("both_spellings", Severity.WARNING, sentence, hint, row=row)


@rule
def other_user(scene: Scene) -> Iterator[Finding]:
    for row in scene.rows:
        if row.key is not None and not is_standard(row):
            sentence = _("%(question)s of the user %(user)s is never read.")
            sentence %= {"question": row.question, "user": row.user.name}
            hint = _("Move it to the user ISOPADRAO.")
            yield scene.about("other_user", Severity.WARNING, sentence, hint, row=row)


@rule
def inactive(scene: Scene) -> Iterator[Finding]:
    """Filled in, but switched off; where the whole parameter or user is, that is told once."""
    told: set[str] = set()
    for row in scene.rows:
        key = row.key
        is_hidden = key is not None and scene.counted[key.name].state == "inactive"
        if not is_hidden or not is_standard(row) or not (row.answer or row.note):
            continue
        if not row.user.parameter.active:
            what, about = _("The parameter %(name)s is not active.") % {"name": scene.name}, None
        elif not row.user.active:
            what, about = _("The user %(name)s is not active.") % {"name": row.user.name}, None
        else:
            what, about = _("%(name)s is not active.") % {"name": row.question}, row
        if what not in told:
            told.add(what)
            sentence = what + " " + _("What is filled in there does not count.")
            hint = _("Make it active if it should count.")
            yield scene.about("inactive", Severity.WARNING, sentence, hint, row=about)


@rule
def answer_and_note_differ(scene: Scene) -> Iterator[Finding]:
    """Two values where there is room for one: told where each alone would be taken."""
    for row, key in scene.of_keys():
        if not key.is_secret or len(key.kind.columns) < 2 or not row.answer or not row.note:
            continue
        alone = (_found(key, row.answer, ""), _found(key, "", row.note))
        counts = _found(key, row.answer, row.note)
        if not all(alone) or alone[0] == alone[1] or counts not in alone:
            continue
        # Beside a token in the answer, a remark in the note is a remark.
        if key is ISOCHATBOT.PROVEDOR_TOKEN and counts != alone[1]:
            continue
        if counts == alone[1]:
            severity, sentence = (
                Severity.ERROR,
                _("Answer and note of %(key)s differ: the note counts."),
            )
        else:
            severity, sentence = (
                Severity.WARNING,
                _("Answer and note of %(key)s differ: the answer counts."),
            )
        sentence %= {"key": row.question}
        hint = _("Leave the value that is right in one of the two, or in both.")
        yield scene.about("answer_note_differ", severity, sentence, hint, row=row)


def _found(key: Key[Any], answer: str, note: str) -> Any:
    try:
        return key.kind.parse(answer, note)
    except BadValue:
        return None


@rule
def unread_answer(scene: Scene) -> Iterator[Finding]:
    """A secret that lives in the note, with something in the answer besides the guide's words."""
    for row, key in scene.of_keys():
        text = formats.unquoted(row.answer)
        if not key.is_secret or key.kind.columns != ("note",) or formats.is_guide_word(text):
            continue
        if text.isdigit():
            sentence = _("The answer of %(key)s looks like the code of a classification.")
        elif text:
            sentence = _("Nothing reads the answer of %(key)s.")
        else:
            continue
        sentence %= {"key": row.question}
        hint = _("Leave the answer blank and keep the token in the note.")
        yield scene.about("unread_answer", Severity.WARNING, sentence, hint, row=row)


@rule
def guide_words_only(scene: Scene) -> Iterator[Finding]:
    for row, key in scene.of_keys():
        if not key.is_secret or scene.counted[key.name].state != "empty":
            continue
        if any(formats.is_guide_word(text) for text in (row.answer, row.note)):
            sentence = _("%(key)s holds the guide's example, not a value.")
            sentence %= {"key": row.question}
            hint = _("Copy the value from Canais e Integrações > Provedor API.")
            yield scene.about("guide_words_only", Severity.WARNING, sentence, hint, row=row)


@rule
def id_and_account_differ(scene: Scene) -> Iterator[Finding]:
    if scene.catalogue is not ISOCHATBOT:
        return
    ours, account = (scene.counted[name].value for name in ("PROVEDOR_ID", "PROVEDOR_ACCOUNT"))
    if ours and account and ours != account:
        sentence = _("PROVEDOR_ID and PROVEDOR_ACCOUNT differ, but both are the “Id do usuário”.")
        hint = _("The token is renewed with PROVEDOR_ID. Correct the one that is wrong.")
        yield scene.about(
            "id_account_differ", Severity.WARNING, sentence, hint, question="PROVEDOR_ID"
        )


@rule
def missing_key(scene: Scene) -> Iterator[Finding]:
    """A key that others make necessary, under a parameter that somebody has begun to fill in."""
    for key in scene.keys:
        need = key.need
        state = scene.counted[key.name].state
        if need is None or need.given is None or state not in ("absent", "empty"):
            continue
        has = {name: bool(one.value) for name, one in scene.counted.items()}
        if has.get(need.instead) or (need.given and not has[need.given]):
            continue
        sentence = _("%(key)s is missing. %(why)s") % {"key": key.name, "why": need.when}
        if state == "empty":
            hint = _("Open the detail %(key)s and fill it in.") % {"key": key.name}
        else:
            hint = _("Add the detail %(key)s to the user ISOPADRAO.") % {"key": key.name}
        yield scene.about("missing_key", Severity.WARNING, sentence, hint, question=key.name)


@rule
def pasted_token(scene: Scene) -> Iterator[Finding]:
    for row in scene.rows:
        if not row.is_secret and any(
            formats.looks_like_a_jwt(text) for text in (row.answer, row.note)
        ):
            sentence = _("%(question)s holds what looks like a token, and shows it to everybody.")
            sentence %= {"question": row.question}
            hint = _("Take it out, put it in PROVEDOR_TOKEN, and renew it at the provider.")
            yield scene.about("pasted_token", Severity.ERROR, sentence, hint, row=row)


@rule
def unusual_order(scene: Scene) -> Iterator[Finding]:
    hint = _("Put 1, unless you know why not.")
    for user in {row.user_id: row.user for row in scene.rows}.values():
        if user.order != 1:
            sentence = _("The order of the user %(name)s is %(order)s; the guide says always 1.")
            sentence %= {"name": user.name, "order": user.order}
            yield scene.about("unusual_order", Severity.INFO, sentence, hint)
    for row in scene.rows:
        if row.order != 1:
            sentence = _("The order of %(question)s is %(order)s; the guide says always 1.")
            sentence %= {"question": row.question, "order": row.order}
            yield scene.about("unusual_order", Severity.INFO, sentence, hint, row=row)
