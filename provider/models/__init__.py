"""What provider keeps: stored webhooks, sends and their pause, accounts and incidents."""

from provider.models.account import Account, ChannelCredentials
from provider.models.delivery import Attempt, Delivery
from provider.models.incident import Incident
from provider.models.lane import Lane
from provider.models.pause import SendingPause
from provider.models.template import MessageTemplate
from provider.models.webhook_event import EventTie, WebhookEvent

__all__ = [
    "Account",
    "Attempt",
    "ChannelCredentials",
    "Delivery",
    "EventTie",
    "Incident",
    "Lane",
    "MessageTemplate",
    "SendingPause",
    "WebhookEvent",
]
