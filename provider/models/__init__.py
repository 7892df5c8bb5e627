"""What provider keeps: stored webhooks, sends with their attempts, the state of accounts."""

from provider.models.account import Account, ChannelCredentials
from provider.models.delivery import Attempt, Delivery
from provider.models.lane import Lane
from provider.models.webhook_event import EventTie, WebhookEvent

__all__ = [
    "Account",
    "Attempt",
    "ChannelCredentials",
    "Delivery",
    "EventTie",
    "Lane",
    "WebhookEvent",
]
