"""The proxy that stands between this computer and the server, where the environment or the system names one."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from posthog_wizard.api.hosts import DEFAULT_PORTS
from posthog_wizard.bridge.address import Address
from posthog_wizard.errors import WrongUsage
from posthog_wizard.model import Secret

WITH_SETTINGS = {"darwin", "win32"}  # systems that know a proxy beside the environment
HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]*:[0-9a-f:.]*")  # a name, or the number of IPv6


class Proxy(NamedTuple):
    """An http or https proxy, with its user and password where it wants them."""

    url: str  # scheme, host and perhaps port
    login: tuple[str, Secret] | None = None

    @property
    def place(self) -> tuple[bool, str, int]:
        """Whether it speaks TLS, its host and its port."""
        parts = urlsplit(self.url)
        return parts.scheme == "https", parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]


def proxy_for(address: Address, environment: Mapping[str, str]) -> Proxy | None:
    """The proxy to that address; None to this computer itself, which is never reached through one.

    Raises WrongUsage for what is no address of a proxy, and for a kind of proxy that the bridge cannot use.
    """
    named = _named(environment)
    if address.loopback or not (named or sys.platform in WITH_SETTINGS):
        return None
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - seldom needed

    proxies = named or getproxies()
    url = proxies.get(address.scheme) or proxies.get("all")
    passed_by = _exempt(address, named.get("no", "")) if named else proxy_bypass(address.authority)
    return None if url is None or passed_by else _proxy(url)


def _named(environment: Mapping[str, str]) -> dict[str, str]:
    """What the environment says, by scheme; a name in lower case wins over the same in capitals."""
    names = sorted(name for name, value in environment.items() if name.lower().endswith("_proxy") and value.strip())
    return {name.lower().removesuffix("_proxy"): environment[name].strip() for name in names}


def _exempt(address: Address, exceptions: str) -> bool:
    """Whether NO_PROXY lists the host, a domain that it is in, or `*`; with or without port and leading dot."""
    for listed in (one.strip().lower().lstrip(".") for one in exceptions.split(",")):
        if listed == "*" or (listed and f".{address.host}".endswith(f".{listed}")) or listed == address.authority:
            return True
    return False


def _proxy(url: str) -> Proxy:
    parts, where = _taken_apart(url)
    if parts.scheme not in DEFAULT_PORTS:
        raise WrongUsage(
            f"the proxy `{parts.scheme}://{where}` is of a kind that the bridge cannot use",
            "Name an http proxy in HTTPS_PROXY, or the server's host in NO_PROXY.",
        )
    login = (unquote(parts.username), Secret(unquote(parts.password or ""))) if parts.username else None
    return Proxy(f"{parts.scheme}://{where}", login)


def _taken_apart(url: str) -> tuple[SplitResult, str]:
    """A proxy's URL, and its host and port as HTTP spells them. Raises WrongUsage, without user and password."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
    except ValueError:
        host, port = "", None
    if not HOST.fullmatch(host) or port == 0:
        raise WrongUsage(
            f"the proxy `{_shown(url)}` is no address",
            "Name it like `http://proxy.example.com:3128` in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY.",
        )
    bracketed = f"[{host}]" if ":" in host else host
    return parts, bracketed if port is None else f"{bracketed}:{port}"


def _shown(url: str) -> str:
    """What may be told of a proxy's URL: what stands before an @ may be a password, and so may what an @ is missing for."""
    scheme, separator, rest = url.rpartition("@")[2].rpartition("://")
    return "".join(each if each.isprintable() else "?" for each in f"{scheme}{separator}{rest}"[:100])
