"""How files, places and answered messages are shown in a bubble."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat import contents, file_names, permissions, serving
from chat.models import Attachment, Message
from chat.services import media
from provider.contracts import Place

register = template.Library()

# Why a file did not come, by the reason of its row.
REASONS: dict[str, Promise] = {
    "blocked": gettext_lazy("Not fetched: its address is not one that may be opened."),
    "gone": gettext_lazy("Not fetched: the provider no longer has this file."),
    "unreachable": gettext_lazy("Not fetched: the place where the file is did not answer."),
    "slow": gettext_lazy("Not fetched: the file came too slowly."),
    "access": gettext_lazy("Not fetched: the provider did not accept our access."),
    media.EXPIRED: gettext_lazy("No longer here: files are kept for a time only."),
    "disk": gettext_lazy("Not fetched: there was no room to keep the file."),
}
OTHER_REASON = gettext_lazy("Not fetched: the file came damaged.")


@register.inclusion_tag("chat/_file.html", takes_context=True)
def file(context: dict[str, Any], attachment: Attachment) -> dict[str, Any]:
    """A file as far as it has come: to see, to hear, to save, on its way, or why not."""
    user = context["request"].user
    is_over = attachment.state == media.TOO_LARGE
    can_fetch = media.may_fetch_again(attachment)
    return {
        "file": attachment,
        "state": attachment.state,
        "kind": contents.kind(attachment.content),
        "shown": attachment.content if serving.may_be_shown(attachment) else "",
        "url": reverse("omnichannel-file", args=[attachment.key]),
        "note": _note(attachment),
        "sentence": _sentence(attachment),
        "can_fetch": can_fetch and (not is_over or permissions.is_supervisor(user)),
    }


def _note(attachment: Attachment) -> str:
    """The kind, by its ending, and the size."""
    ending = file_names.ending(attachment.name).upper()[:8]
    size = "" if attachment.size is None else filesizeformat(attachment.size)
    return " · ".join(part for part in (ending, size) if part)


def _sentence(attachment: Attachment) -> str:
    if attachment.state == media.PENDING:
        return _("Downloading…")
    if attachment.state == media.TOO_LARGE:
        if media.may_fetch_again(attachment):
            return _("Larger than the limit of TAMANHO_MAX_ANEXO, so it was not downloaded.")
        return _("Larger than what this system keeps, so it was not downloaded.")
    return str(REASONS.get(attachment.reason, OTHER_REASON))


@register.filter
def degrees(place: Place) -> str:
    return contents.coordinates(place)


@register.filter
def map_address(place: Place) -> str:
    """Where a map shows the place; nothing of the map is loaded here."""
    at = f"{place.latitude:.6f}", f"{place.longitude:.6f}"
    return "https://www.openstreetmap.org/?mlat={0}&mlon={1}#map=17/{0}/{1}".format(*at)


@register.filter
def quoted(message: Message) -> str:
    """The beginning of a message that is answered, or what kind it is."""
    words = " ".join(message.text.split()) or contents.kind(message.content)
    return words if len(words) <= 120 else f"{words[:119]}…"
