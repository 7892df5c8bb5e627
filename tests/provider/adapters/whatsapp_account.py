"""The account of WhatsApp and the customer that its tests speak of."""

from __future__ import annotations

from provider.adapters.whatsapp import WhatsApp
from provider.contracts import ChannelKind, Content, Credentials, Line
from provider.meta import GRAPH_VERSION

I, A, V, D = Content.IMAGE, Content.AUDIO, Content.VIDEO, Content.DOCUMENT  # noqa: E741
ADAPTER = WhatsApp()
NUMBER_ID = "106540000000001"
LINE = Line("whatsapp", ChannelKind.WHATSAPP, "5541999990000", NUMBER_ID)
ANA, HIDDEN = "5541988887777", "BR.1349120000000001"
OURS = "0b4f9f36-3a0c-4a2b-9a57-3c4f7d1e0001"
API = "https://graph.example"
HELD = Credentials(
    {
        "phone_number_id": NUMBER_ID,
        "access_token": "EAAinvented",
        "app_secret": "s",
        "verify_token": "v",
        "graph_url": API,
    }
)
NODE = f"{API}/{GRAPH_VERSION}/{NUMBER_ID}"
