"""Refreshing the tokens, the part both API versions share."""

from dataclasses import replace

from .credentials import Credentials
from .identity import new_id
from .switches import Switches
from .world import World


class RefreshRefused(Exception):
    """The refresh does not succeed; `status` says how."""

    def __init__(self, status: int) -> None:
        super().__init__(f"refresh answered {status}")
        self.status = status


def refresh(world: World, client_id: str, secret_id: str, refresh_token: str) -> Credentials | None:
    """The new pair, or None when the switch says that nothing changes."""
    world.journal.count("refresh_calls")
    mode = world.switches["refresh"]
    if mode == "server_error":
        raise RefreshRefused(500)
    if mode == "refused" or not world.credentials.may_refresh(client_id, secret_id, refresh_token):
        raise RefreshRefused(401)
    if mode == "unchanged":
        return None
    if mode == "worthless":
        # A pair that opens nothing, while the one in use goes on working.
        current = world.credentials.current()
        return replace(current, access_token=f"{current.access_token}x", refresh_token=new_id(40))
    fresh = world.credentials.rotate_for(
        client_id, secret_id, refresh_token, _lifetime(world.switches)
    )
    if fresh is None:
        raise RefreshRefused(401)
    world.switches.token_was_refreshed()
    if mode == "slow":
        # The pair has changed already: a caller that gives up now is locked out for real.
        world.stopping.wait(world.switches["slow_seconds"])
    return fresh


def as_answered(credentials: Credentials) -> dict[str, object]:
    """The pair in the shape both versions answer."""
    return {
        "clientId": credentials.client_id,
        "secretId": credentials.secret_id,
        "accessToken": credentials.access_token,
        "refreshToken": credentials.refresh_token,
    }


def _lifetime(switches: Switches) -> int | None:
    seconds = switches["access_seconds"]
    return None if seconds is None else int(seconds)
