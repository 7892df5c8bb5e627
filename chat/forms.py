"""What people may fill in about themselves."""

from __future__ import annotations

import functools
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.forms import PasswordChangeForm
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.models import Profile

# First in the list, each by its city as people write it.
BRAZIL = {
    "America/Sao_Paulo": "São Paulo, Brasília",
    "America/Araguaina": "Araguaína",
    "America/Belem": "Belém",
    "America/Boa_Vista": "Boa Vista",
    "America/Campo_Grande": "Campo Grande",
    "America/Cuiaba": "Cuiabá",
    "America/Eirunepe": "Eirunepé",
    "America/Noronha": "Fernando de Noronha",
    "America/Fortaleza": "Fortaleza",
    "America/Maceio": "Maceió",
    "America/Manaus": "Manaus",
    "America/Porto_Velho": "Porto Velho",
    "America/Recife": "Recife",
    "America/Rio_Branco": "Rio Branco",
    "America/Bahia": "Salvador",
    "America/Santarem": "Santarém",
}
# No places: other names, older ones, of zones that are in the list already.
NOT_PLACES = ("Brazil", "Etc", "SystemV", "posix", "right")


class Styled(forms.BaseForm):
    """Fields that look like those of every other page."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            is_choice = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select" if is_choice else "form-control"


class PasswordForm(Styled, PasswordChangeForm):
    pass


class ProfileForm(Styled, forms.Form):
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=Profile.Language)
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        zone = BRAZIL.get(settings.TIME_ZONE) or _readable(settings.TIME_ZONE)
        usual = _("The installation's: %(zone)s") % {"zone": zone}
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", usual), *_zones()]


@functools.cache
def _zones() -> list[tuple[Any, list[tuple[str, str]]]]:
    """Brazil's zones, then every other one with a place in its name, by continent."""
    known = available_timezones()
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(known - BRAZIL.keys()):
        area, _slash, place = name.partition("/")
        if place and area not in NOT_PLACES:
            groups.setdefault(area, []).append((name, _readable(place)))
    brazil = [(name, city) for name, city in BRAZIL.items() if name in known]
    return [(gettext_lazy("Brazil"), brazil), *groups.items(), ("UTC", [("UTC", "UTC")])]


def _readable(name: str) -> str:
    return name.replace("_", " ")
