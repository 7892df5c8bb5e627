"""The templates of a WhatsApp Business account, by the Cloud API.

There a variable is `{{1}}` or `{{name}}`, numbered anew in each part; here it is `${name}`, and a
name means one value. So a variable of the header is listed as `${CABECALHO_name}`: Meta's own
names have no capital letters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from provider import http
from provider.adapters.whatsapp.answers import refusal
from provider.adapters.whatsapp.reading import dicts, part, text
from provider.contracts import Credentials
from provider.errors import AmbiguousError
from provider.meta import GRAPH_VERSION
from provider.templates import Template, TemplateDraft, TemplateState

Body = dict[str, Any]
HEADER_MARK = "CABECALHO_"
FIELDS = "name,language,status,category,components,rejected_reason"
A_PAGE, MOST_PAGES = 100, 50
# Of a template that is not there; the number beside it means many things.
NOT_THERE = 2593002
_STATES = {
    "APPROVED": TemplateState.APPROVED,
    "REJECTED": TemplateState.REJECTED,
    **dict.fromkeys(("PAUSED", "DISABLED", "LIMIT_EXCEEDED", "ARCHIVED"), TemplateState.UNUSABLE),
}
_GONE = ("DELETED", "PENDING_DELETION")
_THEIRS = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_OURS = re.compile(r"\$\{(\w+)\}")


def listed(credentials: Credentials) -> list[Template]:
    """Every page of the list. Raises AmbiguousError where it is no list, or does not end."""
    found: list[Template] = []
    asked = {"fields": FIELDS, "limit": str(A_PAGE)}
    for _page in range(MOST_PAGES):
        data = _called("GET", credentials, asked)
        if not isinstance(data.get("data"), list):
            raise AmbiguousError("the answer holds no list")
        items = [item for item in dicts(data["data"]) if text(item, "status") not in _GONE]
        found += [template for item in items if (template := _template(item)).name]
        paging = part(data, "paging")
        after = text(part(paging, "cursors"), "after")
        # `next` is a whole address with the token in it; only that there is one is of use.
        if not after or not paging.get("next"):
            return found
        asked["after"] = after
    raise AmbiguousError("the list does not end")


def created(draft: TemplateDraft, credentials: Credentials) -> Template:
    names = _OURS.findall(f"{_unmarked(draft.header)}\n{draft.body}")
    by_number = bool(names) and all(map(_is_number, names))
    body = {
        "name": draft.name,
        "language": draft.language,
        "category": draft.category,
        "parameter_format": "POSITIONAL" if by_number else "NAMED",
        "components": _components(draft, by_number=by_number),
    }
    answer = _called("POST", credentials, payload=body)
    if not answer.get("id"):
        raise AmbiguousError("the answer holds no id")
    # Its category is Meta's to decide.
    known = {name: value for name in ("status", "category") if (value := answer.get(name))}
    return _template({**body, **known})


def deleted(name: str, credentials: Credentials) -> None:
    answer = _answer("DELETE", credentials, {"name": name})
    error = part(answer.object, "error")
    if answer.status != 404 and error.get("error_subcode") != NOT_THERE:
        _check(answer)


def parameters(values: Mapping[str, str]) -> list[Body]:
    """The components of a template to send: its variables, each in the part it stands in."""
    header = {
        name.removeprefix(HEADER_MARK): value
        for name, value in values.items()
        if name.startswith(HEADER_MARK)
    }
    body = {name: value for name, value in values.items() if not name.startswith(HEADER_MARK)}
    parts = (("header", header), ("body", body))
    return [{"type": kind, "parameters": _filled(held)} for kind, held in parts if held]


def _unmarked(words: str) -> str:
    return words.replace(f"${{{HEADER_MARK}", "${")


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit()


def _filled(values: Mapping[str, str]) -> list[Body]:
    """Variables by number in their order, any other by its name."""
    if all(map(_is_number, values)):
        return [{"type": "text", "text": values[name]} for name in sorted(values, key=int)]
    return [
        {"type": "text", "parameter_name": name, "text": value} for name, value in values.items()
    ]


def _components(draft: TemplateDraft, *, by_number: bool) -> list[Body]:
    found = [_worded("BODY", draft.body, by_number=by_number)]
    if draft.header:
        header = _worded("HEADER", _unmarked(draft.header), by_number=by_number)
        found.insert(0, {**header, "format": "TEXT"})
    if draft.footer:
        found.append({"type": "FOOTER", "text": draft.footer})
    if draft.buttons:
        buttons = [{"type": "QUICK_REPLY", "text": label} for label in draft.buttons]
        found.append({"type": "BUTTONS", "buttons": buttons})
    return found


def _worded(kind: str, words: str, *, by_number: bool) -> Body:
    """A part with an example of each variable, which the reviewer wants: its own name."""
    names = list(dict.fromkeys(_OURS.findall(words)))
    made: Body = {"type": kind, "text": _OURS.sub(r"{{\1}}", words)}
    if not names:
        return made
    field = f"{kind.lower()}_text"
    if not by_number:
        examples = [{"param_name": name, "example": name} for name in names]
        return {**made, "example": {f"{field}_named_params": examples}}
    numbers = sorted(names, key=int)
    return {**made, "example": {field: [numbers] if kind == "BODY" else numbers}}


def _template(item: Body) -> Template:
    parts = {text(one, "type").upper(): one for one in dicts(item.get("components"))}
    header, buttons = parts.get("HEADER", {}), dicts(parts.get("BUTTONS", {}).get("buttons"))
    status, reason = text(item, "status").upper(), text(item, "rejected_reason")
    state = _STATES.get(status, TemplateState.PENDING)
    note = "" if reason in ("", "NONE") else reason
    lacking = _unfillable(item, parts, buttons)
    if state is TemplateState.UNUSABLE:
        note = note or status
    elif lacking and state is TemplateState.APPROVED:
        state, note = TemplateState.UNUSABLE, lacking
    return Template(
        name=text(item, "name").strip()[:512],
        language=text(item, "language").strip()[:20],
        state=state,
        body=_THEIRS.sub(r"${\1}", text(parts.get("BODY", {}), "text")),
        header=_THEIRS.sub(rf"${{{HEADER_MARK}\1}}", text(header, "text")),
        footer=text(parts.get("FOOTER", {}), "text"),
        category=text(item, "category")[:40],
        buttons=tuple(label for one in buttons if (label := text(one, "text").strip())),
        note=note[:300],
    )


def _unfillable(item: Body, parts: Mapping[str, Body], buttons: list[Body]) -> str:
    """What of it would have to be filled in and cannot be from here, in Meta's own words."""
    found = [name for name in parts if name not in ("HEADER", "BODY", "FOOTER", "BUTTONS")]
    format_ = text(parts.get("HEADER", {}), "format").upper()
    if format_ not in ("", "TEXT"):
        found.append(f"HEADER {format_}")
    for button in buttons:
        kind = text(button, "type").upper()
        is_plain = kind in ("QUICK_REPLY", "PHONE_NUMBER", "URL", "VOICE_CALL")
        if not is_plain or _THEIRS.search(text(button, "url")):
            found.append(f"BUTTON {kind}")
    if text(item, "category").upper() == "AUTHENTICATION" and not found:
        found = ["AUTHENTICATION"]
    return ", ".join(dict.fromkeys(found))


def _called(
    method: str,
    credentials: Credentials,
    query: Mapping[str, str] | None = None,
    payload: Body | None = None,
) -> Body:
    answer = _answer(method, credentials, query, payload)
    _check(answer)
    return answer.object


def _check(answer: http.Answer) -> None:
    if answer.status not in (200, 201) or "error" in answer.object:
        raise refusal(answer)


def _answer(
    method: str,
    credentials: Credentials,
    query: Mapping[str, str] | None = None,
    payload: Body | None = None,
) -> http.Answer:
    account = quote(credentials["business_account_id"], safe="")
    asked = f"?{urlencode(query)}" if query else ""
    return http.call(
        method,
        f"{credentials['graph_url']}/{GRAPH_VERSION}/{account}/message_templates{asked}",
        headers={"Authorization": f"Bearer {credentials['access_token']}"},
        payload=payload,
    )
