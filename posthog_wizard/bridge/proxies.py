"""The proxy that stands between this computer and the server, where the environment or the system names one."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from posthog_wizard.bridge.address import Address
from posthog_wizard.errors import WrongUsage
from posthog_wizard.model import Secret

WITH_SETTINGS = {"darwin", "win32"}  # systems that know a proxy beside the environment


class Proxy(NamedTuple):
    """An http or https proxy, with its user and password where it wants them."""

    url: str
    login: tuple[str, Secret] | None = None


def proxy_for(address: Address, environment: Mapping[str, str]) -> Proxy | None:
    """The proxy to that address; None to this computer itself, which is never reached through one.

    Raises WrongUsage for a kind of proxy that the bridge cannot use.
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
    names = sorted(name for name, value in environment.items() if name.lower().endswith("_proxy") and value)
    return {name.lower().removesuffix("_proxy"): environment[name] for name in names}


def _exempt(address: Address, exceptions: str) -> bool:
    """Whether NO_PROXY lists the host, a domain that it is in, or `*`; with or without port and leading dot."""
    for listed in (one.strip().lower().lstrip(".") for one in exceptions.split(",")):
        if listed == "*" or (listed and f".{address.host}".endswith(f".{listed}")) or listed == address.authority:
            return True
    return False


def _proxy(url: str) -> Proxy:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    where = parts.netloc.rpartition("@")[2]
    if parts.scheme not in {"http", "https"}:
        raise WrongUsage(
            f"the proxy `{parts.scheme}://{where}` is of a kind that the bridge cannot use",
            "Name an http proxy in HTTPS_PROXY, or the server's host in NO_PROXY.",
        )
    login = (unquote(parts.username), Secret(unquote(parts.password or ""))) if parts.username else None
    return Proxy(f"{parts.scheme}://{where}", login)
