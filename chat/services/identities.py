"""Who wrote: one identity for a person on a channel, whichever of their ids a webhook names.

A phone changes hands; an id without a phone is bound to its person. So the bound id decides, and
a phone that comes with somebody else's bound id has changed hands. WhatsApp makes a new bound id
when a person changes number, and one for each company: who comes with another beside the same
phone, without a notice that says so, is taken for somebody else. That may cost a customer a new
conversation; the other way a stranger would read theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from chat.models import Channel, Identity, IdentityAlias
from chat.models.conversation import Status
from chat.services import contacts, conversations, names
from provider import gateway
from provider.channels import FACTS, is_phone, matched_id, written_ids
from provider.contracts import ChannelKind, InboundMessage, PersonMoved

# The id a group of companies knows a person by; the same person has one of each form.
_PARENT = re.compile(r"[A-Z]{2}\.ENT\.")


def known(channel: Channel, ids: Sequence[str]) -> Identity | None:
    """The identity these ids belong to: by a bound id, else by a phone still in its hands."""
    return _owner(channel, _keys(channel, ids), _aliases(channel, ids))


def every_id(identity: Identity) -> set[str]:
    """All ids of this person, in every form they may have been written in."""
    kind = ChannelKind(identity.channel.kind)
    aliases = identity.aliases.values_list("external_id", flat=True)
    return {form for one in (identity.external_id, *aliases) for form in written_ids(kind, one)}


def of(channel: Channel, event: InboundMessage) -> Identity:
    """Who wrote this, with what it says of them; somebody new belongs to the anonymous contact.

    Writing the identity holds it for the transaction, so that of two first messages only one
    opens a conversation.
    """
    ids = (event.contact_id, *event.aliases)
    keys, aliases = _keys(channel, ids), _aliases(channel, ids)
    identity = _owner(channel, keys, aliases)
    for key, alias in aliases.items():
        if alias.identity != identity and is_phone(ChannelKind(channel.kind), key):
            _give_up(alias.identity, [key])
    identity = identity or _made(channel, ids, event.contact_name)
    before = identity.external_id
    known_by = {key for key, alias in aliases.items() if alias.identity == identity}
    _remember(identity, [key for key in keys if key not in known_by])
    # What it does not say stays as it is, which may be newer than what was read here.
    said = {"name": event.contact_name, "line_reference": event.line.reference}
    Identity.objects.filter(pk=identity.pk).update(
        external_id=_written_to(identity, event.contact_id),
        last_inbound_at=timezone.now(),
        **{field: text for field, text in said.items() if text},
    )
    identity.refresh_from_db()
    kind = ChannelKind(channel.kind)
    is_another = matched_id(kind, identity.external_id) != matched_id(kind, before)
    if is_another and is_phone(kind, before):  # which may be somebody else's next
        _redirect(identity)
    names.want(identity)
    return identity


def open_conversation(identity: Identity) -> int | None:
    """The id of the one that is not closed."""
    open_ = identity.conversations.exclude(status=Status.CLOSED)
    return open_.values_list("pk", flat=True).first()


def of_notice(channel: Channel, event: PersonMoved) -> Identity | None:
    """Who moved: found by what they had, or by what they have already."""
    return known(channel, event.gone) or known(channel, event.ids)


def move(identity: Identity, event: PersonMoved) -> None:
    """Give a person the ids they have now, also where somebody was known by them once.

    Who has an open conversation keeps their ids: people are never merged, and no conversation
    changes hands. What is the person's no more is forgotten: it may be somebody else's next.
    """
    channel, kind = identity.channel, ChannelKind(identity.channel.kind)
    now = _keys(channel, event.ids)
    gone = set(_keys(channel, event.gone)) - set(now)
    for key, alias in _aliases(channel, event.ids).items():
        if alias.identity != identity and open_conversation(alias.identity) is None:
            _give_up(alias.identity, [key])
    _remember(identity, now)
    before = identity.external_id
    theirs = [one for one in event.ids if known(channel, [one]) == identity]
    if theirs and (matched_id(kind, before) in gone or not is_phone(kind, before)):
        _readdress(identity, _free(identity, theirs[0]))
    _give_up(identity, gone)


def _keys(channel: Channel, ids: Sequence[str]) -> list[str]:
    kind = ChannelKind(channel.kind)
    return list(dict.fromkeys(matched_id(kind, one) for one in ids if one))


def _aliases(channel: Channel, ids: Sequence[str]) -> dict[str, IdentityAlias]:
    rows = IdentityAlias.objects.filter(channel=channel, external_id__in=_keys(channel, ids))
    return {row.external_id: row for row in rows.select_related("identity__channel")}


def _owner(channel: Channel, keys: list[str], aliases: dict[str, IdentityAlias]) -> Identity | None:
    kind = ChannelKind(channel.kind)
    bound = [key for key in keys if not is_phone(kind, key)]
    for key in bound:
        if key in aliases:
            return aliases[key].identity
    phones = (aliases[key].identity for key in keys if key in aliases)
    return next((one for one in phones if not _is_another(one, bound)), None)


def _is_another(identity: Identity, bound: list[str]) -> bool:
    """Whether somebody with these bound ids is not this person, who has others of the same form.

    None of the ids is this person's: who is known by one of them was found by it.
    """
    kind = ChannelKind(identity.channel.kind)
    if not bound or not FACTS[kind].id_is_phone:
        return False
    theirs = identity.aliases.values_list("external_id", flat=True)
    forms = {bool(_PARENT.match(one)) for one in theirs if not is_phone(kind, one)}
    return any(bool(_PARENT.match(one)) in forms for one in bound)


def _made(channel: Channel, ids: Sequence[str], name: str) -> Identity:
    """A new identity with its first alias, or that of who made it at this very moment."""
    keys = _keys(channel, ids[:1])
    _set_aside(channel, keys)
    try:
        with transaction.atomic():
            identity = Identity.objects.create(
                channel=channel,
                external_id=ids[0],
                name=name,
                contact=contacts.anonymous(),
            )
            IdentityAlias.objects.create(channel=channel, external_id=keys[0], identity=identity)
    except IntegrityError:
        winner = known(channel, ids)
        if winner is None:
            raise
        return winner
    return identity


def _remember(identity: Identity, keys: list[str]) -> None:
    """Their aliases from now on; one that is somebody else's stays so."""
    rows = [
        IdentityAlias(channel_id=identity.channel_id, external_id=key, identity=identity)
        for key in keys
    ]
    IdentityAlias.objects.bulk_create(rows, ignore_conflicts=True)


