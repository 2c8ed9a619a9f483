"""Where an MCP server is, and whether a key may go there. Pure."""

import re
from typing import NamedTuple
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from posthog_wizard.errors import WrongUsage

DEFAULT_PORTS = {"http": 80, "https": 443}
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


def parse_address(url: str, *, allow_http: bool = False, flag: str = "--url") -> Address:
    """The address of a streamable-HTTP server.

    Raises WrongUsage, whose hint names the `flag`, for what is no such URL, and for plain http beyond loopback unless
    `allow_http`.
    """
    try:
        parts = urlsplit(url)
        address = _address(parts)
    except (ValueError, KeyError) as error:
        raise _no_address(url, "it is not an http or https URL", flag) from error
    for wrong, reason in (
        (not parts.hostname, "it names no host"),
        ("@" in parts.netloc, "it must not contain a user name or password"),
        (parts.port == 0, "no server has the port 0"),
        (not re.fullmatch(r"[\x21-\x7e]+", f"{parts.path}?{parts.query}"), "its path contains a stray character"),
    ):
        if wrong:
            raise _no_address(url, reason, flag)
    if not (address.secure or allow_http or address.loopback):
        raise plain_http(_shown(url))
    return address


def plain_http(shown: str) -> WrongUsage:
    """The error for an address beyond loopback to which a key would travel unprotected."""
    hint = "use https, or pass `--allow-http` if nobody else can read that network"
    return WrongUsage(f"`{shown}` would send the key over plain http", hint)


def redirected(address: Address, location: str) -> Address | None:
    """The same server's other path that a redirect names; None when it leads to another origin.

    Only path and query are taken from the server: the origin is compared and then stays our own.
    """
    try:
        parts = urlsplit(urljoin(f"{address.origin}{address.target}", quote(location, safe=_PRINTABLE)))
        return _address(parts) if origin_of(parts) == address.origin and "@" not in parts.netloc else None
    except ValueError:
        return None


def ascii_host(name: str) -> str:
    """As DNS has it. Raises ValueError. For one in ASCII Python's tables of all alphabets, 2 ms, are not loaded."""
    plain = name.isascii() and all(0 < len(label) < 64 for label in name.split("."))  # noqa: PLR2004 - RFC 1035
    return name if plain else name.encode("idna").decode("ascii")


def _address(parts: SplitResult) -> Address:
    query = f"?{parts.query}" if parts.query else ""
    return Address(
        scheme=parts.scheme,
        host=ascii_host(parts.hostname or ""),
        port=parts.port or DEFAULT_PORTS[parts.scheme],
        target=f"{parts.path or '/'}{query}",
        origin=origin_of(parts._replace(netloc=ascii_host(parts.netloc))),
    )


def _no_address(url: str, reason: str, flag: str) -> WrongUsage:
    hint = f"pass an address like `https://mcp.posthog.com/mcp` with `{flag}`"
    return WrongUsage(f"`{_shown(url)}` is not the address of an MCP server: {reason}", hint)


def _shown(url: str) -> str:
    return url.rpartition("@")[2]  # what stands before an @ may be a password


def is_loopback(name: str) -> bool:
    """Whether a host name, or an address without brackets, can only be this computer."""
    import ipaddress  # noqa: PLC0415 - most commands ask about no address

    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name.lower() == "localhost"


def origin_of(parts: SplitResult) -> str:
    """Scheme, host and port of a URL in one spelling: lower case, no default port. ValueError for a bad port."""
    name = (parts.hostname or "").rstrip(".")
    shown = f"[{name}]" if ":" in name else name
    port = parts.port
    return f"{parts.scheme}://{shown}" + ("" if port in {None, DEFAULT_PORTS.get(parts.scheme)} else f":{port}")
