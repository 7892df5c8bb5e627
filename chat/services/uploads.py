"""Files agents send: what is taken, kept until it left, and forgotten where it never did."""

from __future__ import annotations

import errno
from datetime import timedelta
from typing import IO

from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _

from chat import file_names, files, pictures, sniffing
from chat.errors import BadInput, TooLarge, TooMany
from chat.models import Attachment, Channel, Conversation, Message
from chat.services import extras, limits, messages
from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider import gateway
from provider.channels import FACTS, Facts
from provider.contracts import ChannelKind, Content

# An upload without a message is one whose sending broke off; nobody comes back for it.
FORGOTTEN_AFTER = timedelta(hours=12)
FIELD = "file"
# Far above what anybody sends by hand; a program gone astray must not fill the disk.
MOST_A_MINUTE = 60
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def answer(
    conversation: Conversation,
    upload: UploadedFile[bytes],
    text: str,
    *,
    client_id: str,
    by: User,
    beside: extras.Extras = extras.NOTHING,
) -> tuple[Message, bool]:
    """An agent's file, with its text; as `messages.answer`. Raises TooLarge, too."""
    kept = keep(upload, channel=conversation.identity.channel, by=by)
    try:
        message, is_new = messages.answer(
            conversation.pk, text, client_id=client_id, by=by, file=kept, beside=beside
        )
    except BaseException:
        discard(kept)
        raise
    if not is_new:
        discard(kept)
    return message, is_new


def keep(upload: UploadedFile[bytes], *, channel: Channel, by: User) -> Attachment:
    """Look at a file and store it, for this channel. Raises BadInput, TooLarge or TooMany."""
    _check_pace(by)
    kind = ChannelKind(channel.kind)
    why_not = gateway.why_no_files(channel.adapter)
    if why_not:
        raise BadInput(FIELD, why_not)
    source: IO[bytes] = upload
    type_ = _type_of(source, upload.name or "")
    content = _content_on(channel, type_)
    size = upload.size or 0
    limit = limits.of(kind, content)
    if size > limit.size:
        raise TooLarge(limit.refusal(size))
    if (content, type_) not in gateway.files_taken(channel.adapter, [(content, type_)]):
        raise BadInput(FIELD, _unfit(*_provider(channel), type_))
    name, size = _stored(source, type_)
    return Attachment.objects.create(
        uploaded_by=by,
        content=content,
        name=file_names.with_ending(file_names.clean(upload.name or ""), _endings(type_)),
        type=type_,
        size=size,
        file=name,
        created_at=timezone.now(),
    )


def _check_pace(by: User) -> None:
    since = timezone.now() - timedelta(minutes=1)
    if Attachment.objects.filter(uploaded_by=by, created_at__gt=since).count() >= MOST_A_MINUTE:
        raise TooMany(_("Too many files in a short time. Wait a minute and try again."))


def _type_of(source: IO[bytes], name: str) -> str:
    """What the file is. Raises BadInput where nobody should be sent it."""
    active = file_names.active_ending(name)
    if active:
        raise BadInput(
            FIELD, _("For safety, files that end in .%(ending)s are not sent.") % {"ending": active}
        )
    source.seek(0)
    head = source.read(sniffing.HEAD)
    if not head:
        raise BadInput(FIELD, _("This file is empty."))
    type_ = sniffing.type_of(head, file_names.clean(name))
    if type_ == sniffing.ACTIVE:
        raise BadInput(
            FIELD, _("For safety, this file is not sent: it holds a program or a web page.")
        )
    if type_ == sniffing.UNKNOWN:
        raise BadInput(
            FIELD,
            _("This kind of file is not known here. Send it as PDF, image, audio, video or ZIP."),
        )
    if type_ in pictures.TELLING:
        raise BadInput(
            FIELD,
            _("A photo of this kind may say where it was taken. Send it as JPEG or PNG."),
        )
    return type_


def _content_on(channel: Channel, type_: str) -> Content:
    """As what it goes: an image the channel does not show as one is still a document."""
    content = _taken_as(FACTS[ChannelKind(channel.kind)], type_)
    if content is None:
        raise BadInput(FIELD, _unfit(*_kind(channel), type_))
    return content


