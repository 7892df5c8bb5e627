"""The newer API: every request is checked against the OpenAPI document first."""

from collections.abc import Callable, Mapping
from typing import Any

from .auth import RefreshRefused, as_answered, refresh
from .catalogue import Catalogue
from .compose import ContentFault, compose
from .customers import Customer
from .delivery import Outgoing, new_transaction
from .exchange import Reply, Request, answer, v2_error
from .faults import send
from .spec import Checked, Operation, Spec, SpecFault
from .templates import TemplateFault, rendered
from .world import World

REFRESH = "refresh-api-credentials"
SEND_PATHS = {
    ("chats-actions", "send-messages"),
    ("chats-actions", "trigger-intent"),
    ("chats-actions", "batch", "trigger-intent"),
}


class ApiV2:
    """Answers what comes under /v2.0."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._spec = Spec()
        self._actions: dict[str, Callable[[Checked], Reply]] = {
            **Catalogue(world).actions,
            REFRESH: self._refresh,
            "get-api-credentials": self._credentials,
            "deleteAPICredentials": self._invalidate,
            "send-messages": self._send_messages,
            "trigger-intent": self._trigger_intent,
            "batch-trigger-intent": self._trigger_batch,
            "send-read-typing-feedback": self._feedback,
        }

    def handle(self, request: Request) -> Reply:
        """Find, authorise, check, answer."""
        try:
            operation = self._spec.find(request.method, request.segments)
            if not self._may_call(operation, request.header("access-token")):
                return v2_error(401, "unauthorized", "header.access-token", "Not authorized")
            checked = self._spec.check(operation, request)
            return self._actions[operation.id](checked)
        except SpecFault as fault:
            return v2_error(400, "invalid-request", fault.source, str(fault), note=fault.rule)
        except (ContentFault, TemplateFault) as fault:
            return v2_error(400, "invalid-request", fault.source, str(fault))

    def _may_call(self, operation: Operation, token: str) -> bool:
        if operation.id == REFRESH:
            # Clients disagree about which token goes here, so each of them will do.
            return not token or self._world.credentials.is_of_current_pair(token)
        return self._world.accepts_access(token)

    def _refresh(self, checked: Checked) -> Reply:
        body = checked.body
        try:
            pair = refresh(self._world, body["clientId"], body["secretId"], body["refreshToken"])
        except RefreshRefused as refused:
            kind = "unauthorized" if refused.status == 401 else "internal-error"
            return v2_error(refused.status, kind, "body", "The refresh was refused")
        return answer(200, as_answered(pair or self._world.credentials.current()))

    def _credentials(self, _checked: Checked) -> Reply:
        return answer(200, as_answered(self._world.credentials.current()))

    def _invalidate(self, _checked: Checked) -> Reply:
        self._world.credentials.invalidate()
        return Reply(204)

    def _send_messages(self, checked: Checked) -> Reply:
        customer = self._customer(checked.body["chat"], "body.chat")
        tx_id = new_transaction()
        messages = [
            compose(customer, message, f"body.messages[{n}]", tx_id)
            for n, message in enumerate(checked.body["messages"])
        ]
        return self._send(messages, {"webhookNotificationId": tx_id}, template=False)

    def _trigger_intent(self, checked: Checked) -> Reply:
        message = self._intent(checked.body, "body")
        return self._send([message], _job(message.tx_id), template=True)

    def _trigger_batch(self, checked: Checked) -> Reply:
        outcomes: list[object] = []
        messages: list[Outgoing] = []
        for n, item in enumerate(checked.body["items"]):
            try:
                messages.append(self._intent(item, f"body.items[{n}]"))
                outcomes.append(_job(messages[-1].tx_id))
            except ContentFault as fault:
                error = {"type": "invalid-request", "source": fault.source, "message": str(fault)}
                outcomes.append({"errors": [error]})
        if not messages:
            return answer(202, {"items": outcomes}, note="no item was valid")
        return self._send(messages, {"items": outcomes}, template=True)

    def _send(self, messages: list[Outgoing], payload: object, *, template: bool) -> Reply:
        return send(
            self._world,
            messages,
            version="v2",
            template=template,
            success=lambda _ids: answer(202, payload, accepted=True),
        )

    def _intent(self, body: Mapping[str, Any], source: str) -> Outgoing:
        customer = self._customer(body["chat"], f"{source}.chat")
        name, variables = body["intentIdOrName"], dict(body.get("variables") or {})
        text, interactive = rendered(self._world.templates.find(name), name, variables)
        return Outgoing(
            customer=customer,
            text=text,
            api="v2",
            interactive=interactive,
            payload=body.get("webhookPayload"),
            intent=name,
            variables=variables,
            tags=dict(body.get("tags") or {}),
            tx_id=new_transaction(),
        )

    def _feedback(self, checked: Checked) -> Reply:
        self._customer(checked.body, "body")
        return Reply(204)

    def _customer(self, reference: Mapping[str, Any], source: str) -> Customer:
        if "chatId" in reference:
            customer = self._world.customers.by_id(reference["chatId"])
            if customer is None:
                raise ContentFault(f"{source}.chatId", "there is no such chat")
            return customer
        channel = self._world.channels.find(reference["channelId"])
        if channel is None:
            raise ContentFault(f"{source}.channelId", "there is no such channel")
        return self._world.customers.of(channel, reference["contactId"])


def _job(tx_id: str) -> dict[str, str]:
    # One document names the id one way and clients read it the other way.
    return {"webhookNotificationId": tx_id, "requestId": tx_id}
