"""The proxy that stands between this computer and the server, where the environment or the system names one."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from posthog_wizard.api.proxy_address import Proxy, proxy_at
from posthog_wizard.bridge.address import Address

_WITH_SETTINGS = {"darwin", "win32"}  # systems that know a proxy beside the environment


def proxy_for(address: Address, environment: Mapping[str, str]) -> Proxy | None:
    """The proxy to that address; None to this computer itself, which is never reached through one.

    Raises WrongUsage for what is no address of a proxy, and for a kind of proxy that cannot be used.
    """
    named = _named(environment)
    if address.loopback or not (named or sys.platform in _WITH_SETTINGS):
        return None
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - seldom needed

    proxies = named or getproxies()
    url = proxies.get(address.scheme) or proxies.get("all")
    passed_by = _exempt(address, named.get("no", "")) if named else proxy_bypass(address.authority)
    return None if url is None or passed_by else proxy_at(url)


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
