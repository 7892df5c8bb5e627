"""Files that come with messages: expected when the message is stored, fetched apart from it.

A file that is slow or gone delays no message: each is a row with tries and a lease of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import IO

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import file_names, files, permissions
from chat.errors import Conflict, NotAllowed
from chat.models import Attachment, Conversation, Message
from chat.services import arrivals, audit, channels, conversations
from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider import clock, gateway
from provider.channels import MB
from provider.contracts import Content, Line, Media
from provider.errors import ProviderError, RejectedError, TemporaryError, TooLarge

log = structlog.get_logger(__name__)

PENDING, READY, TOO_LARGE, FAILED = Attachment.State
RETRIES = [timedelta(seconds=s) for s in (5, 30, 120, 600, 3600)]
MAX_TRIES = len(RETRIES) + 1
LEASE = timedelta(minutes=6)  # more than the longest fetch, with room to write it down
ANYWAY = "anyway"  # the reason of a row whose limit somebody lifted
EXPIRED = "expired"  # of one whose file was kept for as long as files are kept

_PENDING = Attachment.objects.filter(state=PENDING, message__isnull=False)  # uploads have none
_WHO = "message__conversation__identity"

wake = gateway.waker("chat.tasks.fetch_media")


def expire(rows: QuerySet[Attachment]) -> None:
    """Take away the files and keep the rows, which say why. Inside a transaction."""
    names = list(rows.values_list("file", flat=True))
    rows.update(state=FAILED, reason=EXPIRED, file="", source="")
    for name in names:
        transaction.on_commit(partial(files.remove, name), robust=True)


def expect(message: Message, media: Iterable[Media]) -> None:
    """Write down what has to be fetched, in the transaction that stores the message."""
    now = timezone.now()
    rows = [
        Attachment(
            message=message,
            content=item.content,
            name=file_names.clean(item.name) if item.name else "",
            type=item.type[:100],
            size=item.size,
            source=item.source,
            state=PENDING,
            next_attempt_at=clock.now(),
            created_at=now,
        )
        for item in media
    ]
    if rows:
        Attachment.objects.bulk_create(rows)
        wake()


def drain(is_ending: Callable[[], bool] = lambda: False, *, is_for_untried: bool = False) -> int:
    """Fetch what is due, one file after the other; how many were tried.

    `is_for_untried`: leave to others the files of people one of whose files failed and still
    waits for its next try. Who drains so is never held up for long by hosts that are slow.
    """
    tried = 0
    while not is_ending():
        attachment = _claimed(is_for_untried=is_for_untried)
        if attachment is None:
            break
        tried += 1
        if _untried().exists():
            wake()  # another worker may take the next while this one takes its time
        _fetch(attachment, is_ending)
    return tried


def _due() -> QuerySet[Attachment]:
    now = clock.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    return Attachment.objects.filter(free, state=PENDING, next_attempt_at__lte=now)


def _of_others() -> QuerySet[Attachment]:
    """What is due of people none of whose files is being fetched now: each has one at a time."""
    under_way = _PENDING.filter(lease_until__gte=clock.now())
    return _due().exclude(**{f"{_WHO}__in": under_way.values(_WHO)})


def _untried() -> QuerySet[Attachment]:
    """The same, of people none of whose files that still wait failed before."""
    return _of_others().exclude(**{f"{_WHO}__in": _PENDING.filter(tries__gt=0).values(_WHO)})


def _next(*, is_for_untried: bool) -> int | None:
    """Who sent files that do not come waits behind who did not, however long the queue is."""
    for due in (_untried(),) if is_for_untried else (_untried(), _of_others()):
        found = due.order_by("next_attempt_at", "id").values_list("pk", flat=True).first()
        if found is not None:
            return found
    return None


def _claimed(*, is_for_untried: bool) -> Attachment | None:
    """The next file whose turn it is, for this worker alone while the lease lasts."""
    while True:
        found = _next(is_for_untried=is_for_untried)
        if found is None:
            return None
        # Counted before the try: a file that kills the worker must not be tried for ever.
        # By the columns of the row alone, which PostgreSQL reads again once it has the row.
        claim = _due().filter(pk=found)
        if claim.update(lease_until=clock.now() + LEASE, tries=F("tries") + 1):
            return Attachment.objects.select_related(
                "message__channel", "message__conversation__identity"
            ).get(pk=found)


def _fetch(attachment: Attachment, is_ending: Callable[[], bool]) -> None:
    try:
        if attachment.tries > MAX_TRIES:
            raise RejectedError("tried often enough", code="unreachable")
        arrived = _arrived(attachment, is_ending)
    except TooLarge as error:
        _end(attachment, state=TOO_LARGE, size=error.size or attachment.size, reason="")
    except TemporaryError as error:
        _again(attachment, error)
    except ProviderError as error:
        _end(attachment, state=FAILED, reason=error.code or "broken")
    except OSError as error:
        log.error("file not kept", attachment=attachment.pk, error=type(error).__name__)
        _again(attachment, TemporaryError(code="disk"))
    except Exception as error:
        # Without its text, which may quote an address that holds a secret.
        log.error("file not fetched", attachment=attachment.pk, error=type(error).__name__)
        _again(attachment, TemporaryError(code="broken"))
    else:
        _end(attachment, state=READY, reason="", **arrived._asdict())


def _arrived(attachment: Attachment, is_ending: Callable[[], bool]) -> arrivals.Arrived:
    limit = limit_of(attachment)
    if attachment.size is not None and attachment.size > limit:
        raise TooLarge(attachment.size)
    media = Media(
        Content(attachment.content),
        attachment.source,
        attachment.name,
        attachment.type,
        attachment.size,
    )
    with files.scratch() as into:
        said = gateway.fetch(_line(attachment), media, into=into, limit=limit, is_ending=is_ending)
        return _kept(attachment, into, said)


def _kept(attachment: Attachment, into: IO[bytes], said: str) -> arrivals.Arrived:
    return arrivals.keep(into, key=attachment.key, name=attachment.name, said=said)


def limit_of(attachment: Attachment) -> int:
    """The largest file that is fetched by itself, or because somebody asked for it."""
    most: int = settings.ISOBOT_MAX_FETCH
    if attachment.reason == ANYWAY:
        return most
    return min(int(store.read(ISOCHATBOT.TAMANHO_MAX_ANEXO) * MB), most)


def _line(attachment: Attachment) -> Line:
    message = attachment.message
    assert message is not None  # only uploads have none, and they are never fetched
    return channels.sending(message.channel, message.conversation.identity.line_reference)


def _mine(attachment: Attachment) -> QuerySet[Attachment]:
    """The row, as long as this try of it is the newest."""
    return Attachment.objects.filter(pk=attachment.pk, state=PENDING, tries=attachment.tries)


def _again(attachment: Attachment, error: TemporaryError) -> None:
    """Try once more later; a process that ends has not tried at all."""
    if error.code == "ending":
        _mine(attachment).update(
            lease_until=None, tries=F("tries") - 1, next_attempt_at=clock.now()
        )
        return
    if attachment.tries >= MAX_TRIES:
        _end(attachment, state=FAILED, reason=error.code or "unreachable")
        return
    wait = max(RETRIES[attachment.tries - 1], timedelta(seconds=error.retry_after or 0))
    _mine(attachment).update(lease_until=None, next_attempt_at=clock.now() + wait)


def _end(attachment: Attachment, **values: object) -> None:
    """Write down how it ended; screens that show the message are told."""
    message = attachment.message
    assert message is not None
    try:
        ended = _ended(attachment, message, values)
    except Conversation.DoesNotExist:
        ended = 0
    if not ended and not Attachment.objects.filter(pk=attachment.pk).exists():
        files.remove(str(values.get("file", "")))  # its message was taken away meanwhile
    log.info("file", attachment=attachment.pk, state=str(values["state"]), reason=values["reason"])


def _ended(attachment: Attachment, message: Message, values: Mapping[str, object]) -> int:
    with conversations.changing(message.conversation_id) as conversation:
        ended = _mine(attachment).update(lease_until=None, next_attempt_at=None, **values)
        if ended:
            Message.objects.filter(pk=message.pk).update(version=conversation.version)
    return ended


def fetch_again(attachment: Attachment, *, by: User) -> None:
    """Fetch a file that failed once more, or one that is too large all the same.

    Raises NotAllowed where only a supervisor may, and Conflict where there is nothing to fetch.
    """
    message = attachment.message
    assert message is not None
    with conversations.changing(message.conversation_id) as conversation:
        attachment.refresh_from_db()
        if not may_fetch_again(attachment):
            raise Conflict(_("This file cannot be fetched again."), conversation)
        lifted = attachment.state == TOO_LARGE
        if lifted and not permissions.is_supervisor(by):
            raise NotAllowed(_("Only a supervisor fetches a file above the limit."))
        attachment.state, attachment.tries = PENDING, 0
        attachment.reason = ANYWAY if lifted else ""
        attachment.next_attempt_at = clock.read()
        attachment.save()
        Message.objects.filter(pk=message.pk).update(version=conversation.version)
        audit.record(by, "file_fetched_again", conversation)
    wake()


def may_fetch_again(attachment: Attachment) -> bool:
    """Whether another try could bring it; a file above what the server keeps never comes."""
    if attachment.state == TOO_LARGE:
        return attachment.size is None or attachment.size <= settings.ISOBOT_MAX_FETCH
    return attachment.state == FAILED and attachment.reason not in ("blocked", EXPIRED)
