"""The proxy that stands between this computer and a server, where the environment or the system names one.

One reading for all of our commands, so that what `mcp add` reaches, `mcp bridge` reaches too. Of the rules in use it
takes the one that fewest people stumble over:
- a variable in lower case wins over the same in capitals, and switches the proxy off where it is empty, as in Python
  (https://docs.python.org/3/library/urllib.request.html#urllib.request.getproxies) and in Node's programs;
- NO_PROXY is what curl makes of it (https://curl.se/docs/manpage.html#--noproxy): a domain stands for itself and all
  below it, with or without a dot in front, numbers may be whole networks, commas or blanks part them, `*` is
  everything; and a port, if there is one, is that port alone, as in Go
  (https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config);
- this computer itself is never reached through a proxy.
"""

import re
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from posthog_wizard.errors import WrongUsage
from posthog_wizard.installer import this_installer
from posthog_wizard.model import Secret
from posthog_wizard.net.addresses import DEFAULT_PORTS, Address, ascii_host

PROXY_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f.]*:[0-9a-f:.]*")  # a name, or the number of IPv6
_WITH_SETTINGS = {"darwin", "win32"}  # systems that know a proxy beside the environment
_EXCEPTION = re.compile(r"(\[[^\]]*\]|[^:]*)(?::(\d+))?")  # a host and perhaps a port
_SOCKS, _SOCKS_PORT = {"socks5", "socks5h"}, 1080


class Proxy(NamedTuple):
    """An http, https or SOCKS proxy, with its user and password where it wants them."""

    url: str  # scheme, host and perhaps port
    login: tuple[str, Secret] | None = None

    @property
    def place(self) -> tuple[bool, str, int]:
        """Whether it speaks TLS, its host and its port."""
        parts = urlsplit(self.url)
        return parts.scheme == "https", parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme, _SOCKS_PORT)

    @property
    def is_socks(self) -> bool:
        """Whether it passes bytes on, and knows nothing of HTTP."""
        return self.url.startswith("socks")


def proxy_for(address: Address, environment: Mapping[str, str]) -> Proxy | None:
    """The proxy to that address; None where it is reached directly.

    Raises WrongUsage for what is no address of a proxy, and for a kind of proxy that cannot be used.
    """
    named = _named(environment)
    if address.loopback or not (named or sys.platform in _WITH_SETTINGS):
        return None
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - seldom needed

    proxies = named or getproxies()
    url = proxies.get(address.scheme) or proxies.get("all")
    exempt = _exempt(address, named.get("no", "")) if named else proxy_bypass(address.authority)
    return None if not url or exempt else _proxy_at(url)


def proxy_variable(address: Address, environment: Mapping[str, str]) -> str | None:
    """The variable that names the proxy to that address; None where it is reached directly, or the system names it."""
    named = _named(environment)
    scheme = next((one for one in (address.scheme, "all") if one in named), None)
    if scheme is None or address.loopback or _exempt(address, named.get("no", "")):
        return None
    return max(name for name in environment if name.lower() == f"{scheme}_proxy")


def _named(environment: Mapping[str, str]) -> dict[str, str]:
    """What the environment says, by scheme; capitals are sorted before small letters."""
    names = sorted(name for name in environment if name.lower().endswith("_proxy"))
    found = {name.lower().removesuffix("_proxy"): environment[name].strip() for name in names}
    return {scheme: value for scheme, value in found.items() if value}


def _exempt(address: Address, exceptions: str) -> bool:
    """Whether NO_PROXY lists the address."""
    return any(_covers(listed, address) for listed in exceptions.lower().replace(",", " ").split())


def _covers(listed: str, address: Address) -> bool:
    """Whether what NO_PROXY lists is the address, a domain above it, or a network that its number is in."""
    found = _EXCEPTION.fullmatch(listed)
    name, port = found.groups() if found else (listed, None)  # a number of IPv6 may stand without brackets
    if listed == "*" or (port and int(port) != address.port):
        return listed == "*"
    name = name.strip("[]").removeprefix("*").strip(".")
    if not name or f".{address.host.rstrip('.')}".endswith(f".{name}"):
        return bool(name)
    from ipaddress import ip_address, ip_network  # noqa: PLC0415 - as in `is_loopback`

    try:
        return ip_address(address.host) in ip_network(name, strict=False)
    except ValueError:
        return False


def _proxy_at(url: str) -> Proxy:
    """The proxy that a URL names, `http` where it says no scheme. Raises WrongUsage, without user and password."""
    parts, where = _taken_apart(url)
    if parts.scheme in _SOCKS and find_spec("socksio") is None:
        hint = f"install it: `{this_installer().install('socks')}`, or name an http proxy in HTTPS_PROXY"
        raise WrongUsage(f"the proxy `{parts.scheme}://{where}` needs an extra that is not installed", hint)
    if parts.scheme not in {*DEFAULT_PORTS, *_SOCKS}:
        hint = "name an http proxy in HTTPS_PROXY, or the server's host in NO_PROXY"
        raise WrongUsage(f"the proxy `{parts.scheme}://{where}` is of a kind that cannot be used", hint)
    login = (unquote(parts.username), Secret(unquote(parts.password or ""))) if parts.username else None
    return Proxy(f"{parts.scheme}://{where}", login)


def _taken_apart(url: str) -> tuple[SplitResult, str]:
    """A proxy's URL, and its host and port as HTTP spells them."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = ascii_host(parts.hostname or ""), parts.port
    except ValueError:
        host, port = "", None
    if not PROXY_HOST.fullmatch(host) or port == 0:
        # what stands before an @ may be a password, and so may what an @ is missing for
        scheme, separator, rest = url.rpartition("@")[2].rpartition("://")
        shown = "".join(each if each.isprintable() else "?" for each in f"{scheme}{separator}{rest}"[:100])
        hint = "name it like `http://proxy.example.com:3128` in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY"
        raise WrongUsage(f"the proxy `{shown}` is not an address", hint)
    bracketed = f"[{host}]" if ":" in host else host
    return parts, bracketed if port is None else f"{bracketed}:{port}"
