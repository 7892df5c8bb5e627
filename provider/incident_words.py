"""The sentences of incidents: a title, what happened, and what a person can do about it."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from provider.accounts import IncidentKind


class Words(NamedTuple):
    """`%(keys)s` stands for the names of the keys it is about."""

    title: Promise | str
    happened: Promise | str
    next_step: Promise | str


WORDS = {
    IncidentKind.UNREACHABLE: Words(
        _("The provider does not answer"),
        _("The provider does not answer, so its token could not be checked or renewed."),
        _("We keep trying by ourselves. If it lasts, look at the provider's status page."),
    ),
    IncidentKind.TOKEN_REFUSED: Words(
        _("The provider refuses the token"),
        _("The provider refuses the access token. Messages wait and are not sent."),
        _("In Setup chat press “Atualizar token”, or copy new credentials from the provider."),
    ),
    IncidentKind.NO_ACCESS: Words(
        _("The account has no access to the service"),
        _("The provider knows the token but does not let this account use the service."),
        _("Look at the account's plan, credit and permissions on the provider's console."),
    ),
    IncidentKind.NO_CREDIT: Words(
        _("The account has no credit"),
        _("The provider refuses messages because the account has no credit."),
        _(
            "Add credit on the provider's console, then send the messages again. "
            "The next one that is accepted ends this notice."
        ),
    ),
    IncidentKind.RENEWAL_REFUSED: Words(
        _("The provider refused to renew the token"),
        _("The provider refused to renew the token with the credentials that are filled in."),
        _(
            "If the token was changed by hand, check it first. Otherwise copy new credentials "
            "from the provider (%(keys)s), or press “Atualizar token” in Setup chat to try again."
        ),
    ),
    IncidentKind.RENEWAL_UNCHANGED: Words(
        _("The provider did not change the token"),
        _("The token is about to end, or no longer works, and the provider did not change it."),
        _("We ask again in 24 hours. You can generate new credentials on the provider's console."),
    ),
    IncidentKind.MISSING_KEYS: Words(
        _("The token cannot be renewed"),
        _("The token must be renewed, and what the renewal needs is not filled in: %(keys)s."),
        _(
            "Copy the token again from the provider into PROVEDOR_TOKEN, or fill in %(keys)s in "
            "the parameter ISOCHATBOT and press “Atualizar token”."
        ),
    ),
    IncidentKind.EVENTS_WAIT: Words(
        _("What customers write is waiting"),
        _("A webhook of the provider has waited for more than 30 seconds to be applied."),
        _("Ask who runs the system whether a worker is up and how busy the machine is."),
    ),
    IncidentKind.EVENTS_DEAD: Words(
        _("Something the provider sent could not be applied"),
        _("A webhook failed five times and was set aside. Nothing of it was lost."),
        _("Look at it under Eventos, and process it again once what was wrong is mended."),
    ),
    IncidentKind.SENDS_WAIT: Words(
        _("Answers are not leaving"),
        _("A message has waited for more than a minute to leave."),
        _("It leaves by itself. If it lasts, press “Testar acesso” in Setup chat."),
    ),
    IncidentKind.PROVIDER_SILENT: Words(
        _("The provider has stopped calling"),
        _("Until now many webhooks came, and for half an hour none has come."),
        _("Write to your own number. If it does not show up, check the webhook's address."),
    ),
}

# What a person can do where the credentials are those of one channel.
OF_A_CHANNEL = _(
    "Open the channel %(channel)s in Supervisor > Chat > Channels, "
    "fill in new credentials from the provider and test the access."
)
CREDENTIALS_HELP = (
    IncidentKind.TOKEN_REFUSED,
    IncidentKind.RENEWAL_REFUSED,
    IncidentKind.MISSING_KEYS,
)
