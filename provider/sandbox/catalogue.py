"""The API v2 operations around sending: channels, chats, templates and the minor ones."""

from collections.abc import Callable, Mapping

from .channels import WEBHOOK_ID
from .exchange import Reply, answer, v2_error
from .faults import account
from .identity import new_id
from .spec import Checked
from .world import World

AGENT = {
    "id": "sandboxagent",
    "email": "agent@example.com",
    "name": "Sandbox Agent",
    "isOnline": True,
    "status": "online",
    "role": "OPERATOR",
    "queues": ["_default_"],
    "slots": 5,
    "priority": "normal",
}
_NOTHING: Mapping[str, object] = {"items": [], "nextPage": None}


class Catalogue:
    """The actions by operation id."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.actions: dict[str, Callable[[Checked], Reply]] = {
            "list-channels": self._channels,
            "updateChannel": self._update_channel,
            "list-search-chats": self._chats,
            "get-chat": self._chat,
            "update-chat": self._update_chat,
            "list-whatsapp-templates": self._templates,
            "create-whatsapp-template": self._create_template,
            "get-whatsapp-template": self._template,
            "delete-whatsapp-template": self._delete_template,
            "list-webhooks": lambda _checked: answer(200, {"items": [self._webhook()]}),
            "get-webhook": self._get_webhook,
            "create-webhook-redirection-rule": self._redirect,
            "private-file-temp-access-link": self._temporary_link,
            "update-agent": self._update_agent,
            "list-agents": lambda _checked: answer(200, {"items": [AGENT], "nextPage": None}),
            "create-reaction": lambda _checked: answer(202, {}),
            "delete-reaction": lambda _checked: answer(202, {}),
            "list-messages": lambda _checked: answer(200, _NOTHING),
            "list-sessions": lambda _checked: answer(200, _NOTHING),
            "list-contacts": lambda _checked: answer(200, _NOTHING),
            "list-intents": lambda _checked: answer(200, _NOTHING),
        }

    def _channels(self, checked: Checked) -> Reply:
        fault = account(self._world.switches, version="v2")
        if fault is not None:
            return fault
        platform = checked.query.get("platform")
        # All four are active, so asking for the inactive ones finds none.
        shown = [
            channel.as_listed()
            for channel in self._world.channels.all
            if platform in (None, channel.platform) and checked.query.get("active", True)
        ]
        return answer(200, {"items": shown})

    def _update_channel(self, checked: Checked) -> Reply:
        if self._world.channels.find(checked.path["id"]) is None:
            return _absent("channel")
        return Reply(204)

    def _chats(self, checked: Checked) -> Reply:
        line, contact = checked.query.get("channel-id"), checked.query.get("contact-id")
        shown = [
            customer.as_chat(window_closed=self._window_closed())
            for customer in self._world.customers.all()
            if line in (None, customer.channel.id, customer.channel.line)
            and contact in (None, customer.contact_id)
        ]
        return answer(200, {"items": shown, "nextPage": None})

    def _chat(self, checked: Checked) -> Reply:
        customer = self._world.chat(checked.path["chatReference"])
        if customer is None:
            return _absent("chat")
        return answer(200, customer.as_chat(window_closed=self._window_closed()))

    def _update_chat(self, checked: Checked) -> Reply:
        customer = self._world.chat(checked.path["chatReference"])
        if customer is None:
            return _absent("chat")
        changes = dict(checked.body)
        customer.first_name = changes.pop("firstName", customer.first_name)
        customer.last_name = changes.pop("lastName", customer.last_name)
        customer.variables.update(changes.pop("variables", {}))
        customer.tags.update(changes.pop("tags", {}))
        customer.details.update(changes)
        return answer(200, customer.as_chat(window_closed=self._window_closed()))

    def _window_closed(self) -> bool:
        return bool(self._world.switches["send"] == "window")

    def _templates(self, checked: Checked) -> Reply:
        return answer(200, {"items": self._world.templates.list(checked.query.get("state"))})

    def _create_template(self, checked: Checked) -> Reply:
        return answer(201, self._world.templates.create(checked.body))

    def _template(self, checked: Checked) -> Reply:
        template = self._world.templates.find(checked.path["idOrName"])
        return _absent("template") if template is None else answer(200, template)

    def _delete_template(self, checked: Checked) -> Reply:
        if not self._world.templates.delete(checked.path["idOrName"]):
            return _absent("template")
        return Reply(204)

    def _webhook(self) -> dict[str, object]:
        return {
            "id": WEBHOOK_ID,
            "active": bool(self._world.webhooks.url),
            "messagesNotifications": {
                "channelsIds": [channel.id for channel in self._world.channels.all],
                "notifyBotMessages": self._world.switches["echo"],
                "notifyUserMessages": True,
                "notifyOperatorMessages": False,
                "notifyStatusChanges": self._world.switches["statuses"],
                "includeVariableChanges": False,
            },
            "version": "1.1",
            "url": self._world.webhooks.url,
        }

    def _get_webhook(self, checked: Checked) -> Reply:
        if checked.path["id"] != WEBHOOK_ID:
            return _absent("webhook")
        return answer(200, self._webhook())

    def _redirect(self, checked: Checked) -> Reply:
        if checked.path["id"] != WEBHOOK_ID:
            return _absent("webhook")
        return answer(201, {**checked.body, "id": new_id()})

    def _temporary_link(self, checked: Checked) -> Reply:
        return answer(200, {"tempUrl": self._world.storage.opened(checked.query["file-url"])})

    def _update_agent(self, checked: Checked) -> Reply:
        if checked.path["idOrEmail"] not in (AGENT["id"], AGENT["email"]):
            return _absent("agent")
        return Reply(204)


def _absent(what: str) -> Reply:
    return v2_error(404, "not-found", "path", f"there is no such {what}")