def _taken_as(facts: Facts, type_: str) -> Content | None:
    first = type_.partition("/")[0]
    own = Content(first) if first in ("image", "audio", "video") else Content.DOCUMENT
    contents = (one for one in (own, Content.DOCUMENT) if _is_taken(facts, one, type_))
    return next(contents, None)


def _is_taken(facts: Facts, content: Content, type_: str) -> bool:
    types = facts.types.get(content)
    return content in facts.max_file and (types is None or type_ in types)


def _kind(channel: Channel) -> tuple[str, str]:
    """Who refuses a file whatever provider carries it, and what to do with a document."""
    return channel.get_kind_display(), _("Send it as PDF.")


def _provider(channel: Channel) -> tuple[str, str]:
    """Who has no word for a file the channel takes, and what to do with a document."""
    label = gateway.adapter_labels()[channel.adapter]
    if channel.adapter == gateway.MAIN_ADAPTER and store.read(ISOCHATBOT.PROVEDOR_API) != "v1":
        return label, _("Send it as PDF, or ask a supervisor to set PROVEDOR_API to v1.")
    return label, _("Send it as PDF.")


def _unfit(who: str, for_documents: str, type_: str) -> str:
    """That it is not taken, and what to do instead."""
    refusal = _("%(who)s does not take files of this kind (%(kind)s).") % {
        "who": who,
        "kind": sniffing.ENDINGS[type_][0].upper(),
    }
    advice = {"image": _("Send it as JPEG or PNG."), "audio": "", "video": ""}
    return f"{refusal} {advice.get(type_.partition('/')[0], for_documents)}".strip()


def refusals(channel: Channel) -> dict[str, str]:
    """By the ending of a file, why it would be refused: what is known before it is uploaded.

    An ending that more than one kind of file goes by is refused only where all of them are.
    """
    facts = FACTS[ChannelKind(channel.kind)]
    found = {type_: _taken_as(facts, type_) for type_ in sniffing.ENDINGS}
    wanted = [(content, type_) for type_, content in found.items() if content is not None]
    taken = gateway.files_taken(channel.adapter, wanted)
    kind, provider = _kind(channel), _provider(channel)
    said: dict[str, str] = {}
    for type_, content in found.items():
        if (content, type_) not in taken:
            why = _unfit(*(kind if content is None else provider), type_)
            said |= dict.fromkeys(sniffing.ENDINGS[type_], why)
    fine = {end for content, type_ in taken for end in sniffing.ENDINGS[type_]}
    return {ending: sentence for ending, sentence in said.items() if ending not in fine}


def _endings(type_: str) -> tuple[str, ...]:
    # A text may be called anything: a log, a list, a read-me.
    return () if type_ == "text/plain" else sniffing.ENDINGS[type_]


def _stored(source: IO[bytes], type_: str) -> tuple[str, int]:
    try:
        pictures.check(source, type_)
        return files.store(pictures.without_metadata(source, type_))
    except pictures.TooManyPixels as error:
        raise BadInput(FIELD, _("This picture has too many pixels to be shown.")) from error
    except pictures.BadPicture as error:
        raise BadInput(FIELD, _("This picture is damaged.")) from error
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise TooLarge(
            _("This server has no room left for files. Tell who takes care of it.")
        ) from error


def discard(attachment: Attachment) -> None:
    """Take away an upload that was not sent."""
    Attachment.objects.filter(pk=attachment.pk, message=None).delete()


def forget_unsent() -> None:
    """Take away what was uploaded and never sent."""
    before = timezone.now() - FORGOTTEN_AFTER
    for attachment in Attachment.objects.filter(message=None, created_at__lt=before)[:200]:
        discard(attachment)
    files.forget_unfinished(FORGOTTEN_AFTER.total_seconds())


def linked(key: str) -> Attachment | None:
    """The file a link names, if it is here."""
    found = Attachment.objects.filter(key=key, state=Attachment.State.READY).first()
    return found if found is not None and found.file and files.exist(found.file) else None