def _give_up(identity: Identity, keys: Iterable[str]) -> None:
    """These ids are this person's no more, nor are they written to by them."""
    identity.aliases.filter(external_id__in=keys).delete()
    _set_aside(identity.channel, keys)


def _set_aside(channel: Channel, keys: Iterable[str]) -> None:
    """Nobody is written to by an id they are not known by.

    There may be others than who just gave it up: identities made for each form of a number once.
    """
    kind = ChannelKind(channel.kind)
    forms = {form for key in keys for form in written_ids(kind, key)}
    for row in Identity.objects.filter(channel=channel, external_id__in=forms):
        theirs = list(row.aliases.order_by("id").values_list("external_id", flat=True))
        if matched_id(kind, row.external_id) not in theirs:
            bound = (one for one in theirs if not is_phone(kind, one))
            free = next((one for one in bound if _free(row, one) == one), "")
            _readdress(row, free or row.lost_address())


def _readdress(identity: Identity, external_id: str) -> None:
    """Write to them by this id from now on, also what waits; their open conversation says so."""
    if identity.external_id == external_id:
        return
    identity.external_id = external_id
    identity.save(update_fields=["external_id"])
    _redirect(identity)


def _redirect(identity: Identity) -> None:
    """What waits goes to the id they have now; their open conversation says so."""
    recipient = identity.external_id if identity.is_reachable else ""
    gateway.readdress(identity.stream, recipient)
    conversation = open_conversation(identity)
    if conversation is not None:
        with conversations.changing(conversation) as current:
            # An answer that was being given until now was still written to the id of before.
            gateway.readdress(identity.stream, recipient)
            conversations.record(current, "person_moved")


def _written_to(identity: Identity, contact_id: str) -> str:
    """The id to write to: as they wrote last, but no id without a phone where a phone is known."""
    kind = ChannelKind(identity.channel.kind)
    if is_phone(kind, identity.external_id) and not is_phone(kind, contact_id):
        return identity.external_id
    return _free(identity, contact_id)


def _free(identity: Identity, external_id: str) -> str:
    """This id, unless an identity of old has it: one was made for each form of a number then."""
    others = Identity.objects.filter(channel_id=identity.channel_id, external_id=external_id)
    is_taken = external_id != identity.external_id and others.exclude(pk=identity.pk).exists()
    return identity.external_id if is_taken else external_id
