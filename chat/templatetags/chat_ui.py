"""How times, phones and ticks are written."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django import template
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat import phones
from chat.models import Message
from provider.contracts import ChannelKind

register = template.Library()

TICKS: dict[str, tuple[Promise, Promise]] = {
    "queued": (gettext_lazy("Sending"), gettext_lazy("The message is in line to be sent.")),
    "sent": (
        gettext_lazy("Message sent"),
        gettext_lazy("Says that the message was sent successfully."),
    ),
    "delivered": (
        gettext_lazy("Message delivered"),
        gettext_lazy("Says that the message was delivered to the recipient successfully."),
    ),
    "read": (
        gettext_lazy("Message read"),
        gettext_lazy("Says that the message was read by the recipient successfully."),
    ),
    "failed": (
        gettext_lazy("Sending failed"),
        gettext_lazy(
            "Says that there was a failure in sending; The failure may come from an authentication "
            "problem with the provider or a failure of access to the service."
        ),
    ),
    "unknown": (
        gettext_lazy("Not confirmed"),
        gettext_lazy("The provider's answer was lost: the message may have arrived or not."),
    ),
}
# The guide names one more cause where templates exist.
FAILED_WITH_TEMPLATES = gettext_lazy(
    "Says that there was a failure in sending; The failure may come from an authentication problem "
    "with the provider, a failure of access to the service or an unsupported template."
)


@register.inclusion_tag("chat/_tick.html")
def tick(message: Message) -> dict[str, Any]:
    """The mark of an outgoing message's status, with the guide's words for its channel."""
    state = message.status or "queued"
    label, sentence = TICKS[state]
    if state == "failed" and message.channel.kind == ChannelKind.WHATSAPP:
        sentence = FAILED_WITH_TEMPLATES
    return {"state": state, "label": label, "sentence": sentence}


ADDRESS = re.compile(
    r"""(?<![\w@/.])(?:(?P<web>https?://|www\.)(?=\w|\[)[^\s<>"']+"""
    r"""|(?P<mail>[\w.+-]{1,64}@(?=\w)[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}))""",
    re.IGNORECASE,
)
LONGEST_ADDRESS = 2000
CLOSING = {")": "(", "]": "["}


@register.filter
def linked(text: str) -> SafeString:
    """What somebody wrote, escaped and whole, with its web and mail addresses as links.

    Django's own `urlize` drops the full stop of "(https://example.com)."; no character of a
    message may get lost here. Links open in a tab of their own that learns nothing of this one.
    """
    parts: list[SafeString] = []
    at = 0
    for found in ADDRESS.finditer(text):
        address = _without_punctuation(found[0])
        if len(address) > LONGEST_ADDRESS:
            continue
        before = {"www.": "https://"}.get((found["web"] or "").lower(), "")
        href = f"mailto:{address}" if found["mail"] else before + address
        parts += [_escaped(text[at : found.start()]), _link(href, address)]
        at = found.start() + len(address)
    parts.append(_escaped(text[at:]))
    return format_html_join("", "{}", ((part,) for part in parts))


def _escaped(text: str) -> SafeString:
    # Plain even where somebody marked it safe: nothing people write is HTML.
    return format_html("{}", str.__str__(text))


def _link(href: str, text: str) -> SafeString:
    return format_html(
        '<a href="{}" target="_blank" rel="noopener noreferrer" '
        'referrerpolicy="no-referrer">{}</a>',
        str.__str__(href),
        str.__str__(text),
    )


def _without_punctuation(address: str) -> str:
    """Full stops and the like after an address, and brackets closed around it, are not of it."""
    open_ones = {closing: address.count(opening) for closing, opening in CLOSING.items()}
    closed = {closing: address.count(closing) for closing in CLOSING}
    end = len(address)
    while end:
        last = address[end - 1]
        if last in CLOSING and closed[last] > open_ones[last]:
            closed[last] -= 1
        elif last not in ".,:;!?*_~…":
            break
        end -= 1
    return address[:end]


def _time(value: datetime, text: str, then: str = "") -> SafeString:
    """`then` is what the page shows once the text has grown too old to be counted in minutes."""
    exact = formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
    ages = format_html(' data-then="{}"', then) if then else ""
    iso = value.isoformat()
    return format_html('<time datetime="{}" title="{}"{}>{}</time>', iso, exact, ages, text)


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """How long ago, short, with the exact time on hover."""
    if value is None:
        return ""
    age = timezone.now() - value
    local = timezone.localtime(value)
    if age.total_seconds() < 3600:
        minutes = int(age.total_seconds() // 60)
        text = _("%(minutes)d min ago") % {"minutes": minutes} if minutes > 0 else _("now")
        return _time(value, text, then=local.strftime("%H:%M"))
    if local.date() == timezone.localdate():
        return _time(value, local.strftime("%H:%M"))
    if age.days < 1 or (timezone.localdate() - local.date()).days == 1:
        return _time(value, _("yesterday"))
    if age.days < 7:
        return _time(value, _("%(time)s ago") % {"time": timesince(value, depth=1)})
    return _time(value, formats.date_format(local, "SHORT_DATE_FORMAT"))


@register.filter
def clock(value: datetime | None) -> SafeString | str:
    """The hour and minute, with the exact time on hover."""
    return "" if value is None else _time(value, timezone.localtime(value).strftime("%H:%M"))


@register.filter
def day_label(value: datetime | None) -> str:
    """Today, yesterday, or the date."""
    if value is None:
        return ""
    day = timezone.localtime(value).date()
    distance = (timezone.localdate() - day).days
    if distance in (0, 1):
        return _("today") if distance == 0 else _("yesterday")
    return formats.date_format(day, "DATE_FORMAT")


@register.filter
def phone(digits: str) -> str:
    return phones.shown(digits)
