"""Where a webhook may lead: an https address on the public internet, and nowhere near this installation.

The text is checked when an endpoint is registered; every address that its host resolves to, each time that
something is sent (OWASP SSRF prevention; the networks are those of the IANA special-purpose registries).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, urlsplit

import idna

from domain.kernel import DomainError

LONGEST_URL = 2_000
PORTS = frozenset({443, 8443})
_DEFAULT_PORTS = {"https": 443, "http": 80}
_LOCAL_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "corp", "private")
_NUMBER = re.compile(r"(0x[0-9a-f]*|\d+)", re.ASCII)
_NAT64 = IPv6Network("64:ff9b::/96")

_REFUSED_V4: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "unspecified"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "carrier_nat"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link_local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved"),
    ("192.0.2.0/24", "documentation"),
    ("192.88.99.0/24", "6to4"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "benchmarking"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
)
_REFUSED_V6: tuple[tuple[str, str], ...] = (
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("64:ff9b:1::/48", "nat64"),
    ("2001::/23", "reserved"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "6to4"),
    ("3fff::/20", "documentation"),
    ("fc00::/7", "unique_local"),
    ("fe80::/10", "link_local"),
    ("fec0::/10", "private"),
    ("ff00::/8", "multicast"),
)
_V4 = tuple((IPv4Network(network), why) for network, why in _REFUSED_V4)
_V6 = tuple((IPv6Network(network), why) for network, why in _REFUSED_V6)
_GLOBAL_V6 = IPv6Network("2000::/3")


class WebhookUrlInvalidError(DomainError):
    """An endpoint is a plain https address on the public internet, without user name or fragment.

    Details: `reason` (`form`, `too_long`, `scheme`, `user_info`, `fragment`, `host`, `port`, `address`).
    """


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart. `host` is in ASCII, lower case; `path` is what is asked of it."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says: without the port that goes without saying."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def parse_target(text: str, *, allow_private: bool = False) -> Target:
    """The address in its one form. Raises WebhookUrlInvalidError.

    `allow_private` is for development: plain http, any port, any host.
    """
    text = text.strip()
    if len(text) > LONGEST_URL:
        raise WebhookUrlInvalidError(reason="too_long")
    if not text.isprintable() or any(char.isspace() or char in '\\"<>^`{|}' for char in text):
        raise WebhookUrlInvalidError(reason="form")
    try:
        parts = urlsplit(text)
        given, hostname = parts.port, parts.hostname
    except ValueError:
        raise WebhookUrlInvalidError(reason="form") from None
    scheme = parts.scheme.lower()
    if scheme != "https" and not (allow_private and scheme == "http"):
        raise WebhookUrlInvalidError(reason="scheme")
    if "@" in parts.netloc:
        raise WebhookUrlInvalidError(reason="user_info")
    if parts.fragment or text.endswith("#"):
        raise WebhookUrlInvalidError(reason="fragment")
    port = _DEFAULT_PORTS[scheme] if given is None else given
    if port not in PORTS and not (allow_private and port):
        raise WebhookUrlInvalidError(reason="port")
    host = _host(hostname or "", allow_private=allow_private)
    return Target(scheme, host, port, _path(parts.path, parts.query))


def refusal_of(address: str, *, allow_private: bool = False) -> str | None:
    """Why nothing is sent to this IP address; None for one of the public internet.

    What embeds an IPv4 address (mapped, NAT64) is judged by it.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return "unreadable"
    if allow_private:
        return None
    if isinstance(ip, IPv6Address):
        embedded = ip.ipv4_mapped or (IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
        if embedded is None:
            why = next((why for network, why in _V6 if ip in network), None)
            return why or (None if ip in _GLOBAL_V6 else "reserved")
        ip = embedded
    return next((why for network, why in _V4 if ip in network), None)


def _host(name: str, *, allow_private: bool) -> str:
    name = name.removesuffix(".")
    try:
        literal = ip_address(name)
    except ValueError:
        return _named(name, allow_private=allow_private)
    if "%" in name or refusal_of(str(literal), allow_private=allow_private):
        raise WebhookUrlInvalidError(reason="address")
    return str(literal)


def _named(name: str, *, allow_private: bool) -> str:
    try:
        host = idna.encode(name, uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        raise WebhookUrlInvalidError(reason="host") from None
    # "127.1", "0x7f.1" and "2130706433" are addresses to a resolver.
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        raise WebhookUrlInvalidError(reason="address")
    if not allow_private and ("." not in host or host.endswith(tuple(f".{each}" for each in _LOCAL_NAMES))):
        raise WebhookUrlInvalidError(reason="address")
    return host


def _path(path: str, query: str) -> str:
    quoted = quote(path, safe="/%:@!$&'()*+,;=~-._[]") or "/"
    return f"{quoted}?{quote(query, safe="/%:@!$&'()*+,;=~-._[]?")}" if query else quoted
