"""Which URLs PostHog does not connect to, told before anything is sent. Pure; no name is looked up.

The rules are those of PostHog's `posthog/security/url_validation.py`; https, which it demands of sign-in pages only, is
ours.
"""

import ipaddress
import re
import socket
from contextlib import suppress
from urllib.parse import urlsplit

MAX_URL_LENGTH = 2048  # characters that PostHog stores
_LOCAL_NAMES = frozenset({"localhost", "metadata.google.internal"})
_PRIVATE_ENDINGS = (
    ".local", ".internal", ".svc.cluster.local", ".cluster.local", ".consul", ".lan", ".home", ".corp", ".localdomain",
    ".home.arpa", ".intranet", ".priv",
)  # fmt: skip
_CARRIER_GRADE = ipaddress.ip_network("100.64.0.0/10")  # RFC 6598
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


def url_refusal(text: str) -> str | None:
    """Why PostHog would not connect to that URL, or should not; None where nothing speaks against it."""
    if text.lower().startswith("http://"):
        return blocked(text) or "it is plain http, where others can read what is sent"
    return blocked(text)


def blocked(text: str) -> str | None:
    """Why PostHog itself refuses that URL; None where it does not."""
    try:
        parts = urlsplit(text)
        bare = (parts.hostname or "").rstrip(".").lower()
        host = bare if bare.isascii() else bare.encode("idna").decode("ascii")  # as it is looked up
        parts.port  # noqa: B018 - a bad port is found by asking for it
    except ValueError:
        return "it is not a URL"
    address = _ip(host)
    for wrong, reason in (
        (len(text) > MAX_URL_LENGTH, f"it is longer than {MAX_URL_LENGTH} characters"),
        (any(c <= " " or not c.isprintable() for c in text), "it contains whitespace"),
        (parts.scheme not in {"http", "https"}, "it does not begin with https://"),
        ("\\" in parts.netloc or "%5c" in parts.netloc.lower(), "its host holds a backslash"),
        ("@" in parts.netloc, "it must not contain a user name or password"),
        (address is None and not _is_name(host), "it names no host"),
        (host in _LOCAL_NAMES, "that host is private"),
        (host.endswith(_PRIVATE_ENDINGS), "that host is in a private network"),
        (_is_private(address), "that address is private or reserved"),
        (address is None and "." not in host, "that host is in a private network"),
    ):
        if wrong:
            return reason
    return None


def _is_name(host: str) -> bool:
    return bool(host) and len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.split("."))  # noqa: PLR2004 - RFC 1035


def _ip(host: str) -> _Ip | None:
    """The address that a host is, also written as one number or with fewer dots, as resolvers understand it."""
    with suppress(ValueError):
        return ipaddress.ip_address(host)
    with suppress(OSError, ValueError):  # `2130706433`, `0x7f.1`, `127.1`
        return ipaddress.IPv4Address(socket.inet_aton(host))
    return None


def _is_private(address: _Ip | None) -> bool:
    if address is None:
        return False
    inner = getattr(address, "ipv4_mapped", None) or address
    return not inner.is_global or inner.is_multicast or (inner.version == 4 and inner in _CARRIER_GRADE)  # noqa: PLR2004
