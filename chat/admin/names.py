"""How the fields of the domain read in the administration."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from chat import models as m
from parameters.admin_base import name_fields

CLASSIFICATION, CONTACT, CONVERSATION = _("Classification"), _("Contact"), _("Conversation")
CHANNEL, IDENTITY, MENU, AGENT = _("Channel"), _("Identity"), _("Menu"), _("Agent")
AT, BY, USER, VERSION, STATUS = _("When"), _("Who"), _("User"), _("Version"), _("Status")
LAST_INBOUND, REFERENCE, DETAILS = _("Last from the customer"), _("Reference"), _("Details")

name_fields(m.Channel, menu=MENU)
name_fields(m.Membership, classification=CLASSIFICATION, user=AGENT)
name_fields(m.Menu, classification=CLASSIFICATION)
name_fields(m.MenuOption, menu=MENU, parent=_("Below the option"), classification=CLASSIFICATION)
name_fields(m.Contact, created_at=_("Created at"))
name_fields(m.ContactPhone, contact=CONTACT, type=_("Type"))
name_fields(m.ContactEContact, contact=CONTACT, type=_("Type"))
name_fields(m.Profile, user=USER)
name_fields(
    m.Identity,
    channel=CHANNEL,
    external_id=_("Id on the channel"),
    name=_("Name"),
    contact=CONTACT,
    line_reference=_("Channel's name at the provider"),
    last_inbound_at=LAST_INBOUND,
    ask_name_at=_("Name asked for at"),
    name_tries=_("Tries to learn the name"),
)
name_fields(m.IdentityAlias, identity=IDENTITY, channel=CHANNEL, external_id=_("Id on the channel"))
name_fields(
    m.Conversation,
    identity=IDENTITY,
    contact=CONTACT,
    status=STATUS,
    classification=CLASSIFICATION,
    agent=AGENT,
    previous=_("The one before"),
    version=VERSION,
    bot_state=_("Where the bot is"),
    start_notice_sent=_("Start notice sent"),
    opened_at=_("Opened at"),
    waiting_since=_("Waiting since"),
    closed_at=_("Closed at"),
    last_message_at=_("Last message"),
    last_inbound_at=LAST_INBOUND,
    last_preview=_("Last text"),
    last_author=_("Last author"),
    unread_count=_("Unread"),
)
name_fields(
    m.ConversationEvent,
    conversation=CONVERSATION,
    at=AT,
    what=_("What"),
    why=_("Why"),
    by=BY,
    data=DETAILS,
    version=VERSION,
)
name_fields(
    m.Message,
    conversation=CONVERSATION,
    channel=CHANNEL,
    direction=_("Direction"),
    author=_("Author"),
    agent=AGENT,
    author_name=_("Author's name"),
    text=_("Text"),
    content=_("Content"),
    data=DETAILS,
    reply_to=_("Answer to"),
    external_id=_("Id at the provider"),
    client_id=_("Id at the caller"),
    reference=REFERENCE,
    status=STATUS,
    failure_cause=_("Cause of the failure"),
    failure_detail=_("Detail of the failure"),
    created_at=_("Created at"),
    provider_at=_("Time at the provider"),
    version=VERSION,
)
name_fields(
    m.MessageFact,
    message=_("Message"),
    reference=REFERENCE,
    status=STATUS,
    at=AT,
    cause=_("Cause"),
    detail=_("Detail"),
)
name_fields(
    m.Attachment,
    key=_("Key"),
    message=_("Message"),
    uploaded_by=BY,
    content=_("Content"),
    file=_("File"),
    state=STATUS,
    source=_("Where the provider keeps it"),
    tries=_("Tries"),
    next_attempt_at=_("Next try"),
    lease_until=_("Lease until"),
    reason=_("Reason"),
    created_at=_("Created at"),
)
name_fields(m.ApiToken, user=USER, created_at=_("Created at"), last_used_at=_("Last used"))
name_fields(m.AuditEntry, by=USER, data=DETAILS)
name_fields(
    m.ContactLink,
    conversation=CONVERSATION,
    identity=IDENTITY,
    contact=CONTACT,
    previous=_("Contact before"),
    phone=_("Telephone added"),
    econtact=_("E-contact added"),
    made_contact=_("Contact made"),
    by=BY,
    at=AT,
    undone_at=_("Undone at"),
)
name_fields(m.Submission, token=_("Form"), user=USER, location=_("Led to"), at=AT)
m.MessageFact._meta.verbose_name = _("fact about a message")
m.MessageFact._meta.verbose_name_plural = _("facts about messages")
m.Submission._meta.verbose_name = _("form sent")
m.Submission._meta.verbose_name_plural = _("forms sent")
