"""What customers are called, where their provider's webhooks do not say it: asked for apart.

Asked once for each person, and forgotten after a few tries: a name is nice to have.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F, QuerySet

from chat import person_names
from chat.models import Identity
from chat.models.conversation import Status
from chat.services import channels, conversations
from provider import clock, gateway
from provider.errors import AmbiguousError, ProviderError, TemporaryError

log = structlog.get_logger(__name__)

# How long after each try the next one is due; the last is longer than a try may take.
WAITS = [timedelta(seconds=s) for s in (30, 300, 3600)]

wake = gateway.waker("chat.tasks.learn_names")


def want(identity: Identity) -> None:
    """Have the name asked for, in the transaction that stores what they wrote."""
    if identity.name or identity.name_tries or identity.ask_name_at is not None:
        return
    if gateway.tells_names(identity.channel.adapter):
        Identity.objects.filter(pk=identity.pk).update(ask_name_at=clock.now())
        wake()


def drain(is_ending: Callable[[], bool] = lambda: False) -> int:
    """Ask for the names that are due, one after the other; how many were asked for."""
    asked = 0
    while not is_ending():
        identity = _claimed()
        if identity is None:
            break
        asked += 1
        _ask(identity)
    return asked


def _due() -> QuerySet[Identity]:
    return Identity.objects.filter(ask_name_at__lte=clock.now())


def _claimed() -> Identity | None:
    """The next person to ask for, for this worker alone: the try is counted before it is made."""
    while True:
        found = _due().order_by("ask_name_at").select_related("channel").first()
        if found is None:
            return None
        tries = found.name_tries
        until = clock.now() + WAITS[min(tries, len(WAITS) - 1)]
        claim = _due().filter(pk=found.pk, name_tries=tries)
        if claim.update(ask_name_at=until, name_tries=F("name_tries") + 1):
            found.name_tries = tries + 1
            return found


def _ask(identity: Identity) -> None:
    name = ""
    try:
        line = channels.sending(identity.channel, identity.line_reference)
        name = person_names.clean(gateway.name_of(line, identity.external_id))
    except (TemporaryError, AmbiguousError) as error:
        log.info("name not told", identity=identity.pk, error=type(error).__name__)
        if identity.name_tries < len(WAITS):
            return
    except ProviderError as error:
        log.info("name not told", identity=identity.pk, error=type(error).__name__)
    except Exception as error:
        # Without its text, which may quote an address that holds a secret.
        log.error("name not asked for", identity=identity.pk, error=type(error).__name__)
    _keep(identity, name)


@transaction.atomic
def _keep(identity: Identity, name: str) -> None:
    """The name, where there is none yet, on open screens too; nothing more is asked."""
    rows = Identity.objects.filter(pk=identity.pk)
    rows.update(ask_name_at=None)
    if name and rows.filter(name="").update(name=name):
        for conversation in identity.conversations.exclude(status=Status.CLOSED):
            with conversations.changing(conversation.pk):
                pass  # a new version of what people see of it
