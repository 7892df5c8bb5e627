"""Builds the bodies of webhooks in the two formats and the status shapes."""

from collections.abc import Mapping

from .customers import Customer
from .identity import iso, utc_now
from .phones import PhoneMessage

QUEUE = "_default_"


def message_event(
    style: str, customer: Customer, message: PhoneMessage, *, tie: str
) -> dict[str, object]:
    """A message from either side, as an envelope or flat."""
    inner = _content(customer, message)
    if style == "flat":
        body = {**_flat_head(customer), **inner, **_flat_tail(message)}
    else:
        body = {**_envelope_head(customer), "messages": [inner]}
    if message.direction == "out":
        body.update(_echo_ties(message, tie))
    return body


def envelope_status(
    customer: Customer, message: PhoneMessage, status: str, *, tie: str
) -> dict[str, object]:
    """The status of one message in the newer format."""
    body: dict[str, object] = {
        "type": "status",
        "status": status,
        "contactId": customer.contact_id,
        "messageId": message.id,
    }
    if tie == "txid":
        body["intentTxId"] = message.tx_id
    if tie == "payload" and message.payload is not None:
        body["webhookPayload"] = message.payload
    return body


def short_status(customer: Customer, message: PhoneMessage, status: str) -> dict[str, object]:
    """The 2019 shape, whose `_id_` is the message."""
    return {
        "CHAT_PLATFORM_ID": customer.channel.platform,
        "CREATION_TIME": iso(utc_now()),
        "CUSTOMER_ID": customer.id,
        "_id_": message.id,
        "FROM": customer.contact_id,
        "STATUS": status,
    }


def snapshot_status(customer: Customer, last: PhoneMessage, status: str) -> dict[str, object]:
    """The customer snapshot, whose `_id_` is the customer and not the message."""
    message = {**_flat_head(customer), **_content(customer, last), **_flat_tail(last)}
    return {
        **_snapshot_head(customer),
        "STATUS": status,
        "STATUS_CHANGE_TIME": iso(utc_now()),
        "USER_LAST_MSG_RECEIVED": iso(customer.last_received) if customer.last_received else "",
        "USER_LAST_MSG_READ": iso(customer.last_read) if customer.last_read else "",
        "LAST_MESSAGE_CREATION_TIME": iso(last.at),
        "LAST_MESSAGE": message,
        # Bot variables really do sit beside the fixed keys.
        **customer.variables,
    }


def _snapshot_head(customer: Customer) -> dict[str, object]:
    return {
        "_id_": customer.id,
        "BUSINESS_ID": customer.channel.id.partition("-")[0],
        "CHAT_PLATFORM_ID": customer.channel.platform,
        "chatChannelId": customer.channel.id,
        "PLATFORM_CONTACT_ID": customer.contact_id,
        **_whatsapp_number(customer, "WHATSAPP_NUMBER"),
        "FIRST_NAME": customer.first_name,
        "LAST_NAME": customer.last_name,
        "country": "BR",
        "locale": "",
        "gender": "",
        "CREATION_TIME": iso(customer.created),
        "LAST_SEEN": iso(customer.last_activity),
        "PENDING_MSGS": 0,
        "BOT_MUTED": False,
        "QUEUE": QUEUE,
        "EXECUTED_INTENTS": [],
        "Last action author": "bot",
    }


def _content(customer: Customer, message: PhoneMessage) -> dict[str, object]:
    from_customer = message.direction == "in"
    content: dict[str, object] = {
        "_id_": message.id,
        "date": iso(message.at),
        "fromName": customer.full_name if from_customer else "Bot",
        "from": "user" if from_customer else "bot",
    }
    for attachment in message.attachments:
        content = {**_attached(attachment), **content}  # of several files the first is told of
    pictures = [part["url"] for part in message.attachments if part["kind"] == "image"]
    if len(pictures) > 1:
        content["IMAGES_URLS"] = pictures
    if message.text:
        content["caption" if content.get("hasAttachment") else "message"] = message.text
    if from_customer and message.payload is not None:
        content.update(isButton=True, buttonName=message.text, buttonPayload=message.payload)
    return content


def _attached(attachment: Mapping[str, object]) -> dict[str, object]:
    kind = str(attachment["kind"])
    if kind == "location":
        return {"location": attachment["value"]}
    if kind == "contact":
        return {"contacts": [attachment["value"]]}
    if kind == "unsupported":
        return {"error": "Unsupported message"}
    return {"hasAttachment": True, kind: attachment["url"]}


def _envelope_head(customer: Customer) -> dict[str, object]:
    head: dict[str, object] = {
        "v": "1.1",
        "type": "message",
        "chatPlatform": customer.channel.platform,
        "contactId": customer.contact_id,
        "chatChannelId": customer.channel.id,
        "customerId": customer.id,
        "firstName": customer.first_name,
        "lastName": customer.last_name,
        "customerCreationTime": iso(customer.created),
        "sessionCreationTime": iso(customer.session_created),
        "sessionId": customer.session_id,
    }
    number = _whatsapp_number(customer, "whatsappNumber")
    head.update(number or {"chatIdInChatPlatform": customer.channel.line})
    return head


def _flat_head(customer: Customer) -> dict[str, object]:
    head: dict[str, object] = {
        "chatPlatform": customer.channel.platform,
        "contactId": customer.contact_id,
        "customerId": customer.id,
        "sessionId": customer.session_id,
        "sessionCreationTime": iso(customer.session_created),
        "queue": QUEUE,
    }
    number = _whatsapp_number(customer, "WHATSAPP_NUMBER")
    head.update(number or {"chatChannelId": customer.channel.id})
    return head


def _flat_tail(message: PhoneMessage) -> dict[str, object]:
    tail: dict[str, object] = {"operatorId": None}
    if message.direction == "in":
        tail["fromCustomer"] = True
    return tail


def _whatsapp_number(customer: Customer, name: str) -> dict[str, str]:
    if customer.channel.platform != "whatsapp":
        return {}
    return {name: customer.channel.line}


def _echo_ties(message: PhoneMessage, tie: str) -> dict[str, object]:
    ties: dict[str, object] = {}
    if message.tx_id and (tie == "txid" or message.from_intent):
        ties["txId"] = message.tx_id
    if tie == "payload" and message.payload is not None:
        ties["webhookPayload"] = message.payload
    return ties
