"""Which addresses may be fetched at all: never one inside, whatever name leads there.

`requests-hardened` looks a name up once, refuses what is private and connects to what it looked
at. Here is what it leaves open: the kinds of address it does not know, answers of which only
some are public, and everything about an address besides the host.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Collection
from typing import Any, NamedTuple

import requests
import urllib3
from requests_hardened.ip_filter_adapter import IPFilterAdapter

from provider.errors import RejectedError, TemporaryError
from provider.http import Sockets, Watched

PORTS = {"http": 80, "https": 443}
# Ways into IPv4 by way of IPv6, and ranges routed to a network's own services.
_CLOSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "::/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/23",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
    )
)


class Host(NamedTuple):
    name: str
    port: int


def host_of(url: str) -> Host:
    """The host and port of an address, read as the client that connects reads it."""
    parts = urllib3.util.parse_url(url)
    return Host(
        (parts.host or "").lower().strip("[]"), parts.port or PORTS.get(parts.scheme or "", 0)
    )


def is_at(url: str, bases: Collection[str], names: re.Pattern[str] | None = None) -> bool:
    """Whether it leads to the host of one of these addresses, or by https to one of these names.

    Read as the client that connects reads it: another reader may see another host in it.
    """
    try:
        scheme, host = urllib3.util.parse_url(url).scheme, host_of(url)
    except (urllib3.exceptions.HTTPError, ValueError):
        return False
    known = [(urllib3.util.parse_url(base).scheme, host_of(base)) for base in bases if base]
    is_usual = scheme == "https" and host.port == PORTS["https"]
    is_named = names is not None and names.fullmatch(host.name) is not None
    return (scheme, host) in known or (is_usual and is_named)


def blocked(why: str) -> RejectedError:
    return RejectedError(f"this address is not fetched: {why}", code="blocked")


def check(url: str, exempt: Collection[Host]) -> None:
    """Refuse an address that may not be fetched. Raises RejectedError or TemporaryError."""
    try:
        parts = urllib3.util.parse_url(url)
        host = host_of(url)
    except (urllib3.exceptions.HTTPError, ValueError):
        raise blocked("it cannot be read") from None
    if parts.scheme not in PORTS:
        raise blocked("only http and https are")
    if parts.auth is not None or "@" in (parts.netloc or ""):
        raise blocked("it carries a login")
    # Names in other alphabets come as "xn--…": they exist to look like other names.
    if not host.name.isascii() or not host.name or "xn--" in host.name:
        raise blocked("its host is not plain")
    if host in exempt:
        return
    if host.port != PORTS[parts.scheme]:
        raise blocked("its port is not the usual one")
    for address in _addresses(host):
        check_ip(address)


def _addresses(host: Host) -> set[str]:
    try:
        answers = socket.getaddrinfo(host.name, host.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise TemporaryError("the host's name was not found", code="unreachable") from None
    return {str(answer[4][0]) for answer in answers}


def check_ip(text: str) -> None:
    """Refuse an IP address that is not on the public internet. Raises RejectedError."""
    try:
        ip = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        raise blocked("its host has no address") from None
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    closed = any(ip in network for network in _CLOSED if network.version == ip.version)
    if closed or not ip.is_global or ip.is_multicast or ip.is_reserved:
        raise blocked("it leads inside")


class Guarded(IPFilterAdapter):  # type: ignore[misc]
    """Connects only to public addresses, to the very one that was checked."""

    def __init__(self, sockets: Sockets, *, is_https: bool) -> None:
        super().__init__(is_https_proto=is_https)
        self._sockets = sockets

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        # The name was looked up once more for this; what counts is what it connects to.
        check_ip(host["host"])
        return host, pool

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        return self._sockets.watch(super().get_connection_with_tls_context(*args, **options))


def adapter_for(
    url: str, exempt: Collection[Host], sockets: Sockets
) -> requests.adapters.HTTPAdapter:
    """What connects to a checked address."""
    if host_of(url) in exempt:
        return Watched(sockets)
    return Guarded(sockets, is_https=url.lower().startswith("https:"))
