"""The domain, one noun a file."""

from chat.models.api_token import ApiToken
from chat.models.channel import Channel
from chat.models.classification import Classification, Membership
from chat.models.contact import Contact, ContactEContact, ContactPhone, EContactType, PhoneType
from chat.models.conversation import Conversation, ConversationEvent
from chat.models.identity import Identity
from chat.models.menu import Menu, MenuOption
from chat.models.message import Message, MessageFact

__all__ = [
    "ApiToken",
    "Channel",
    "Classification",
    "Contact",
    "ContactEContact",
    "ContactPhone",
    "Conversation",
    "ConversationEvent",
    "EContactType",
    "Identity",
    "Membership",
    "Menu",
    "MenuOption",
    "Message",
    "MessageFact",
    "PhoneType",
]
