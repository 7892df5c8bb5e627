"""How times, phones and ticks are written."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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


def _time(value: datetime, text: str) -> SafeString:
    local = timezone.localtime(value)
    exact = formats.date_format(local, "DATETIME_FORMAT")
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact, text)


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """How long ago, short, with the exact time on hover."""
    if value is None:
        return ""
    age = timezone.now() - value
    if age.total_seconds() < 60:
        return _time(value, _("now"))
    if age.total_seconds() < 3600:
        minutes = int(age.total_seconds() // 60)
        return _time(value, _("%(minutes)d min ago") % {"minutes": minutes})
    local = timezone.localtime(value)
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
    """+55 (41) 99999-9999 for a Brazilian number; another one with its plus sign."""
    if not digits.isdigit():
        return digits
    if digits.startswith("55") and len(digits) in (12, 13):
        area, number = digits[2:4], digits[4:]
        return f"+55 ({area}) {number[:-4]}-{number[-4:]}"
    return f"+{digits}"
