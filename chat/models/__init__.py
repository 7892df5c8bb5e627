"""The domain, one noun a file."""

from chat.models.api_token import ApiToken
from chat.models.attachment import Attachment
from chat.models.audit import AuditEntry
from chat.models.channel import Channel
from chat.models.classification import Classification, Membership
from chat.models.contact import Contact, ContactEContact, ContactPhone, EContactType, PhoneType
from chat.models.conversation import Conversation, ConversationEvent
from chat.models.identity import Identity, IdentityAlias
from chat.models.link import ContactLink
from chat.models.menu import Menu, MenuOption
from chat.models.message import Message, MessageFact
from chat.models.profile import Profile
from chat.models.submission import Submission

__all__ = [
    "ApiToken",
    "Attachment",
    "AuditEntry",
    "Channel",
    "Classification",
    "Contact",
    "ContactEContact",
    "ContactLink",
    "ContactPhone",
    "Conversation",
    "ConversationEvent",
    "EContactType",
    "Identity",
    "IdentityAlias",
    "Membership",
    "Menu",
    "MenuOption",
    "Message",
    "MessageFact",
    "PhoneType",
    "Profile",
    "Submission",
]
