"""Where the bridge goes, and whether a key may go there. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from posthog_wizard.api.hosts import DEFAULT_PORTS, is_loopback, origin_of
from posthog_wizard.errors import WrongUsage

_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))  # what a request line can hold; the rest is percent-encoded


class Address(NamedTuple):
    """An endpoint, taken apart as HTTP needs it."""

    scheme: str
    host: str  # without brackets, in ASCII
    port: int
    target: str  # path and query
    origin: str  # in one spelling, to be compared

    @property
    def secure(self) -> bool:
        """Whether TLS protects the way."""
        return self.scheme == "https"

    @property
    def loopback(self) -> bool:
        """Whether it can only be this computer."""
        return is_loopback(self.host)

    @property
    def authority(self) -> str:
        """The Host header."""
        return self.origin.partition("://")[2]


def parse_address(url: str, *, allow_http: bool = False) -> Address:
    """The address of a streamable-HTTP server.

    Raises WrongUsage for what is no such URL, and for plain http beyond loopback unless `allow_http`.
    """
    parts = _split(url)
    if parts.scheme == "http" and not (allow_http or is_loopback(parts.hostname or "")):
        raise WrongUsage(
            f"`{_shown(url)}` would send the key over plain http",
            "Use https, or pass --allow-http if nobody else can read that network.",
        )
    return _address(parts)


def redirected(address: Address, location: str) -> Address | None:
    """The same server's other path that a redirect names; None when it leads to another origin.

    Only path and query are taken from the server: the origin is compared and then stays our own.
    """
    try:
        parts = urlsplit(urljoin(f"{address.origin}{address.target}", quote(location, safe=_PRINTABLE)))
        return _address(parts) if origin_of(parts) == address.origin and "@" not in parts.netloc else None
    except ValueError:
        return None


def _address(parts: SplitResult) -> Address:
    query = f"?{parts.query}" if parts.query else ""
    return Address(
        scheme=parts.scheme,
        host=(parts.hostname or "").encode("idna").decode("ascii"),
        port=parts.port or DEFAULT_PORTS[parts.scheme],
        target=f"{parts.path or '/'}{query}",
        origin=origin_of(parts._replace(netloc=parts.netloc.encode("idna").decode("ascii"))),
    )


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _address(parts)
    except (ValueError, KeyError) as error:
        raise _no_address(url, "it is no http or https URL") from error
    for wrong, reason in (
        (not parts.hostname, "it names no host"),
        ("@" in parts.netloc, "a user name or password has no place in it"),
        (not re.fullmatch(r"[\x21-\x7e]+", f"{parts.path}?{parts.query}"), "its path holds a stray character"),
    ):
        if wrong:
            raise _no_address(url, reason)
    return parts


def _no_address(url: str, reason: str) -> WrongUsage:
    return WrongUsage(
        f"`{_shown(url)}` is not the address of an MCP server: {reason}",
        "Pass an address like https://mcp.posthog.com/mcp with --url.",
    )


def _shown(url: str) -> str:
    return url.rpartition("@")[2]  # what stands before an @ may be a password
